"""The columns in memory: as many as the budget holds, the least recently used leave first."""

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator

import numpy as np

from seeinin.geometry.warp import LINEAR, Warp, warped
from seeinin.pool import POOL, ranges
from seeinin.store.access import DamageError
from seeinin.store.holes import Holes
from seeinin.store.reader import Layer

SHARE_OF_MEMORY = 0.2
PART = 1 << 22  # bytes that a thread reads at once
LEAST = 1 << 16  # values of a stretch
NONE = Holes()


class Stretch:
    """Consecutive values of a column, `stretch[start:stop]` by their places in it; `size` is the end."""

    def __init__(self, values: np.ndarray, start: int) -> None:
        self.values, self.start = values, start
        self.dtype, self.size = values.dtype, start + len(values)

    def __getitem__(self, part: slice) -> np.ndarray:
        return self.values[part.start - self.start : part.stop - self.start]


class Columns:
    """Columns of layers, read once and kept while they fit `budget` bytes. Thread safe."""

    def __init__(self, budget: int | None = None) -> None:
        self.budget = budget or int(SHARE_OF_MEMORY * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
        self.held = 0
        self.outside: dict[tuple[int, int, Warp, float, float], tuple[int, int]] = {}
        """By layer, channel, and the warp, the low and the high end of its axis: how many finite values it does not
        show, and how many values are not finite. Filled by whoever counts them."""
        self._holes: dict[tuple[int, int], Holes] = {}
        self._strange: set[tuple[int, int]] = set()  # columns that hold NaN or infinities
        self._lock = threading.Lock()
        self._columns: OrderedDict[tuple[int, int, Warp], np.ndarray] = OrderedDict()

    def get(self, layer: Layer, channel: int, warp: Warp = LINEAR) -> np.ndarray:
        """The column, (P,) in its stored dtype, from memory or from the disk; its coordinates on an axis, see `warped`.

        What is damaged of it is NaN.

        Raises CacheError where the disk does not give it.
        """
        column = self.held_column(layer, channel, warp)
        if column is not None:
            return column
        if warp != LINEAR:
            return self._keep((layer.number, channel, warp), warped(self.get(layer, channel), warp))
        holes = Holes()
        return self._know(layer, channel, layer.read_column(channel, 0, layer.points, holes=holes), holes)

    def reading(self, layer: Layer, channel: int) -> Iterator[None]:
        """Read a column that is not in memory yet, on all threads, in steps of some milliseconds."""
        if self.held_column(layer, channel) is not None:
            return
        column, holes = np.empty(layer.points, layer.dtype), Holes()

        def read(part: tuple[int, int]) -> None:
            layer.read_column(channel, *part, column[slice(*part)], holes)

        parts = ranges(0, layer.points, PART // column.itemsize)
        for k in range(0, len(parts), POOL.size):
            POOL.share(read, parts[k : k + POOL.size])
            yield
        self._know(layer, channel, column, holes)

    def stretches(self, layer: Layer, columns: int) -> list[tuple[int, int]]:
        """The points of a layer, cut so that so many columns of a stretch fit into half the budget, if all do not."""
        size = columns * layer.dtype.itemsize
        if size * layer.points <= self.budget:
            return [(0, layer.points)]
        return ranges(0, layer.points, max(self.budget // (2 * size), LEAST))

    def stretch(self, layer: Layer, channel: int, warp: Warp, start: int, stop: int) -> Stretch:
        """Some values of a column, which are not kept: from memory, or from the disk, by all threads."""
        column = self.held_column(layer, channel, warp)
        if column is not None or warp.kind == "rank":  # which asks for all values
            return Stretch(self.get(layer, channel, warp)[start:stop], start)
        values, holes = np.empty(stop - start, layer.dtype), Holes()

        def read(part: tuple[int, int]) -> None:
            layer.read_column(channel, *part, values[part[0] - start : part[1] - start], holes)

        POOL.share(read, ranges(start, stop, PART // values.itemsize))
        self._note(layer, channel, values, holes)
        return Stretch(warped(values, warp), start)

    def first(self, layer: Layer, channel: int, points: int, warp: Warp = LINEAR) -> np.ndarray:
        """The first values of a column, from memory or from the disk; no others are read, and ranks are among them."""
        column = self.held_column(layer, channel, warp)
        if column is not None:
            return column[:points]
        if warp == LINEAR:
            return layer.read_column(channel, 0, points, holes=Holes())
        return warped(self.first(layer, channel, points), warp)

    def holes(self, layer: Layer, channel: int) -> Holes:
        """What is damaged of a column that has been read."""
        return self._holes.get((layer.number, channel), NONE)

    def all_finite(self, layer: Layer, channel: int) -> bool:
        """Whether a column that has been read holds neither NaN nor infinities."""
        return (layer.number, channel) not in self._strange

    def held_column(self, layer: Layer, channel: int, warp: Warp = LINEAR) -> np.ndarray | None:
        """The column if it is in memory; never waits for a disk."""
        with self._lock:
            column = self._columns.get((layer.number, channel, warp))
            if column is not None:
                self._columns.move_to_end((layer.number, channel, warp))
            return column

    def _know(self, layer: Layer, channel: int, column: np.ndarray, holes: Holes) -> np.ndarray:
        """Keep a column that has been read, and what is to be known of it."""
        self._note(layer, channel, column, holes)
        return self._keep((layer.number, channel, LINEAR), column)

    def _note(self, layer: Layer, channel: int, values: np.ndarray, holes: Holes) -> None:
        """What is to be known of values that have been read, some of them perhaps not for the first time."""
        if holes or _nonfinite(layer, channel, values):
            self._strange.add((layer.number, channel))
        if holes:
            known = self._holes.setdefault((layer.number, channel), Holes())
            for start, stop in holes.stretches:
                if holes.why is not None and (start, stop) not in known.stretches:
                    known.note(start, stop, holes.why)

    def _keep(self, key: tuple[int, int, Warp], column: np.ndarray) -> np.ndarray:
        with self._lock:
            if key not in self._columns:
                self._columns[key] = column
                self.held += column.nbytes
            while self.held > self.budget and len(self._columns) > 1:
                self.held -= self._columns.popitem(last=False)[1].nbytes
            return column


def _nonfinite(layer: Layer, channel: int, column: np.ndarray) -> int:
    """How many values of a column are NaN or infinite: as the cache has counted them, if that can still be read."""
    try:
        return int(layer.nonfinite[channel])
    except DamageError:
        return int(np.count_nonzero(~np.isfinite(column)))
