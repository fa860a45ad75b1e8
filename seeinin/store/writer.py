"""Writing a cache so that whatever happens, what was committed stays and nothing half-done has the final name.

The maps of a unit of images are committed together, everything else is derived from them, and only a complete file
gets its name.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

import numpy as np
from numpy.typing import NDArray

from seeinin.errors import CacheError
from seeinin.store.checksums import checksum, piece_checksums
from seeinin.store.files import Files
from seeinin.store.format import CacheSpec, layer_path, units
from seeinin.store.layout import lay_out
from seeinin.store.partial import Partial
from seeinin.store.settled import types
from seeinin.store.thumbnails import thumbnails

BUDGET = 1 << 29  # bytes of memory for the second stage, about


class Writer:
    """A cache being written: `Writer.open`, commit every unit, `derive`, `seal`. A context manager."""

    def __init__(self, spec: CacheSpec, partial: Partial) -> None:
        self.spec = spec
        self.units = units(len(spec.index), spec.unit)
        self._partial = partial

    @classmethod
    def open(
        cls,
        target: Path,
        spec: CacheSpec,
        *,
        overwrite: bool = False,
        mending: bool = False,
        files: Files | None = None,
    ) -> Self:
        """Lay `target`.partial out, or go on with it where it is of the same inputs and layout.

        Raises CacheError where `target` exists (unless `overwrite` or `mending`) or a partial one was begun with other
        inputs (unless `overwrite`), and where another process writes it; DiskError where the disk has no room for it.
        """
        if target.exists() and not (overwrite or mending):
            raise CacheError(f"{target} exists already. Choose another output, or replace it with --overwrite.")
        partial = Partial(target, lay_out(spec), files or Files())
        identity = {**spec.identity, "images per unit": str(spec.unit), "fingerprint": spec.fingerprint, **types(spec)}
        with partial.guard():
            return cls(spec, partial.open(identity, overwrite=overwrite, mending=mending))

    @property
    def committed(self) -> set[int]:
        """The units that need not be computed any more."""
        return self._partial.committed

    def commit(
        self,
        unit: int,
        *,
        pixels: NDArray[np.uint8],
        valid: NDArray[np.bool_],
        maps: Sequence[NDArray[Any]],
        prediction: NDArray[np.int32] | None = None,
    ) -> None:
        """Put the images of `units[unit]` on the disk: when this returns, no crash takes them away.

        `pixels` (n, h, w, c), `valid` (n), `prediction` (n) where the spec predicts, and for every layer its maps
        (n, D, H, W) in the layer's type. Raises DiskError.
        """
        arrays: dict[str, NDArray[Any]] = {"images/pixels": pixels, "images/valid": valid}
        if "images/thumbnail" in self._partial.layout.places:
            arrays["images/thumbnail"] = thumbnails(pixels)
        if prediction is not None:
            arrays["images/prediction"] = prediction
        arrays |= {f"{layer_path(number)}/maps": layer for number, layer in enumerate(maps)}
        self._check(unit, arrays)
        places, start = self._partial.layout.places, self.units[unit].start
        checksums = {path: piece_checksums(array, places[path].piece or 1) for path, array in arrays.items()}
        with self._partial.guard():
            for path, array in arrays.items():
                self._partial.write(path, array, start)
            self._partial.commit({"unit": unit, "row": start}, checksums)

    def derive(self, progress: Callable[[int], None] | None = None, *, budget: int = BUDGET) -> None:
        """The second stage: columns and statistics, layer by layer, all from committed maps; resumed where it stopped.

        `progress` gets the bytes done since its last call, `bytes_to_derive` in all. Raises DiskError, and CacheError
        where the disk does not give back what was committed.
        """
        if missing := len(self.units) - len(self.committed):
            raise ValueError(f"{missing} units are still to be committed")
        report = progress or (lambda count: None)
        valid = self._valid()
        for number in range(len(self.spec.layers)):
            if number in self._partial.derived:
                report(2 * self._partial.layout.places[f"{layer_path(number)}/maps"].nbytes)
            else:
                self._derive(number, valid, budget, report)

    @property
    def bytes_to_derive(self) -> int:
        """What `derive` reports in all: the maps that it reads, and the columns that it makes."""
        places = self._partial.layout.places
        return sum(2 * places[f"{layer_path(number)}/maps"].nbytes for number in range(len(self.spec.layers)))

    def seal(self) -> Path:
        """Give the complete file its name; returns it. Raises DiskError."""
        partial = self._partial
        if missing := len(self.spec.layers) - len(partial.derived):
            raise ValueError(f"{missing} layers are still to be derived")
        with partial.guard():
            for path, place in partial.layout.places.items():
                if place.piece is not None:
                    partial.write(f"checksums/{path}", partial.checksums[path])
                    partial.checksums[f"checksums/{path}"][...] = checksum(partial.checksums[path])
            names = partial.layout.given["checksums/names"]
            partial.write("checksums/datasets", np.array([partial.checksums[name.decode()] for name in names]))
            partial.publish()
        self.close()
        return partial.target

    def close(self) -> None:
        """Let go of the files. What is not sealed stays beside the target, to be gone on with."""
        self._partial.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _check(self, unit: int, arrays: dict[str, NDArray[Any]]) -> None:
        """What the caller hands over is what the spec says."""
        places = self._partial.layout.places
        for path, place in places.items():
            if place.piece is None or place.columnar:
                continue
            wanted, array = (len(self.units[unit]), *place.shape[1:]), arrays.get(path)
            if array is None or array.shape != wanted or array.dtype != place.dtype:
                found = None if array is None else (array.shape, array.dtype)
                raise ValueError(f"unit {unit}: {path} is {found} and must be {wanted, place.dtype}")

    def _derive(self, number: int, valid: NDArray[np.bool_], budget: int, report: Callable[[int], None]) -> None:
        from seeinin.geometry.statistics import Images  # numba: only now
        from seeinin.store.derive import DamagedError, Stored, derive_layer

        partial, prefix = self._partial, f"{layer_path(number)}/"
        places = {path.removeprefix(prefix): p for path, p in partial.layout.places.items() if path.startswith(prefix)}
        stored = Stored(partial.files, partial.descriptor, places, partial.checksums[f"{prefix}maps"])
        images = Images(self.spec.label, valid, len(self.spec.classes))
        with partial.guard():
            try:
                checksums = derive_layer(stored, images, budget, report)
            except DamagedError as error:
                self._lose(error.row)
            partial.commit({"layer": number}, {prefix + name: table for name, table in checksums.items()})

    def _valid(self) -> NDArray[np.bool_]:
        with self._partial.guard():
            valid = self._partial.read("images/valid")
            wrong = piece_checksums(valid, self.spec.unit) != self._partial.checksums["images/valid"]
            if wrong.any():
                self._lose(int(np.argmax(wrong)) * self.spec.unit)
        return valid

    def _lose(self, row: int) -> NoReturn:
        unit = row // self.spec.unit
        rows = self.units[unit]
        self._partial.commit({"lost": unit}, {})
        raise CacheError(
            f"{self._partial.path}: images {rows.start} to {rows.stop - 1} are no longer what was written. "
            "Run the same command again: only they are computed again."
        )
