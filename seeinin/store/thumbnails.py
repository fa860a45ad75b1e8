"""Small pictures for galleries."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seeinin.store.format import thumbnail_size


def thumbnails(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """uint8 (n, h, w, c) to (n, h', w', c): averaged over areas, aspect kept, the longer side 64.

    By running sums and not by matrix products, whose threads would be in the way of the network's.
    """
    height, width = thumbnail_size(*pixels.shape[1:3])
    small = np.empty((len(pixels), height, width, pixels.shape[3]), np.uint8)
    for image, out in zip(pixels, small, strict=True):
        out[...] = np.rint(_averages(_averages(image, height, 0), width, 1))
    return small


def _averages(values: NDArray[Any], count: int, axis: int) -> NDArray[np.float32]:
    """Averages over `count` equal stretches of an axis, whose ends lie within pixels where they must."""
    size = values.shape[axis]
    ends = np.arange(count + 1) * size / count
    pixel = np.minimum(ends.astype(int), size - 1)
    share = np.expand_dims(ends - pixel, tuple(n for n in range(values.ndim) if n != axis))
    inside = values.take(pixel, axis)
    before = np.cumsum(values, axis, dtype=np.float64).take(pixel, axis) - inside
    averages: NDArray[np.float32] = (np.diff(before + share * inside, axis=axis) * (count / size)).astype(np.float32)
    return averages
