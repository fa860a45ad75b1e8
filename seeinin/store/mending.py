"""A finished cache that was damaged: what is still as it was written goes into a new one, the rest is computed again.

The damaged file is only read. The new one is written as every cache is, and takes its name by a rename at the end.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seeinin.errors import CacheError
from seeinin.store.access import Access, Descriptor
from seeinin.store.directory import Directory
from seeinin.store.files import Files
from seeinin.store.format import CacheSpec, Place, datasets, layer_path
from seeinin.store.layout import lay_out
from seeinin.store.opening import inspected, own
from seeinin.store.settled import Settled
from seeinin.store.verify import Progress, verify
from seeinin.store.writer import Writer

BATCH = "images/batch"
OR_ELSE = "Choose another output, or replace it with --overwrite."


class WholeError(CacheError):
    """There is nothing to mend."""


class Damaged:
    """The damaged cache at `path`. `what` is wrong with it, a phrase for each place.

    `report` hears of the bytes checked: all of them. Raises CacheError where nothing is wrong, and where it is too
    damaged to tell what it was.
    """

    def __init__(self, path: Path, report: Progress) -> None:
        self.path = path
        self.what = _damage(path, report)
        descriptor, directory, self._doubtful = _open(path)
        self._access = Access(path, descriptor, directory, Files())

    @property
    def settled(self) -> Settled:
        directory = self._access.directory
        types = [str(directory.places[f"{layer_path(number)}/maps"].dtype) for number in range(len(directory.layers))]
        return Settled(
            directory.fingerprint, {layer[0]: dtype for layer, dtype in zip(directory.layers, types, strict=True)}
        )

    def check(self, spec: CacheSpec) -> None:
        """Raise CacheError unless this was made of the same inputs, and no other program has changed it since."""
        if self._access.directory.fingerprint != spec.fingerprint:
            raise CacheError(f"{self.path} exists already, is damaged, and was made of other inputs. {OR_ELSE}")
        if self._doubtful and self._described_anew(spec):
            raise CacheError(f"{self.path} was changed by another program, and mending would undo that. {OR_ELSE}")

    def _described_anew(self, spec: CacheSpec) -> bool:
        """Whether HDF5's own bytes are others than the writer's."""
        with self.path.open("rb") as file:
            for offset, data in lay_out(spec).metadata:
                file.seek(offset)
                if file.read(len(data)) != data:
                    return True
        return False

    def give(self, writer: Writer, report: Progress) -> None:
        """Commit every unit of which all is left that was committed, each byte checked.

        `report` hears of the bytes of maps.
        """
        places = datasets(writer.spec)
        maps = [f"{layer_path(number)}/maps" for number in range(len(writer.spec.layers))]
        wanted = [name for name in ("images/pixels", "images/valid", "images/prediction", *maps) if name in places]
        for unit in writer.todo:
            rows = writer.units[unit]
            try:
                batch = int(self._take(BATCH, places, rows)[0]) if BATCH in self._access else 0
                writer.batches[unit] = batch  # what is computed again must be as it was, to the last bit
                found = {name: self._take(name, places, rows) for name in wanted}
            except CacheError:
                continue
            writer.commit(
                unit,
                pixels=found["images/pixels"],
                valid=found["images/valid"],
                maps=[found[name] for name in maps],
                prediction=found.get("images/prediction"),
                batch=batch,
            )
            report(sum(found[name].nbytes for name in maps))

    def _take(self, name: str, places: dict[str, Place], rows: range) -> NDArray[Any]:
        """Rows of a dataset, all checked. Raises CacheError where they cannot be, or are damaged."""
        place, wanted = self._access.directory.places.get(name), places[name]
        if place is None or place.piece is None or (place.shape, place.dtype) != (wanted.shape, wanted.dtype):
            raise CacheError(f"{self.path} holds no /{name} that can be checked")
        return self._access.take(name, np.arange(rows.start, rows.stop))


def _damage(path: Path, report: Progress) -> list[str]:
    try:
        found = verify(path, report)
    except CacheError as error:
        what, _, _ = str(error).removeprefix(f"{path} ").partition(". ")  # what to do about it is done here
        return [what]
    if not found:
        raise WholeError(f"{path} exists already, and is whole. {OR_ELSE}")
    return found


def _open(path: Path) -> tuple[Descriptor, Directory, bool]:
    """The file; where everything lies, by itself or else by HDF5; and whether HDF5 can read it, but not as it was."""
    try:
        descriptor = Descriptor(path)
        directory, fits = own(path, Files(), descriptor)
    except OSError as error:
        raise CacheError(f"{path} cannot be read: {error.strerror or error}. {OR_ELSE}") from error
    if directory is not None and fits:
        return descriptor, directory, False
    try:
        seen = inspected(path)
    except CacheError as error:
        if directory is None:
            raise CacheError(f"{path} exists already, and cannot be mended: {error} {OR_ELSE}") from error
        return descriptor, directory, False
    return descriptor, directory or seen, True
