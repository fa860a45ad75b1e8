"""What a lasso would select if it ended here, so that other views can follow it."""

import time
from collections.abc import Callable
from functools import partial

from seeinin.pool import POOL
from seeinin.state.selection import How, Selection
from seeinin.state.state import ViewerState

FAST = 0.1  # seconds that finding the points may take; where it takes longer twice, views wait for the release


class Drafting:
    """Writes `state.draft`: one search at a time, and of the lines drawn meanwhile only the newest is searched next."""

    def __init__(self, state: ViewerState) -> None:
        self.state = state
        self.gesture = 0  # counts them
        self._newest: tuple[Callable[[], Selection], How] | None = None  # not yet searched
        self._searching = False
        self._took = self._before = 0.0  # seconds, of the last search and the one before

    def sketch(self, find: Callable[[], Selection], how: How) -> None:
        """`find` gives the points inside the line as drawn so far."""
        if self._keeps_up():
            self._newest = find, how
            self._search()

    def end(self, gesture: int | None = None) -> None:
        """The draft is a selection now, or taken back; nothing happens if it is that of a newer gesture."""
        if gesture in (None, self.gesture):
            self.gesture += 1
            self._newest, self._took, self._before = None, 0.0, 0.0
            self.state.draft = None

    def _keeps_up(self) -> bool:
        """One slow search may have had to wait for something else."""
        return min(self._took, self._before) < FAST

    def _search(self) -> None:
        if self._newest is None or self._searching:
            return
        (find, how), self._newest, self._searching = self._newest, None, True
        search = POOL.now(_timed, find)
        self.state.inbox.deliver(search, partial(self._found, self.gesture, how))
        search.add_done_callback(lambda _: self.state.inbox.post(self._done))

    def _done(self) -> None:
        """Also where nothing was found because the file is damaged."""
        self._searching = False
        if self._keeps_up():
            self._search()

    def _found(self, gesture: int, how: How, found: tuple[Selection, float]) -> None:
        new, took = found
        if gesture == self.gesture:
            self._took, self._before = took, self._took
            self.state.draft = self.state.combined(new, how)


def _timed(find: Callable[[], Selection]) -> tuple[Selection, float]:
    begun = time.perf_counter()
    return find(), time.perf_counter() - begun
