"""The unfinished file, `NAME.partial`, and the journals beside it, which say what of it counts."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from seeinin.store import beginning
from seeinin.store.files import Files, disk, read, release, write
from seeinin.store.journal import Journal, Record
from seeinin.store.layout import Layout
from seeinin.store.ledger import Checksums, Ledger, encoded
from seeinin.store.ranks import ALONE, Peer, Rank, journal_path, others_journals


def partial_path(target: Path) -> Path:
    return target.with_name(target.name + ".partial")


class Partial:
    """What has been committed of `target`, and the means to commit more; held by the processes of one run at a time.

    `todo` are the units and `layers` the layers that this rank has still to commit.
    """

    def __init__(self, target: Path, layout: Layout, files: Files, rank: Rank = ALONE) -> None:
        self.target, self.path = target, partial_path(target)
        self.layout, self.files, self.rank = layout, files, rank
        self.ledger = Ledger(layout)
        self.descriptor = -1
        self.journal: Journal | None = None
        self.peers: list[Peer] = []
        self._units: set[int] = set()
        self._layers: set[int] = set()

    def open(self, identity: Mapping[str, str], *, overwrite: bool, mending: bool = False) -> Self:
        """Take the files; go on with what is there, or begin. Raises CacheError and DiskError as `Writer.open` does."""
        self.files.make_folder(self.target.parent)
        header = {"identity": identity, "layout": self.layout.stamp}
        try:
            if self.rank.number:
                end = beginning.join(self, header)
            else:
                end = beginning.lead(self, header, overwrite=overwrite, mending=mending)
        except BaseException:
            self.close()
            raise
        others = set(range(self.rank.count)) - {self.rank.number}
        self.peers = [Peer(self.target, number, self.rank.run, 0 if number else end) for number in sorted(others)]
        self._units = self.rank.units(self.ledger.missing)
        self._layers = self.rank.layers(self.ledger.underived)
        return self

    @property
    def todo(self) -> list[int]:
        return [unit for unit in sorted(self.ledger.missing) if self.rank.count == 1 or unit in self._units]

    @property
    def layers(self) -> list[int]:
        return [layer for layer in self.ledger.underived if self.rank.count == 1 or layer in self._layers]

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
        assert self.journal is not None
        line = {**record, "crc": encoded(checksums)}
        self.files.datasync(self.descriptor)
        self.journal.append(line)
        self.ledger.apply(line)

    def beat(self) -> None:
        if self.journal is not None:
            self.journal.beat()

    def publish(self) -> None:
        """The final name: what has it is complete."""
        self.files.datasync(self.descriptor)
        self.files.rename(self.path, self.target)
        self.files.sync_directory(self.target.parent)
        for path in (*others_journals(self.target), journal_path(self.target)):
            self.files.remove(path)
        self._leave()

    def finish(self) -> None:
        """As a rank above 0: everything that was its own is there."""
        assert self.journal is not None
        self.journal.append({"done": True})
        self._leave()

    def close(self) -> None:
        if self.journal is not None and self.rank.count > 1:
            with suppress(OSError):  # it only tells the others that this is no crash
                self.journal.append({"left": True})
        self._leave()

    def _leave(self) -> None:
        if self.journal is not None:
            self.journal.close()
        self.journal = None
        if self.descriptor >= 0:
            release(self.files, self.descriptor)
        self.descriptor = -1
