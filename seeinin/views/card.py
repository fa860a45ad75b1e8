"""The graphics card as one that counts: what `geometry.counting` does on the cores, to the last bit.

A card that shows half a billion points a second as vertices counts tens of billions: all of it can compute, and a point
costs one addition to the tally of its colour and pixel.
"""

import weakref
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seeinin.errors import DisplayError
from seeinin.views.tallying import Kernels, Tallying, Task
from seeinin.visuals.compute import Storage, start

BUDGET = 1 << 31  # bytes of columns on the card
LEAST = 10_000_000  # points of all cells, and
CELL = 100_000  # points of each, below which the cores have counted before the card has been told


class Card:
    """Counts in a thread of its own, which starts OpenGL at the first call: only for who has seen that it is fast.

    `card_rate` and `cores_rate` are the points a second that either has counted last, where they were many; 0 until it
    is known.
    """

    def __init__(self) -> None:
        self.failed = False
        self.card_rate = self.cores_rate = 0.0
        self._thread = ThreadPoolExecutor(1, "card")
        self._kernels: Kernels | None = None
        self._scratch: dict[str, Storage] = {}
        self._largest = 0  # bytes of a storage
        self._kept: dict[int, tuple[weakref.ref[NDArray[Any]], Storage]] = {}  # by id, least recently used first

    def pays(self, columns: Iterable[Any], cells: int) -> bool:
        """Whether it is likely to count these columns, in so many cells, before the cores have."""
        arrays = {id(column): column for column in columns}.values()
        points = min((column.size for column in arrays), default=0)
        if self.failed or points < CELL or points * cells < LEAST or points >= 1 << 31:
            return False
        if not all(isinstance(column, np.ndarray) for column in arrays):  # but made up, or a stretch
            return False
        fits = sum(column.nbytes for column in arrays) <= BUDGET
        return fits and (not self.card_rate or self.card_rate > self.cores_rate)

    def note(self, points: int, seconds: float) -> None:
        """How long the cores took for so many points of all cells."""
        if points >= LEAST:
            self.cores_rate = points / seconds

    def count(self, task: Task) -> Future[None]:
        """The Future raises DisplayError where OpenGL cannot, and CancelledError when the task's token says so."""
        return self._thread.submit(self._count, task)

    def _count(self, task: Task) -> None:
        task.token.check()
        begin = perf_counter()
        try:
            if self._kernels is None:
                self._largest = start()
                self._kernels = Kernels.made()
            self._make_room({id(column): column.nbytes for column, _ in (*task.columns, *task.rows)})
            Tallying(self._kernels, self._storage, self._scratched, task).run()
        except DisplayError:
            self.failed = True
            raise
        if (points := task.points * len(task.cells)) >= LEAST:
            self.card_rate = points / (perf_counter() - begin)

    def _storage(self, array: NDArray[Any]) -> Storage:
        """An array on the card; it stays for as long as somebody has it here, and there is room."""
        reference, storage = self._kept.pop(id(array), (None, None))
        if storage is None or reference is None or reference() is not array:
            if storage is not None:
                storage.delete()
            if array.nbytes > self._largest:
                raise DisplayError(f"this graphics card takes no more than {self._largest:,} bytes at once")
            reference, storage = weakref.ref(array), Storage(array)
        self._kept[id(array)] = reference, storage
        return storage

    def _scratched(self, name: str, words: int) -> Storage:
        """Memory for this frame, and for the next: to ask for it anew costs as much as some millions of points."""
        if name not in self._scratch or self._scratch[name].nbytes < 4 * words:
            if name in self._scratch:
                self._scratch.pop(name).delete()
            self._scratch[name] = Storage(words)
        return self._scratch[name]

    def _make_room(self, used: Mapping[int, int]) -> None:
        """Give up what nobody has any more, and what was used least recently until the rest fits beside what is
        `used` now: bytes by id.
        """
        coming = sum(nbytes for key, nbytes in used.items() if key not in self._kept)
        excess = sum(storage.nbytes for _, storage in self._kept.values()) + coming - BUDGET
        for key, (reference, storage) in list(self._kept.items()):
            if reference() is None or (excess > 0 and key not in used):
                excess -= storage.nbytes
                self._kept.pop(key)[1].delete()


CARD = Card()
