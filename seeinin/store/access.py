"""Reading the bytes of an open cache: by pread into own buffers, each piece checked when it is first read.

Thread safe, and closing waits for nobody: the file is let go when the last read that began before has ended.
"""

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seeinin.errors import CacheError
from seeinin.store.checksums import checksum, piece_checksums
from seeinin.store.directory import Directory
from seeinin.store.files import Files, read
from seeinin.store.format import pieces

GAP = 512  # bytes between wanted ones that are read along: it costs less than another read

Rows = slice | Sequence[int] | NDArray[np.integer[Any]]


class DamageError(CacheError):
    """Stored bytes are not those that were written. `what` says which."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"{path} is damaged: {what}. `seeinin verify` lists all damage; make the cache again.")
        self.what = what


class Descriptor:
    """An open file, closed when nobody holds it any more."""

    def __init__(self, path: Path) -> None:
        self.number = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def __del__(self) -> None:
        if hasattr(self, "number"):
            os.close(self.number)


class Access:
    """The datasets of the cache at `path`, as `directory` says where they lie."""

    def __init__(self, path: Path, descriptor: Descriptor, directory: Directory, files: Files) -> None:
        self.path, self.directory = path, directory
        self._descriptor: Descriptor | None = descriptor
        self._files = files
        self._checked: dict[str, NDArray[np.bool_]] = {}
        self._tables: dict[str, NDArray[np.uint32]] = {}

    def close(self) -> None:
        self._descriptor = None

    def __contains__(self, path: str) -> bool:
        return path in self.directory.places

    def array(self, path: str) -> NDArray[Any]:
        """A whole dataset. Raises CacheError where it is damaged, as everything here."""
        place = self.directory.places[path]
        if place.piece is not None:
            return self.take(path, slice(None))
        array = self._unchecked(path)
        if path in self._checksums and checksum(array) != self._checksums[path]:
            raise DamageError(self.path, f"/{path}")
        return array

    def take(self, path: str, rows: Rows) -> NDArray[Any]:
        """Entries of the first axis; neighbours are read together."""
        place = self.directory.places[path]
        if isinstance(rows, slice):
            rows = range(*rows.indices(place.shape[0]))
        wanted = np.asarray(rows, np.int64)
        if len(wanted) and not 0 <= wanted.min() <= wanted.max() < place.shape[0]:
            raise IndexError(f"rows reach from {wanted.min()} to {wanted.max()}, and there are {place.shape[0]}")
        out = np.empty((len(wanted), *place.shape[1:]), place.dtype)
        if len(wanted) and (len(wanted) == 1 or (np.diff(wanted) == 1).all()):
            self._read(path, (), int(wanted[0]), out)
        elif len(wanted):
            self._take(path, wanted, out)
        return out

    def _take(self, path: str, wanted: NDArray[np.int64], out: NDArray[Any]) -> None:
        """Fill `out` with entries of the first axis, run by run of near ones."""
        place, data = self.directory.places[path], out.reshape(-1).view(np.uint8).data
        size, step = place.entry, np.diff(wanted)
        starts = np.flatnonzero((step < 1) | ((step - 1) * size > GAP)) + 1
        starts, stops = np.append(0, starts), np.append(starts, len(wanted))
        first, count = wanted[starts], wanted[stops - 1] - wanted[starts] + 1
        good = np.logical_and.reduceat(self._good(path)[wanted // (place.piece or 1)], starts)
        runs = (starts, stops, first, count, good & (count == stops - starts))
        for start, stop, begin, entries, plain in zip(*(run.tolist() for run in runs), strict=True):
            if plain:
                self._fill(data[start * size : stop * size], place.offset + begin * size)
            elif entries == stop - start:
                self._read(path, (), begin, out[start:stop])
            else:
                around = np.empty((entries, *out.shape[1:]), out.dtype)
                self._read(path, (), begin, around)
                out[start:stop] = around[wanted[start:stop] - begin]

    def column(self, path: str, channel: int, start: int, stop: int, out: NDArray[Any] | None = None) -> NDArray[Any]:
        """Values start..stop of one entry of the first axis, in `out` where that is given."""
        place = self.directory.places[path]
        depth, points = place.shape
        if not (0 <= channel < depth and 0 <= start <= stop <= points):
            raise IndexError(f"channel {channel}, points {start} to {stop}: there are {depth} channels of {points}")
        out = np.empty(stop - start, place.dtype) if out is None else out
        self._read(path, (channel,), start, out)
        return out

    def _read(self, path: str, index: tuple[int, ...], start: int, out: NDArray[Any]) -> None:
        """Fill `out` with entries from `start` on, checking the pieces in which they lie when they are new."""
        place = self.directory.places[path]
        offset = place.offset + sum(i * place.stride for i in index)
        size = place.dtype.itemsize if index else place.entry
        if place.piece is None:
            self._fill(out, offset + start * size)
            return
        piece, count = place.piece, place.shape[len(index)]
        new = slice(start // piece, -(-(start + len(out)) // piece))
        checked = self._good(path)[index]
        if checked[new].all():
            self._fill(out, offset + start * size)
            return
        first, after = new.start * piece, min(new.stop * piece, count)
        around = out if after - first == len(out) else np.empty((after - first, *out.shape[1:]), out.dtype)
        self._fill(around, offset + first * size)
        wrong = piece_checksums(around, piece) != self._table(path)[index][new]
        if wrong.any():
            bad = first + int(np.argmax(wrong)) * piece
            raise DamageError(self.path, self._words(path, index, bad, min(bad + piece, count) - 1))
        checked[new] = True
        if around is not out:
            out[...] = around[start - first :][: len(out)]

    def _good(self, path: str) -> NDArray[np.bool_]:
        """Of each piece, whether it has been read and found good; where there are none, of each entry."""
        if path not in self._checked:
            place = self.directory.places[path]
            shape = pieces(place) if place.piece is not None else place.shape[:1]
            self._checked[path] = np.full(shape, place.piece is None)
        return self._checked[path]

    def _unchecked(self, path: str) -> NDArray[Any]:
        place = self.directory.places[path]
        array = np.empty(place.shape, place.dtype)
        self._fill(array, place.offset)
        return array

    def _fill(self, out: NDArray[Any] | memoryview, offset: int) -> None:
        descriptor = self._descriptor
        if descriptor is None:
            raise CacheError(f"{self.path} has been closed.")
        try:
            read(self._files, descriptor.number, out, offset)
        except EOFError:
            raise CacheError(f"{self.path} has been cut short while it was open. Make the cache again.") from None
        except OSError as error:
            raise CacheError(f"{self.path} cannot be read: {error.strerror or error}.") from error

    @cached_property
    def _checksums(self) -> dict[str, int]:
        """Of the datasets that one CRC32 covers."""
        if "checksums/names" not in self:
            return {}
        names, numbers = (self._unchecked(f"checksums/{part}").tolist() for part in ("names", "datasets"))
        return {name.decode("utf-8", "replace"): number for name, number in zip(names, numbers, strict=True)}

    def _table(self, path: str) -> NDArray[np.uint32]:
        if path not in self._tables:
            self._tables[path] = self.array(f"checksums/{path}")
        return self._tables[path]

    def _words(self, path: str, index: tuple[int, ...], first: int, last: int) -> str:
        group, number, *_ = path.split("/")
        where = f"layer {self.directory.layers[int(number)][0]}, " if group == "layers" else ""
        which = f"channel {index[0]}, points" if index else "images"
        return f"{where}{path.rpartition('/')[2]} of {which} {first} to {last}"
