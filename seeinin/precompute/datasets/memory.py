"""Images that are held in memory: digits, idx, npz, arrays from Python."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seeinin.errors import DataError
from seeinin.precompute.datasets.labels import numbered
from seeinin.precompute.datasets.rows import Batch, Rows
from seeinin.precompute.reading.problems import Problems


@dataclass(frozen=True)
class Images:
    """Pixels uint8 (N, h, w, c) with c of 1 or 3, labels int32 (N) with -1 for none, and the names of the classes."""

    pixels: NDArray[np.uint8]
    label: NDArray[np.int32]
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.pixels)

    def choose(self, index: NDArray[np.int64], size: tuple[int, int] | None) -> Rows:
        """The rows of a cache. They keep their own size: what `size` says happens on the way to the network."""

        def read(batches: Iterable[range]) -> Iterator[Batch]:
            for rows in batches:
                yield Batch(self.pixels[index[rows.start : rows.stop]], np.ones(len(rows), bool))

        names = [str(i) for i in index]
        shape = self.pixels.shape[1:]
        problems = Problems(names, 0, "")
        return Rows(shape, self.label[index], self.classes, names, self.identity(), problems, read)

    def identity(self) -> str:
        """SHA-256 of everything that can be seen of the images."""
        digest = hashlib.sha256(repr((self.pixels.shape, self.classes)).encode())
        digest.update(np.ascontiguousarray(self.pixels).data)
        digest.update(np.ascontiguousarray(self.label).data)
        return digest.hexdigest()

    def close(self) -> None:
        """Nothing is open."""


def images(pixels: ArrayLike, label: ArrayLike | None, classes: Sequence[str], named: str) -> Images:
    """Check that images (N, h, w[, c]), labels (N) and classes fit together; values of 0..255 become uint8."""
    pixels = np.asarray(pixels)
    if pixels.ndim == 3:
        pixels = pixels[..., None]
    if pixels.ndim != 4 or pixels.shape[3] not in (1, 3):
        raise DataError(
            f"{named}: the images have the shape {pixels.shape}, not (N, h, w), (N, h, w, 1) or (N, h, w, 3)"
            + (
                "; channels come last: images.transpose(0, 2, 3, 1)"
                if pixels.ndim == 4 and pixels.shape[1] in (1, 3)
                else ""
            )
        )
    if 0 in pixels.shape:
        raise DataError(f"{named} holds no images")
    if pixels.dtype != np.uint8:
        if (
            pixels.dtype.kind not in "iufb"
            or pixels.min() < 0
            or pixels.max() > 255
            or (pixels != np.rint(pixels)).any()
        ):
            raise DataError(f"{named}: the pixels are not whole numbers in 0..255; give them as uint8")
        pixels = pixels.astype(np.uint8)
    return Images(pixels, *numbered(label, len(pixels), classes, named))
