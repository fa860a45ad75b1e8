"""Small pictures for galleries."""

import numpy as np
from numpy.typing import NDArray

from seeinin.store.format import thumbnail_size


def thumbnails(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """uint8 (n, h, w, c) to (n, h', w', c): averaged over areas, aspect kept, the longer side 64."""
    count, height, width, channels = pixels.shape
    small_height, small_width = thumbnail_size(height, width)
    rows = _areas(height, small_height)
    columns = np.kron(_areas(width, small_width), np.eye(channels, dtype=np.float32)).T  # (w·c, w'·c)
    small = np.empty((count, small_height, small_width * channels), np.uint8)
    for image, out in zip(pixels.reshape(count, height, -1), small, strict=True):
        out[...] = np.rint(rows @ image.astype(np.float32) @ columns).clip(0, 255)
    return small.reshape(count, small_height, small_width, channels)


def _areas(size: int, small: int) -> NDArray[np.float32]:
    """The share (small, size) of each pixel in each of `small` equal stretches of the axis."""
    edges = np.linspace(0, size, small + 1)[:, None]
    pixel = np.arange(size)
    overlap = np.minimum(edges[1:], pixel + 1) - np.maximum(edges[:-1], pixel)
    return (overlap.clip(0) * (small / size)).astype(np.float32)
