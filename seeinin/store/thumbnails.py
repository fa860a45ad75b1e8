"""Small pictures for galleries."""

import numpy as np
from numpy.typing import NDArray

from seeinin.store.format import thumbnail_size


def thumbnails(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """uint8 (n, h, w, c) to (n, h', w', c): averaged over areas, aspect kept, the longer side 64."""
    rows, columns = (_areas(*ends) for ends in zip(pixels.shape[1:3], thumbnail_size(*pixels.shape[1:3]), strict=True))
    small = np.empty((len(pixels), len(rows), len(columns), pixels.shape[3]), np.uint8)
    for image, out in zip(pixels, small, strict=True):
        narrow = np.tensordot(image.astype(np.float32), columns, (1, 1))  # h, c, w'
        out[...] = np.rint(np.tensordot(rows, narrow, (1, 0)).transpose(0, 2, 1)).clip(0, 255)
    return small


def _areas(size: int, small: int) -> NDArray[np.float32]:
    """The share (small, size) of each pixel in each of `small` equal stretches of the axis."""
    edges = np.linspace(0, size, small + 1)[:, None]
    pixel = np.arange(size)
    overlap = np.minimum(edges[1:], pixel + 1) - np.maximum(edges[:-1], pixel)
    return (overlap.clip(0) * (small / size)).astype(np.float32)
