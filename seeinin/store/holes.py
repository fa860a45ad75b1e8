"""What is damaged in a file, for readers who go on with the rest."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seeinin.errors import CacheError
from seeinin.store.access import DamageError, blank


@dataclass
class Holes:
    """What could not be had of something that was read: (start, stop) along its axis, and the first reason.

    A reader that is given one gives blanks there, NaN or 0 in types that have none, and notes them here; without one it
    raises the reason.
    """

    stretches: list[tuple[int, int]] = field(default_factory=list)
    why: CacheError | None = None

    def __len__(self) -> int:
        """How many entries are missing."""
        return sum(stop - start for start, stop in self.stretches)

    def among(self, entries: NDArray[np.integer[Any]]) -> NDArray[np.bool_]:
        """Which of these entries are missing."""
        found = np.zeros(len(entries), bool)
        for start, stop in self.stretches:
            found |= (entries >= start) & (entries < stop)
        return found

    def note(self, start: int, stop: int, why: CacheError) -> None:
        """Entries start..stop are missing."""
        if start < stop:
            self.stretches.append((start, stop))
            self.why = self.why or why


def with_holes(
    read: Callable[[], NDArray[Any]], holes: Holes | None, first: int, last: int, empty: Callable[[], NDArray[Any]]
) -> NDArray[Any]:
    """What `read` gives, or all that is left of it: entries `first` to `last` at most are noted in `holes`.

    `empty` makes an array of the same form, for where nothing of it can be told.
    """
    try:
        return read()
    except DamageError as damage:
        if holes is None:
            raise
        for hole in damage.holes or [range(first, last + 1)]:
            holes.note(max(hole.start, first), min(hole.stop, last + 1), damage)
        if damage.values is None:
            values = empty()
            values[...] = blank(values)
            return values
        return damage.values
