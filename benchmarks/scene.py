"""What `render` and `cell` paint: plots of points in ten colours on 1000 × 1000 pixels, made alike in every process."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

SIZE = 1000
CLASSES = 10


@dataclass(frozen=True)
class Scene:
    """`side` × `side` plots of `points` points each; plot (row, column), rows from the bottom."""

    side: int
    points: int

    @property
    def plots(self) -> list[tuple[int, int]]:
        return [(row, column) for row in range(self.side) for column in range(self.side)]

    def channels(self, row: int, column: int) -> tuple[int, int]:
        """On x and on y: as in the matrix of the viewer, and two different ones where there is a single plot."""
        return column, row if self.side > 1 else 1

    @cached_property
    def label(self) -> NDArray[np.uint8]:
        """(P,) in 0..9."""
        return np.random.default_rng(0).integers(0, CLASSES, self.points, np.uint8)

    @cached_property
    def palette(self) -> NDArray[np.uint8]:
        """sRGB (10, 3)."""
        return np.random.default_rng(1).integers(80, 256, (CLASSES, 3), np.uint8)

    @cached_property
    def columns(self) -> NDArray[np.float32]:
        """Ten overlapping clusters, (D, P): float16 values in 0..1, which are the sides of a plot."""
        rng, channels = np.random.default_rng(2), max(self.side, 2)
        values = rng.standard_normal((channels, self.points), np.float32)
        for column, centres in zip(values, rng.normal(size=(channels, CLASSES)).astype(np.float32), strict=True):
            column += centres[self.label]
            low, high = column.min(), column.max()
            column -= low
            column *= np.float32(0.98) / (high - low)
            column += np.float32(0.01)
            column[:] = column.astype(np.float16)
            column[column * 8 % 1 == 0] += np.float32(2**-10)  # on the border of two pixels
        return values

    @property
    def x(self) -> NDArray[np.float32]:
        """Of all points of all plots, a plot being 1 × 1."""
        return np.concatenate([column + self.columns[self.channels(row, column)[0]] for row, column in self.plots])

    @property
    def y(self) -> NDArray[np.float32]:
        return np.concatenate([row + self.columns[self.channels(row, column)[1]] for row, column in self.plots])

    @property
    def slots(self) -> NDArray[np.uint8]:
        """Of all points of all plots, in 0..9."""
        return np.tile(self.label, self.side**2)

    @property
    def colours(self) -> NDArray[np.uint8]:
        """Likewise, sRGB (n, 3)."""
        return self.palette[self.slots]

    @property
    def lit(self) -> NDArray[np.bool_]:
        """The pixels that hold a point, worked out plainly: the oracle of ours."""
        lit, cell = np.zeros((SIZE, SIZE), bool), SIZE // self.side
        for row, column in self.plots:
            across, down = (self.columns[channel] * np.float64(cell) for channel in self.channels(row, column))
            y = np.floor(-down).astype(int) + SIZE - row * cell
            lit[y, np.floor(across).astype(int) + column * cell] = True
        return lit


def spread(lit: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The pixels and their neighbours: peers round a place to a pixel each in its own way."""
    padded = np.pad(lit, 1)
    return np.any([padded[y : y + SIZE, x : x + SIZE] for y in range(3) for x in range(3)], axis=0)


def same_dots(lit: NDArray[np.bool_], picture: NDArray[np.uint8]) -> bool:
    """Whether the picture has dots where `lit` has them, and nowhere else, give or take a pixel."""
    there = picture.any(axis=2)
    return bool((lit & ~spread(there)).sum() + (there & ~spread(lit)).sum() <= 0.001 * lit.sum())
