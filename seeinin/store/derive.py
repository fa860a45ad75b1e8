"""The second stage: `columns` and all statistics of a layer, from its committed `maps`, each read once."""

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.statistics import Images, Statistics, Wanted, channel_statistics, of_tally
from seeinin.geometry.tally import CODES, Tally
from seeinin.store.checksums import checksum, piece_checksums
from seeinin.store.files import Files, read, write
from seeinin.store.format import LEVELS, Place, pieces

Progress = Callable[[int], None]
Checksums = dict[str, NDArray[np.uint32]]

READ = 1 << 20  # bytes that a thread takes at once
BLOCK = 1 << 26  # bytes of maps in memory, or as many as make runs of
RUN = 1 << 16  # bytes in every column
CACHE_LINE = 64
TILE = 256  # rows
GROUP = 1 << 17  # bytes of columns that are made at once, about: they stay in a core's cache


class DamagedError(Exception):
    """The maps of `row` are not what was committed."""

    def __init__(self, row: int) -> None:
        super().__init__(row)
        self.row = row


@dataclass(frozen=True, slots=True)
class Stored:
    """A layer of an open file: the places of its datasets by name, and the CRC32s under which `maps` was committed."""

    files: Files
    descriptor: int
    places: Mapping[str, Place]
    committed: NDArray[np.uint32]


def derive_layer(stored: Stored, images: Images, budget: int, progress: Progress) -> Checksums:
    """Write everything that follows from the layer's `maps`; the CRC32s of it by name.

    Takes about `budget` bytes of memory. `progress` hears of the bytes of maps read, then of those of columns
    summarised. Raises OSError, and DamagedError where the maps are not what was committed.
    """
    columns = _Columns(stored, images, budget)
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for start in range(0, columns.rows, columns.at_once):
            for count in columns.add(start, threads):
                progress(count)
        for count in columns.summarise(threads):
            progress(count)
    arrays = _arrays(columns.statistics, stored.places)
    for name, array in arrays.items():
        write(stored.files, stored.descriptor, array, stored.places[name].offset)
    return {"columns": columns.checksums} | {name: np.array(checksum(a), np.uint32) for name, a in arrays.items()}


class _Columns:
    """The columns of a layer in the making, from one block of maps after the other, and their statistics.

    Channels in float16 are counted while they are in memory, where it has room for what is known of them all; the
    others, and those in float32, are read once more.
    """

    def __init__(self, stored: Stored, images: Images, budget: int) -> None:
        self.stored, self.images = stored, images
        self.maps, self.place = stored.places["maps"], stored.places["columns"]
        self.rows, self.depth = self.maps.shape[:2]
        self.positions = self.place.shape[1] // self.rows
        self.checksums = np.zeros(pieces(self.place), np.uint32)
        self._piece = self.maps.piece or self.rows
        run = RUN // (self.positions * self.place.dtype.itemsize)
        at_once = min(max(run, BLOCK // self.maps.entry), budget // self.maps.entry)
        self.at_once = max(1, at_once // self._piece) * self._piece
        self._block = np.empty((min(self.at_once, self.rows), self.depth, self.positions), self.maps.dtype)
        size = self.positions * self.place.dtype.itemsize
        self._group = min(self.depth, max(1, CACHE_LINE // size, GROUP // (size * len(self._block))))
        self._spare: list[NDArray[Any]] = []  # of a group of columns, one a thread
        per_position = len(stored.places["class_mean"].shape) == 4
        self._wanted = Wanted(self.positions, per_position, LEVELS, stored.places["top"].shape[1])
        known = 8 * CODES + 16 * images.classes * self._wanted.averaged  # bytes for each channel
        fits = self.at_once >= self.rows or self.depth * known <= budget // 2
        self._counted = self.place.dtype == np.float16 and fits
        self._tallies: dict[int, Tally] = {}
        self._histograms: list[NDArray[np.int64]] = []  # to be used again
        self._found: dict[int, Statistics] = {}

    @property
    def statistics(self) -> list[Statistics]:
        """Of groups of channels, in their order."""
        return [self._found[channel] for channel in sorted(self._found)]

    def add(self, start: int, threads: ThreadPoolExecutor) -> Iterator[int]:
        """Read the maps of `at_once` rows from `start` on and write their share of every column; yields bytes done."""
        block = self._block[: self.rows - start]
        step = max(1, READ // (self.maps.entry * self._piece)) * self._piece
        yield from threads.map(partial(self._read, block, start, step), range(0, len(block), step))
        for count in threads.map(partial(self._transpose, block, start), range(0, self.depth, self._group)):
            if self._counted:
                yield count

    def summarise(self, threads: ThreadPoolExecutor) -> Iterator[int]:
        """Complete `statistics`, after all rows; yields the bytes of columns that were still to be read."""
        channels = range(0 if self._counted else self.depth)
        for channel, statistics in enumerate(threads.map(self._statistics, channels)):
            self._found[channel] = statistics
            yield self.place.entry

    def _statistics(self, channel: int) -> Statistics:
        return channel_statistics(lambda: self.pieces(channel), self.images, self._wanted)

    def pieces(self, channel: int) -> Iterator[NDArray[Any]]:
        """The column of a channel in order, each (rows, positions)."""
        step = max(1, READ // (self.positions * self.place.dtype.itemsize))
        for start in range(0, self.rows, step):
            stop = min(start + step, self.rows)
            piece = np.empty((stop - start, self.positions), self.place.dtype)
            read(self.stored.files, self.stored.descriptor, piece, self._offset(channel, start * self.positions))
            yield piece

    def _offset(self, channel: int, value: int) -> int:
        return self.place.offset + channel * self.place.stride + value * self.place.dtype.itemsize

    def _read(self, block: NDArray[Any], start: int, step: int, first: int) -> int:
        part = block[first : first + step]
        row = start + first
        read(self.stored.files, self.stored.descriptor, part, self.maps.offset + row * self.maps.stride)
        committed = self.stored.committed[row // self._piece :]
        wrong = np.flatnonzero(piece_checksums(part, self._piece) != committed[: -(-len(part) // self._piece)])
        if len(wrong):
            raise DamagedError(row + int(wrong[0]) * self._piece)
        return part.nbytes

    def _transpose(self, block: NDArray[Any], start: int, channel: int) -> int:
        """Write the runs of a group of channels, the first of which is `channel`; returns their bytes."""
        taken = block[:, channel : channel + self._group]  # (rows, group, positions)
        rows, group = taken.shape[:2]
        memory = self._memory()
        out = memory[: taken.size].reshape(group, rows, self.positions)
        for row in range(0, rows, TILE):
            out[:, row : row + TILE] = taken[row : row + TILE].transpose(1, 0, 2)
        for d, run in enumerate(out.reshape(group, -1), channel):
            self._add_checksums(d, start * self.positions, run)
        joined = out[0].nbytes == self.place.stride  # one behind the other in the file, too
        for d, runs in enumerate(out[None] if joined else out, channel):
            write(self.stored.files, self.stored.descriptor, runs, self._offset(d, start * self.positions))
        if self._counted:
            self._count(channel, out, start)
        self._spare.append(memory)
        return out.nbytes

    def _memory(self) -> NDArray[Any]:
        """For a group of columns of a block. Used again: fresh memory costs as much as what is done in it."""
        try:
            return self._spare.pop()
        except IndexError:
            return np.empty(len(self._block) * self._group * self.positions, self.place.dtype)

    def _count(self, channel: int, runs: NDArray[Any], start: int) -> None:
        tally = self._tallies.pop(channel, None) or self._wanted.tally(self.images, len(runs), self._empty())
        tally.add(runs, start)
        if start + runs.shape[1] < self.rows:
            self._tallies[channel] = tally
        else:
            self._found[channel] = of_tally(tally, self.images, self._wanted)
            self._histograms.append(tally.histograms)

    def _empty(self) -> NDArray[np.int64]:
        """Histograms for a group. Fresh memory takes longer than to count a few hundred rows."""
        try:
            return self._histograms.pop()
        except IndexError:
            return np.zeros((self._group if len(self._block) < self.rows else 1, CODES), np.int64)

    def _add_checksums(self, channel: int, first: int, run: NDArray[Any]) -> None:
        """Runs begin and end anywhere in a piece; they come in order."""
        size = self.place.piece or len(run)
        for piece in range(first // size, -(-(first + len(run)) // size)):
            part = run[max(0, piece * size - first) : (piece + 1) * size - first]
            self.checksums[channel, piece] = checksum(part, int(self.checksums[channel, piece]))


def _arrays(statistics: list[Statistics], places: Mapping[str, Place]) -> dict[str, NDArray[Any]]:
    """The datasets that hold the statistics of all channels."""
    arrays = {}
    for name in ("minimum", "maximum", "mean", "std", "quantiles", "nonfinite", "class_mean", "top", "bottom"):
        place = places[name]
        array = np.concatenate([getattr(group, name) for group in statistics])
        if name == "class_mean":  # (D, K, positions) so far
            array = np.ascontiguousarray(array.swapaxes(0, 1))
        arrays[name] = array.reshape(place.shape).astype(place.dtype)
    return arrays
