"""What was there before, to go back to, and what going back left behind."""

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

MOST = 100  # steps
BUDGET = 2**28  # bytes


class History(Generic[T]):
    """Steps of one thing, the latest kept while all together weigh less than `BUDGET` by `weigh` (bytes of one)."""

    def __init__(self, weigh: Callable[[T], int] = lambda _: 0) -> None:
        self.past: list[T] = []
        self.future: list[T] = []
        self._weigh = weigh

    def leave(self, now: T) -> None:
        """Remember `now`, which something new is about to replace."""
        self.past.append(now)
        self.future.clear()
        while len(self.past) > MOST or (len(self.past) > 1 and sum(map(self._weigh, self.past)) > BUDGET):
            del self.past[0]

    def back(self, now: T) -> T:
        """What was there before `now`; `now` itself where there was nothing."""
        return self._step(self.past, self.future, now)

    def forward(self, now: T) -> T:
        """What `back` left; `now` itself where it left nothing."""
        return self._step(self.future, self.past, now)

    def _step(self, source: list[T], target: list[T], now: T) -> T:
        if not source:
            return now
        target.append(now)
        return source.pop()
