"""Selections carried from layer to layer: by place, or by image."""

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.jit import kernel


def home_map(home_from: NDArray[np.int32], home_to: NDArray[np.int32]) -> NDArray[np.int32]:
    """Along one axis: for each position of the layer carried *to*, the position of the layer carried *from* whose home
    contains the centre of its home, or -1.

    home_from (H1, 2), home_to (H2, 2): first and last input row of each home. Of several that contain it, the one whose
    own centre is nearest (homes overlap where a layer enlarges).
    """
    centre = home_to.mean(axis=1)[:, None]  # (H2, 1)
    inside = (home_from[:, 0] - 0.5 <= centre) & (centre <= home_from[:, 1] + 0.5)  # (H2, H1), a pixel is one wide
    distance = np.where(inside, np.abs(home_from.mean(axis=1) - centre), np.inf)
    return np.where(inside.any(axis=1), distance.argmin(axis=1), -1).astype(np.int32)


def by_place(
    strength: NDArray[np.uint8], shape: tuple[int, int], rows: NDArray[np.int32], columns: NDArray[np.int32]
) -> NDArray[np.uint8]:
    """Strength of every point of another layer: that of the point of this layer in whose home it lies.

    strength (N · H1 · W1) with `shape` (H1, W1); rows (H2) and columns (W2) from `home_map`. Returns (N · H2 · W2).
    """
    images = strength.size // (shape[0] * shape[1])
    out = np.empty((images, rows.size, columns.size), np.uint8)
    _gather(strength.reshape(images, *shape), rows, columns, out)
    return out.reshape(-1)


def share_of_images(strength: NDArray[np.uint8], positions: int) -> NDArray[np.uint8]:
    """Strength (N · positions) of points -> (N): the share of each image that is selected, 255 for all of it and never
    less than 1 where any of it is."""
    out = np.empty(strength.size // positions, np.uint8)
    _average(strength.reshape(-1, positions), out)
    return out


@kernel
def _gather(strength, rows, columns, out):  # type: ignore[no-untyped-def]
    for i in range(out.shape[0]):
        for y in range(rows.size):
            for x in range(columns.size):
                known = rows[y] >= 0 and columns[x] >= 0
                out[i, y, x] = strength[i, rows[y], columns[x]] if known else 0


@kernel
def _average(strength, out):  # type: ignore[no-untyped-def]
    positions = strength.shape[1]
    for i in range(out.size):
        total = np.int64(0)
        for p in range(positions):
            total += strength[i, p]
        mean = (total + positions // 2) // positions
        out[i] = max(mean, 1) if total > 0 else 0
