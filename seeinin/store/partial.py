"""The unfinished file, `NAME.partial`, and `NAME.journal`, which says what of it counts."""

import errno
import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from seeinin.errors import CacheError
from seeinin.store import journal as journals
from seeinin.store.checksums import checksum
from seeinin.store.files import Files, disk, read, reserve, write
from seeinin.store.format import pieces
from seeinin.store.journal import Journal, Record
from seeinin.store.layout import Layout

Checksums = Mapping[str, NDArray[np.uint32]]


def partial_path(target: Path) -> Path:
    return target.with_name(target.name + ".partial")


def journal_path(target: Path) -> Path:
    return target.with_name(target.name + ".journal")


class Partial:
    """What has been committed of `target`, and the means to commit more; held by one process at a time.

    `committed` are units of maps, `derived` layers, and `checksums` the CRC32s of all that counts, by dataset.
    """

    def __init__(self, target: Path, layout: Layout, files: Files) -> None:
        self.target, self.path = target, partial_path(target)
        self.layout, self.files = layout, files
        self.descriptor = -1
        self.committed: set[int] = set()
        self.derived: set[int] = set()
        self.checksums = {path: np.zeros(pieces(place), np.uint32) for path, place in layout.places.items()}
        for path, array in layout.given.items():
            self.checksums[path][...] = checksum(array)

    def open(self, identity: Mapping[str, str], *, overwrite: bool, mending: bool = False) -> Self:
        """Take the files; go on with what is there, or begin. Raises CacheError and DiskError as `Writer.open` does."""
        self.target.parent.mkdir(parents=True, exist_ok=True)
        self._journal = Journal(self.files, journal_path(self.target))
        try:
            if not self._journal.lock():
                by = journals.held_by(self._journal.path)
                raise CacheError(f"{self.target} is being written already, by {by}. Wait for it, or stop it first.")
            if self.target.exists() and not (overwrite or mending):
                raise CacheError(f"{self.target} exists already. Choose another output, or add --overwrite.")
            self.descriptor = self.files.open(self.path)
            self._resume_or_begin({"identity": identity, "layout": self.layout.stamp}, overwrite)
        except BaseException:
            self.close()
            raise
        return self

    def guard(self) -> AbstractContextManager[None]:
        """Failures of the disk in words: DiskError."""
        return disk(self.files, self.path, self.layout.size)

    def write(self, path: str, array: NDArray[Any], start: int = 0) -> None:
        """Write entries of a dataset from `start` on. Nothing is committed yet."""
        place = self.layout.places[path]
        write(self.files, self.descriptor, array, place.offset + start * place.stride)

    def read(self, path: str) -> NDArray[Any]:
        place = self.layout.places[path]
        array = np.empty(place.shape, place.dtype)
        read(self.files, self.descriptor, array, place.offset)
        return array

    def commit(self, record: Record, checksums: Checksums) -> None:
        """The order is the promise: first the data are on the disk, then the line that says so."""
        self.files.datasync(self.descriptor)
        self._journal.append({**record, "crc": {path: table.tobytes().hex() for path, table in checksums.items()}})
        self._apply(self._journal.records[-1])

    def publish(self) -> None:
        """The final name: what has it is complete."""
        self.files.datasync(self.descriptor)
        self.files.rename(self.path, self.target)
        self.files.sync_directory(self.target.parent)
        self.files.remove(self._journal.path)

    def close(self) -> None:
        if self.descriptor >= 0:
            self.files.close(self.descriptor)
        self.descriptor = -1
        self._journal.close()

    def _resume_or_begin(self, header: Record, overwrite: bool) -> None:
        records, size = self._journal.records, os.fstat(self.descriptor).st_size
        changed = _changed(records[0], header) if records else []
        if records and not changed and size == self.layout.size:
            for record in records:
                self._apply(record)
            self._journal.append({"holder": journals.holder()})
        elif changed and size and not overwrite:
            raise CacheError(
                f"{self.path} was begun with another {' and '.join(changed)}. "
                "Put that back as it was, or begin again with --overwrite."
            )
        else:
            self._begin(header)

    def _begin(self, header: Record) -> None:
        """Lay the file out. Until its header is in the journal, nothing of it counts."""
        need = self.layout.size
        allowed = self.files.free(self.path.parent) + 512 * os.fstat(self.descriptor).st_blocks
        if need > allowed:
            self._forget()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._journal.clear()
        self.files.truncate(self.descriptor, 0)
        try:
            reserve(self.files, self.descriptor, need)
            for offset, data in self.layout.metadata:
                write(self.files, self.descriptor, data, offset)
            for path, array in self.layout.given.items():
                self.write(path, array)
            self.files.datasync(self.descriptor)
            self._journal.append(header)
            self.files.sync_directory(self.path.parent)
            self._journal.append({"holder": journals.holder()})
        except OSError:
            self._forget()
            raise

    def _forget(self) -> None:
        """Leave nothing of a file that never began."""
        self.files.remove(self.path)
        self.files.remove(self._journal.path)

    def _apply(self, record: Record) -> None:
        """Take a line of the journal for granted."""
        unit = record.get("unit")
        for path, digits in record.get("crc", {}).items():
            table, found = self.checksums[path], np.frombuffer(bytes.fromhex(digits), np.uint32)
            if unit is None:
                table[...] = found.reshape(table.shape)
            else:
                first = record["row"] // (self.layout.places[path].piece or 1)
                table[first : first + len(found)] = found
        if unit is not None:
            self.committed.add(unit)
        if "layer" in record:
            self.derived.add(record["layer"])
        if "lost" in record:
            self.committed.discard(record["lost"])
            self.derived.clear()  # maps that are computed again may differ in their last bits


def _changed(old: Record, new: Record) -> list[str]:
    """The fields of the header that differ, the more telling ones where there are any."""
    before, now = old["identity"], new["identity"]
    fields = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    if not fields and old["layout"] != new["layout"]:
        return ["layout, by another version of this program"]
    return [name for name in fields if name != "fingerprint"] or fields
