"""Writing a cache so that whatever happens, what was committed stays and nothing half-done has the final name.

The maps of a unit of images are committed together, everything else is derived from them, and only a complete file
gets its name. Several processes may do it together (`ranks`), each its own units and layers.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
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
from seeinin.store.ranks import ALONE, Peer, Rank
from seeinin.store.settled import types
from seeinin.store.thumbnails import thumbnails

BUDGET = 1 << 29  # bytes of memory for the second stage, about


class Writer:
    """A cache being written: `Writer.open`, commit the units of `todo`, `derive`, `seal`. A context manager.

    Of several ranks each commits its own `todo`. With `follow` they learn what the others have done: all units must be
    committed before any rank derives, all layers derived before rank 0 seals.
    """

    def __init__(self, spec: CacheSpec, partial: Partial) -> None:
        self.spec = spec
        self.units = units(len(spec.index), spec.unit)
        self._partial = partial
        places = partial.layout.places
        self._sizes = [places[f"{layer_path(number)}/maps"].nbytes for number in range(len(spec.layers))]
        self._image_bytes = sum(self._sizes) // len(spec.index)

    @classmethod
    def open(
        cls,
        target: Path,
        spec: CacheSpec,
        *,
        overwrite: bool = False,
        mending: bool = False,
        rank: Rank = ALONE,
        files: Files | None = None,
    ) -> Self:
        """Lay `target`.partial out, or go on with it where it is of the same inputs and layout; `rank` is this process
        among those that write it together, which joins when rank 0 has done so.

        Raises CacheError where `target` exists (unless `overwrite` or `mending`) or a partial one was begun with other
        inputs (unless `overwrite`), and where another process writes it; DiskError where the disk has no room for it.
        """
        if target.exists() and not (overwrite or mending):
            raise CacheError(f"{target} exists already. Choose another output, or replace it with --overwrite.")
        partial = Partial(target, lay_out(spec), files or Files(), rank)
        identity = {**spec.identity, "images per unit": str(spec.unit), "fingerprint": spec.fingerprint, **types(spec)}
        with partial.guard():
            return cls(spec, partial.open(identity, overwrite=overwrite, mending=mending))

    @property
    def committed(self) -> set[int]:
        """The units that need not be computed any more."""
        return self._partial.ledger.committed

    @property
    def batches(self) -> dict[int, int]:
        """How many images went through the network at once, for units that were ever committed; 0 where not known."""
        return self._partial.ledger.batches

    @property
    def todo(self) -> list[int]:
        """The units that this rank has still to commit."""
        return self._partial.todo

    @property
    def complete(self) -> bool:
        """Whether all units are committed, by whichever rank."""
        return not self._partial.ledger.missing

    @property
    def sealable(self) -> bool:
        """Whether this rank is done; rank 0 is last: when all layers are derived, and even the latest has joined."""
        if self._partial.rank.number:
            return not self._partial.layers
        return not self._partial.ledger.underived and all(peer.joined for peer in self.peers)

    @property
    def peers(self) -> list[Peer]:
        """The other ranks of this run."""
        return self._partial.peers

    def follow(self) -> int:
        """Take note of what other ranks have committed since the last call, and give a sign of life.

        Returns the bytes of what they did, as `bytes_done` counts them.
        """
        done = 0
        self._partial.beat()
        for peer in self.peers:
            for record in peer.news():
                self._partial.ledger.apply(record)
                if "unit" in record:
                    done += len(self.units[record["unit"]]) * self._image_bytes
                if "layer" in record:
                    done += 2 * self._sizes[record["layer"]]
        return done

    def commit(
        self,
        unit: int,
        *,
        pixels: NDArray[np.uint8],
        valid: NDArray[np.bool_],
        maps: Sequence[NDArray[Any]],
        prediction: NDArray[np.int32] | None = None,
        batch: int = 0,
    ) -> None:
        """Put the images of `units[unit]` on the disk: when this returns, no crash takes them away.

        `pixels` (n, h, w, c), `valid` (n), `prediction` (n) where the spec predicts, and for every layer its maps
        (n, D, H, W) in the layer's type; `batch` images went through the network at once, 0 where nobody knows. Raises
        DiskError.
        """
        batches = np.full(len(pixels), batch, np.int32)
        arrays: dict[str, NDArray[Any]] = {"images/pixels": pixels, "images/valid": valid, "images/batch": batches}
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
            self._partial.commit({"unit": unit, "row": start, "batch": batch}, checksums)

    def derive(self, progress: Callable[[int], None] | None = None, *, budget: int = BUDGET) -> None:
        """The second stage: columns and statistics, all from committed maps; resumed where it stopped.

        `progress` gets the bytes done since its last call, `bytes_to_derive` for all layers. Raises DiskError, and
        CacheError where the disk does not give back what was committed.
        """
        from seeinin.store.derive import DamagedError  # numba: only now

        if missing := self._partial.ledger.missing:
            raise ValueError(f"{len(missing)} units are still to be committed")
        report = progress or (lambda count: None)
        with self._partial.guard():
            try:
                self._derive_layers(self._valid(), budget, report)
            except DamagedError as error:
                self._lose(error.row)

    @property
    def bytes_done(self) -> int:
        """Of maps that are committed; and twice those of layers that are derived, being read and made into columns."""
        rows = sum(len(self.units[unit]) for unit in self.committed)
        return rows * self._image_bytes + 2 * sum(self._sizes[layer] for layer in self._partial.ledger.derived)

    @property
    def bytes_to_derive(self) -> int:
        """What deriving all layers amounts to."""
        return 2 * sum(self._sizes)

    @property
    def bytes_total(self) -> int:
        """What `bytes_done` comes to."""
        return 3 * sum(self._sizes)

    def seal(self) -> Path:
        """Give the complete file its name, as rank 0; as another, say that its part is done. Returns the name. Raises
        DiskError.
        """
        partial = self._partial
        if missing := partial.layers if partial.rank.number else partial.ledger.underived:
            raise ValueError(f"{len(missing)} layers are still to be derived")
        with partial.guard():
            if partial.rank.number:
                partial.finish()
                return partial.target
            for path, place in partial.layout.places.items():
                if place.piece is not None:
                    partial.write(f"checksums/{path}", partial.ledger.checksums[path])
                    partial.ledger.checksums[f"checksums/{path}"][...] = checksum(partial.ledger.checksums[path])
            names = partial.layout.given["checksums/names"]
            partial.write("checksums/datasets", np.array([partial.ledger.checksums[name.decode()] for name in names]))
            partial.publish()
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

    def _derive_layers(self, valid: NDArray[np.bool_], budget: int, report: Callable[[int], None]) -> None:
        """A layer goes to the disk while the next one is made; one at a time, for the journal's sake."""
        with ThreadPoolExecutor(1, "commit") as thread:
            before: Future[None] | None = None
            for number in self._partial.layers:
                checksums = self._derive(number, valid, budget, report)
                if before is not None:
                    before.result()
                before = thread.submit(self._partial.commit, {"layer": number}, checksums)
            if before is not None:
                before.result()

    def _derive(
        self, number: int, valid: NDArray[np.bool_], budget: int, report: Callable[[int], None]
    ) -> dict[str, NDArray[np.uint32]]:
        from seeinin.geometry.statistics import Images  # numba: only now
        from seeinin.store.derive import Stored, derive_layer

        partial, prefix = self._partial, f"{layer_path(number)}/"
        places = {path.removeprefix(prefix): p for path, p in partial.layout.places.items() if path.startswith(prefix)}
        stored = Stored(partial.files, partial.descriptor, places, partial.ledger.checksums[f"{prefix}maps"])
        checksums = derive_layer(stored, Images(self.spec.label, valid, len(self.spec.classes)), budget, report)
        return {prefix + name: table for name, table in checksums.items()}

    def _valid(self) -> NDArray[np.bool_]:
        from seeinin.store.derive import DamagedError  # numba: only now

        valid = self._partial.read("images/valid")
        wrong = piece_checksums(valid, self.spec.unit) != self._partial.ledger.checksums["images/valid"]
        if wrong.any():
            raise DamagedError(int(np.argmax(wrong)) * self.spec.unit)
        return valid

    def _lose(self, row: int) -> NoReturn:
        unit = row // self.spec.unit
        rows = self.units[unit]
        self._partial.commit({"lost": unit}, {})
        raise CacheError(
            f"{self._partial.path}: images {rows.start} to {rows.stop - 1} are no longer what was written. "
            "Run the same command again: only they are computed again."
        )
