"""Reading the bytes of an open cache: by pread into own buffers, each piece checked when it is first read.

Thread safe, and closing waits for nobody: the file is let go when the last read that began before has ended.
"""

import os
import time
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from threading import get_ident
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seeinin.errors import CacheError
from seeinin.store.checksums import checksum, piece_checksums
from seeinin.store.directory import Directory
from seeinin.store.files import Files, read
from seeinin.store.format import pieces, whole

GAP = 512  # bytes between wanted ones that are read along: it costs less than another read

Rows = slice | Sequence[int] | NDArray[np.integer[Any]]


class DamageError(CacheError):
    """Stored bytes are not those that were written. `what` says which, a phrase for each run of them.

    `holes` are the damaged entries that were met: images, or points where a column was asked for; `values` is what was
    asked for, blank there: NaN, or 0 in types that have none. Both are None where nothing of it can be told.
    """

    def __init__(
        self, path: Path, what: list[str], holes: list[range] | None = None, values: NDArray[Any] | None = None
    ) -> None:
        more = f" and {len(what) - 1:,} more" if len(what) > 1 else ""
        super().__init__(
            f"{path} is damaged: {what[0]}{more}. `seeinin verify` lists all damage; "
            "the same `seeinin precompute` again computes only that again."
        )
        self.what, self.holes, self.values = what, holes, values


class CutError(DamageError):
    """The file has become shorter than what was to be read."""

    def __init__(self, path: Path, holes: list[range] | None = None, values: NDArray[Any] | None = None) -> None:
        super().__init__(path, ["its end is missing"], holes, values)
        self.args = (f"{path} has been cut short while it was open. Make the cache again.",)


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
        self._reading: dict[int, float] = {}  # since when, by thread
        self._checked: dict[str, NDArray[np.bool_]] = {}
        self._tables: dict[str, NDArray[np.uint32]] = {}

    @property
    def waits(self) -> float:
        """Seconds for which the disk has owed an answer, to the thread that has waited longest."""
        begun = list(self._reading.values())
        return time.monotonic() - min(begun) if begun else 0.0

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
            raise DamageError(self.path, [f"/{path}"])
        return array

    def take(self, path: str, rows: Rows) -> NDArray[Any]:
        """Entries of the first axis; neighbours are read together. Raises DamageError with the good ones among them."""
        place = self.directory.places[path]
        if isinstance(rows, slice):
            rows = range(*rows.indices(place.shape[0]))
        wanted = np.asarray(rows, np.int64)
        if len(wanted) and not 0 <= wanted.min() <= wanted.max() < place.shape[0]:
            raise IndexError(f"rows reach from {wanted.min()} to {wanted.max()}, and there are {place.shape[0]}")
        out = np.empty((len(wanted), *place.shape[1:]), place.dtype)
        holes = []
        if len(wanted) and (len(wanted) == 1 or (np.diff(wanted) == 1).all()):
            holes = self._read(path, (), int(wanted[0]), out)
        elif len(wanted):
            holes = self._take(path, wanted, out)
        return self._whole(path, (), out, holes)

    def _take(self, path: str, wanted: NDArray[np.int64], out: NDArray[Any]) -> list[range]:
        """Fill `out` with entries of the first axis, run by run of near ones; the holes that were met."""
        place, data = self.directory.places[path], out.reshape(-1).view(np.uint8).data
        size, step = place.entry, np.diff(wanted)
        starts = np.flatnonzero((step < 1) | ((step - 1) * size > GAP)) + 1
        starts, stops = np.append(0, starts), np.append(starts, len(wanted))
        first, count = wanted[starts], wanted[stops - 1] - wanted[starts] + 1
        good = np.logical_and.reduceat(self._good(path)[wanted // (place.piece or 1)], starts)
        runs = (starts, stops, first, count, good & (count == stops - starts))
        holes: list[range] = []
        for start, stop, begin, entries, plain in zip(*(run.tolist() for run in runs), strict=True):
            part = data[start * size : stop * size]
            if plain and self._fill(part, place.offset + begin * size) == part.nbytes:
                continue
            if entries == stop - start:
                holes += self._read(path, (), begin, out[start:stop])
            else:
                around = np.empty((entries, *out.shape[1:]), out.dtype)
                holes += self._read(path, (), begin, around)
                out[start:stop] = around[wanted[start:stop] - begin]
        return holes

    def column(self, path: str, channel: int, start: int, stop: int, out: NDArray[Any] | None = None) -> NDArray[Any]:
        """Values start..stop of one entry of the first axis, in `out` where that is given. Raises as `take` does."""
        place = self.directory.places[path]
        depth, points = place.shape
        if not (0 <= channel < depth and 0 <= start <= stop <= points):
            raise IndexError(f"channel {channel}, points {start} to {stop}: there are {depth} channels of {points}")
        out = np.empty(stop - start, place.dtype) if out is None else out
        return self._whole(path, (channel,), out, self._read(path, (channel,), start, out))

    def _whole(self, path: str, index: tuple[int, ...], out: NDArray[Any], holes: list[range]) -> NDArray[Any]:
        """`out`, if there are no holes in it."""
        if holes:
            holes = sorted(set(holes), key=lambda hole: hole.start)
            if self._is_cut(path):
                raise CutError(self.path, holes, out)
            raise DamageError(self.path, [self._words(path, index, hole) for hole in holes], holes, out)
        return out

    def _read(self, path: str, index: tuple[int, ...], start: int, out: NDArray[Any]) -> list[range]:
        """Fill `out` with entries from `start` on, checking the pieces in which they lie when they are new.

        Returns the holes, which are blank.
        """
        place = self.directory.places[path]
        offset = place.offset + sum(i * place.stride for i in index)
        size = place.dtype.itemsize if index else place.entry
        if place.piece is None:
            had = self._fill(out, offset + start * size) // size
            out[had:] = blank(out)
            return [range(start + had, start + len(out))] if had < len(out) else []
        piece, count = place.piece, place.shape[len(index)]
        new = slice(start // piece, -(-(start + len(out)) // piece))
        checked = self._good(path)[index]
        if checked[new].all() and self._fill(out, offset + start * size) == out.nbytes:
            return []
        first, after = new.start * piece, min(new.stop * piece, count)
        around = out if after - first == len(out) else np.empty((after - first, *out.shape[1:]), out.dtype)
        had = self._fill(around, offset + first * size)
        good = piece_checksums(around, piece) == self._table(path)[index][new]
        if had < around.nbytes:
            good[had // (piece * size) :] = False
        checked[new] = good
        holes = [range(n, min(n + piece, count)) for n in (first + np.flatnonzero(~good) * piece).tolist()]
        for hole in holes:
            around[hole.start - first : hole.stop - first] = blank(out)
        if around is not out:
            out[...] = around[start - first :][: len(out)]
        return holes

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
        if self._fill(array, place.offset) < array.nbytes:
            raise CutError(self.path)
        return array

    def _is_cut(self, path: str) -> bool:
        """Whether the file ends before the dataset does, by now."""
        place, descriptor = self.directory.places[path], self._descriptor
        return descriptor is not None and os.fstat(descriptor.number).st_size < place.offset + place.span

    def _fill(self, out: NDArray[Any] | memoryview, offset: int) -> int:
        """Fill `out` as far as the file goes; how many bytes that were."""
        descriptor = self._descriptor
        if descriptor is None:
            raise CacheError(f"{self.path} has been closed.")
        self._reading[get_ident()] = time.monotonic()
        try:
            read(self._files, descriptor.number, out, offset)
        except EOFError as end:
            return max(int(end.args[0]) - offset, 0)
        except OSError as error:
            raise CacheError(f"{self.path} cannot be read: {error.strerror or error}.") from error
        finally:
            del self._reading[get_ident()]
        return out.nbytes

    @cached_property
    def _checksums(self) -> dict[str, int]:
        """Of the datasets that one CRC32 covers."""
        if "checksums/names" not in self:
            return {}
        names, numbers = (self._unchecked(f"checksums/{part}").tolist() for part in ("names", "datasets"))
        names = [name.decode("utf-8", "replace") for name in names]
        # A dataset that lost its name here would never be checked. Other tools may have added some, but not to our own.
        if self.directory.own and sorted(names) != sorted(whole(self.directory.places)):
            raise DamageError(self.path, ["/checksums/names"])
        return dict(zip(names, numbers, strict=True))

    def _table(self, path: str) -> NDArray[np.uint32]:
        if path not in self._tables:
            self._tables[path] = self.array(f"checksums/{path}")
        return self._tables[path]

    def _words(self, path: str, index: tuple[int, ...], hole: range) -> str:
        group, number, *_ = path.split("/")
        where = f"layer {self.directory.layers[int(number)][0]}, " if group == "layers" else ""
        which = f"channel {index[0]}, points" if index else "images"
        return f"{where}{path.rpartition('/')[2]} of {which} {hole.start} to {hole.stop - 1}"


def blank(array: NDArray[Any]) -> Any:
    """What stands for a value that is not there: NaN, or 0 in types that have none."""
    return np.nan if array.dtype.kind == "f" else 0
