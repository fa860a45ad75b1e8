"""The processes that read images, and what is said when they hang or are killed."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from seeinin.errors import DataError
from seeinin.precompute.reading.process import KilledError, Process, memory
from seeinin.precompute.reading.task import Shape, Task, answer

Request = tuple[Shape | None, Sequence[Any], Sequence[str]]  # what to answer, for which items, and their names


class Workers:
    """Processes that answer for images ahead of whoever asks: a thread each, which waits for its process.

    With a `count` of 0 one thread reads in this process, which nothing can then be done about when it hangs.
    """

    def __init__(self, task: Task, count: int, timeout: float) -> None:
        self.task, self.count, self.timeout = task, count, timeout
        self.processes: list[Process] = []
        self._idle: list[Process] = []
        self._changed = threading.Condition()
        self._threads = ThreadPoolExecutor(max(count, 1), thread_name_prefix="images")
        self._killed = ""  # how the first process ended that was killed
        self._over: DataError | None = None

    def answers(self, requests: Iterable[Request], ahead: int) -> Iterator[list[Any]]:
        """The answers to each request, in order; up to `ahead` more of them are worked on or ready meanwhile."""
        waiting: deque[Future[list[Any]]] = deque()
        for request in requests:
            waiting.append(self._threads.submit(self._answer, *request))
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def close(self) -> None:
        """End the processes, whatever they are doing."""
        with self._changed:
            self._over = DataError("the reading of images was ended")
            self._changed.notify_all()
            for process in self.processes:
                process.kill()
        self._threads.shutdown(cancel_futures=True)
        for process in self.processes:
            process.close()

    def _answer(self, shape: Shape | None, items: Sequence[Any], names: Sequence[str]) -> list[Any]:
        if self.count == 0:
            return [answer(self.task, item, shape) for item in items]
        while True:
            process = self._take()
            try:
                answers = process.ask(shape, items, names, self.timeout)
            except KilledError as error:
                self._lose(process, str(error))
            except DataError as error:
                self._end(error)
            else:
                self._give(process)
                return answers

    def _take(self) -> Process:
        with self._changed:
            self._changed.wait_for(lambda: self._over or self._idle or len(self.processes) < self.count)
            if self._over:
                raise self._over
            if self._idle:
                return self._idle.pop()
            self.processes.append(Process(self.task))
            return self.processes[-1]

    def _give(self, process: Process) -> None:
        with self._changed:
            if len(self.processes) > self.count and not self._over:
                self.processes.remove(process)
                process.close()
            else:
                self._idle.append(process)
            self._changed.notify_all()

    def _lose(self, process: Process, how: str) -> None:
        """Go on once with half as many processes: memory that was short for all may do for those."""
        with self._changed:
            if self._over:
                raise self._over
            self.processes.remove(process)
            process.close()
            if not self._killed:
                self._killed, self.count = how, max(1, self.count // 2)
                self._changed.notify_all()
                return
        self._end(
            DataError(
                f"{self._killed}; then, with {self.count} left, {how}. {memory()} "
                "Where that is little, set dataset.workers lower; else look at these images"
            )
        )

    def _end(self, error: DataError) -> None:
        with self._changed:
            self._over = self._over or error
            self._changed.notify_all()
            raise self._over
