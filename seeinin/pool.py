"""One pool of threads for everything that must not hold up the window: gestures *now*, refinement *later*."""

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import CancelledError, Future
from itertools import chain
from typing import Any

MOST = 8  # threads; on 16 cores 8 counted twice as fast as 16, which stand in line for Python's lock
NICE = 2  # how far the threads give way to the window's, where there are not enough cores for all


class Token:
    """Says whether anybody still wants the result."""

    def __init__(self) -> None:
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True

    def check(self) -> None:
        """Raise `CancelledError` once nobody wants the result; long work calls this between ranges."""
        if self.cancelled:
            raise CancelledError


class Job:
    """A call on its way to a Future. A generator function is run step by step and gives way between steps.

    Where it yields a float, it goes on as `later` when so many seconds have passed, and no thread waits for it.
    """

    def __init__(self, fn: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self.fn, self.args = fn, args
        self.future: Future[Any] = Future()
        self.steps: Generator[Any, None, Any] | None = None
        self.due = 0.0  # by the monotonic clock; it does not go on before

    def run(self, gives_way: Callable[[], bool]) -> bool:
        """Run to the end, or until a pause or `gives_way()` between two steps. True when the Future is settled."""
        if self.steps is None and not self.future.set_running_or_notify_cancel():
            return True
        try:
            result = self._result(gives_way)
        except BaseException as error:  # noqa: BLE001 -- whatever it is, it belongs to whoever reads the Future
            self.future.set_exception(error)
            return True
        if result is self:
            return False
        self.future.set_result(result)
        return True

    def _result(self, gives_way: Callable[[], bool]) -> Any:
        if self.steps is None:
            result = self.fn(*self.args)
            if not isinstance(result, Generator):
                return result
            self.steps = result
        try:
            while True:
                step = next(self.steps)
                if isinstance(step, float):
                    self.due = time.monotonic() + step
                if isinstance(step, float) or gives_way():
                    return self
        except StopIteration as stop:
            return stop.value


class Pool:
    """Threads that start with the first job and die with the process (daemons).

    `now` jobs go ahead of `later` jobs. A `later` job that is a generator function yields between ranges of about 5 ms,
    so that a gesture never waits longer than one range.
    """

    def __init__(self, threads: int | None = None) -> None:
        self.size = threads or min(os.cpu_count() or 1, MOST)
        self._now: deque[Job] = deque()
        self._later: deque[Job] = deque()
        self._wake = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._closed = False
        self.holding = False  # nothing that is `later` begins

    def hold(self) -> None:
        """Begin nothing that is `later` until `release`: a first picture needs the lock of Python for itself."""
        self.holding = True

    def release(self) -> None:
        """Begin what has been held."""
        with self._wake:
            self.holding = False
            self._wake.notify_all()

    def now(self, fn: Callable[..., Any], *args: Any) -> Future[Any]:
        """Run `fn(*args)` as soon as a thread is free, ahead of everything that is `later`."""
        return self._submit(self._now.append, fn, args)

    def later(self, fn: Callable[..., Any], *args: Any) -> Future[Any]:
        """Run `fn(*args)` when no gesture needs the threads."""
        return self._submit(self._later.append, fn, args)

    def share(self, fn: Callable[[Any], Any], items: Iterable[Any]) -> None:
        """Call `fn(item)` for every item, on this thread and on idle ones; return when all are done.

        Safe to call from inside a job: the caller works through the items itself, and only waits for threads that have
        already begun to help. The first exception ends the sharing and is raised here.
        """
        feed = _Feed(items)
        helpers = [self._submit(self._later.appendleft, feed.drain, (fn,)) for _ in range(self.size - 1)]
        try:
            feed.drain(fn)
        finally:
            started = [helper for helper in helpers if not helper.cancel()]
            errors = [helper.exception() for helper in started]
        for error in filter(None, errors):
            raise error

    def shutdown(self, timeout: float = 1.0) -> bool:
        """Cancel what has not begun and stop the threads. True when all have ended within `timeout` seconds."""
        with self._wake:
            self._closed = True
            for job in chain(self._now, self._later):
                if not job.future.cancel():  # it has begun, and waits for its next step
                    job.future.set_exception(CancelledError())
            self._now.clear()
            self._later.clear()
            self._wake.notify_all()
        end = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _submit(self, put: Callable[[Job], None], fn: Callable[..., Any], args: tuple[Any, ...]) -> Future[Any]:
        job = Job(fn, args)
        with self._wake:
            if self._closed:
                raise RuntimeError("the pool has been shut down")
            put(job)
            if len(self._threads) < self.size:
                name = f"seeinin-{len(self._threads)}"
                self._threads.append(threading.Thread(target=self._work, name=name, daemon=True))
                self._threads[-1].start()
            self._wake.notify()
        return job.future

    def _work(self) -> None:
        if sys.platform == "linux":  # elsewhere it would be the whole process that gives way
            os.setpriority(
                os.PRIO_PROCESS, threading.get_native_id(), os.getpriority(os.PRIO_PROCESS, os.getpid()) + NICE
            )
        while True:
            with self._wake:
                while (found := self._next()) is None and not self._closed:
                    self._wake.wait(self._until_due())
                if found is None:
                    return
            job, urgent = found
            if not job.run(self._waiting):
                self._put_back(job, urgent)
            del job, found  # an idle thread must not keep the last job's arrays alive

    def _next(self) -> tuple[Job, bool] | None:
        """The job that is to run now, and whether it is `now`."""
        if self._now:
            return self._now.popleft(), True
        moment = time.monotonic()
        for job in () if self.holding else self._later:
            if job.due <= moment:
                self._later.remove(job)
                return job, False
        return None

    def _until_due(self) -> float | None:
        """Seconds until the first job that pauses may go on; None where there is none."""
        first = min((job.due for job in self._later if not self.holding), default=None)
        return None if first is None else max(first - time.monotonic(), 0.0)

    def _waiting(self) -> bool:
        return self._closed or bool(self._now)

    def _put_back(self, job: Job, urgent: bool) -> None:
        """Gestures take turns; a job that paused is `later` from then on."""
        with self._wake:
            if self._closed:
                job.future.set_exception(CancelledError())
            elif urgent and not job.due:
                self._now.append(job)
            else:
                self._later.appendleft(job)
            self._wake.notify()


class _Feed:
    """Items handed out one by one to several threads, until they run out or one call fails."""

    def __init__(self, items: Iterable[Any]) -> None:
        self._items: Iterator[Any] = iter(items)
        self._lock = threading.Lock()

    def drain(self, fn: Callable[[Any], Any]) -> None:
        try:
            while True:
                with self._lock:
                    item = next(self._items)
                fn(item)
        except StopIteration:
            return
        except BaseException:
            with self._lock:
                self._items = iter(())
            raise


class Latest:
    """The newest request wins: asking again cancels the request before.

    `submit` is `pool.now` or `pool.later`. The work gets a `Token` as its first argument; a generator function need not
    look at it, because the token is checked between its steps. A superseded Future ends in `CancelledError`.
    """

    def __init__(self, submit: Callable[..., Future[Any]]) -> None:
        self._submit = submit
        self._token = Token()
        self._future: Future[Any] | None = None

    def request(self, fn: Callable[..., Any], *args: Any) -> Future[Any]:
        """Start `fn(token, *args)` in place of whatever was asked before."""
        self.cancel()
        self._token = Token()
        self._future = self._submit(_checked, self._token, fn, args)
        return self._future

    def cancel(self) -> None:
        """Give up the request that is under way, if there is one."""
        self._token.cancel()
        if self._future is not None:
            self._future.cancel()
            self._future = None


def _checked(token: Token, fn: Callable[..., Any], args: tuple[Any, ...]) -> Generator[Any, None, Any]:
    token.check()
    result = fn(token, *args)
    if isinstance(result, Generator):
        result = yield from _until_cancelled(token, result)
    token.check()
    return result


def _until_cancelled(token: Token, steps: Generator[Any, None, Any]) -> Generator[Any, None, Any]:
    while True:
        try:
            step = next(steps)
        except StopIteration as stop:
            return stop.value
        yield step
        token.check()


def ranges(start: int, stop: int, step: int) -> list[tuple[int, int]]:
    """Cut [start, stop) into pieces of `step`, the last one shorter."""
    return [(at, min(at + step, stop)) for at in range(start, stop, step)]


POOL = Pool()
