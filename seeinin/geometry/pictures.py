"""What varies between the images of a selection, and how much of it a channel follows."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.halves import decode
from seeinin.geometry.jit import kernel

SIDE = 16


def reduced(pixels: NDArray[np.uint8], side: int = SIDE) -> NDArray[np.float32]:
    """Images (n, h, w, c) averaged down to at most side × side areas, each as one row (n, areas · c)."""
    down, along = (_areas(size, min(size, side)) for size in pixels.shape[1:3])
    small: NDArray[np.float32] = np.einsum("yh,nhwc,xw->nyxc", down, pixels.astype(np.float32), along, optimize=True)
    return small.reshape(len(pixels), -1)


def image_values(column: NDArray[Any], strength: NDArray[np.uint8]) -> NDArray[np.float64]:
    """What a channel says of each image: its mean over the image's points, each as far as it is selected.

    column (n · positions) in the stored dtype, strength (n, positions). NaN where no finite point is selected.
    """
    out = np.empty(len(strength))
    _average(decode(np.ascontiguousarray(column)).reshape(strength.shape), np.ascontiguousarray(strength), out)
    return out


class Pictures:
    """Pictures (n, pixels) with weights (n), ready to be asked what they vary with."""

    def __init__(self, pictures: NDArray[np.float32], weights: NDArray[Any]) -> None:
        self.share = weights / max(weights.sum(), 1)
        x = pictures - self.share @ pictures
        self.variance = float((self.share @ x**2).sum())
        self.weighted = self.share[:, None] * x

    def explained(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The share of the pictures' variance that each of the columns of values (n, D) explains linearly by itself:
        Σₚ cov(xₚ, v)² / (var v · Σₚ var xₚ), 0 to 1.

        0, but for rounding, where either does not vary; values that are not finite count as their channel's mean.
        """
        finite = np.isfinite(values)
        v = np.where(finite, values, 0)
        v = np.where(finite, v - self.share @ v / np.maximum(self.share @ finite, 1e-300), 0)
        variance = self.share @ v**2 * self.variance
        explained = ((self.weighted.T @ v) ** 2).sum(axis=0)
        return np.asarray(np.divide(explained, variance, out=np.zeros(len(variance)), where=variance > 0))


def _areas(size: int, parts: int) -> NDArray[np.float32]:
    """The matrix (parts, size) that averages `size` pixels over `parts` equal stretches, shared pixels in part."""
    edges = np.arange(parts + 1) * (size / parts)
    pixel = np.arange(size)
    overlap = np.minimum(edges[1:, None], pixel + 1) - np.maximum(edges[:-1, None], pixel)
    return np.asarray(overlap.clip(0) * (parts / size), np.float32)


@kernel
def _average(values, strength, out):  # type: ignore[no-untyped-def]
    for i in range(out.size):
        total, weight = 0.0, 0.0
        for j in range(values.shape[1]):
            if strength[i, j] > 0 and np.isfinite(values[i, j]):
                total += strength[i, j] * np.float64(values[i, j])
                weight += strength[i, j]
        out[i] = total / weight if weight > 0 else np.nan
