"""The way back from worker threads to the thread that owns the window."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import Any, TypeVar

T = TypeVar("T")


class Inbox:
    """Calls posted by any thread, run in order by the thread that owns the state.

    `wake` is called, from the posting thread, after each post: the window makes its event loop call `run`.
    """

    def __init__(self) -> None:
        self.wake: Callable[[], None] = lambda: None
        self._calls: deque[Callable[[], object]] = deque()
        self._arrived = threading.Event()

    def post(self, call: Callable[[], object]) -> None:
        self._calls.append(call)
        self._arrived.set()
        self.wake()

    def deliver(
        self, future: "Future[T]", use: Callable[[T], object], lost: Callable[[], object] = lambda: None
    ) -> None:
        """Run `use(result)` here when the future is done; its exception is raised here too, where it is reported.

        `lost` is called before that, so that what was asked for can be asked again. Nothing comes of a request that was
        cancelled.
        """

        def take(done: "Future[T]") -> None:
            if done.exception() is not None:
                lost()
            use(done.result())

        future.add_done_callback(lambda done: None if _cancelled(done) else self.post(lambda: take(done)))

    def run(self) -> None:
        """Run what has arrived; a call that fails does not keep the later ones from their turn."""
        self._arrived.clear()
        while self._calls:
            call = self._calls.popleft()
            try:
                call()
            except BaseException:
                if self._calls:
                    self.post(lambda: None)
                raise

    def wait(self, timeout: float) -> bool:
        """Block until something has been posted, for pictures without an event loop; false after `timeout` seconds."""
        return self._arrived.wait(timeout)

    def run_until(self, done: Callable[[], Any], timeout: float = 60.0) -> bool:
        """Run arrivals until `done()`; false when `timeout` seconds pass without one."""
        self.run()
        while not done():
            if not self.wait(timeout):
                return False
            self.run()
        return True


def _cancelled(future: "Future[T]") -> bool:
    return future.cancelled() or isinstance(future.exception(), CancelledError)
