"""From the values of a channel to the pixels of the frame, along one axis."""

from dataclasses import dataclass
from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.halves import TABLE, codes, decode, look_up
from seeinin.geometry.jit import kernel

OUTSIDE = -1  # beyond the frame
NO_NUMBER = -2  # NaN: drawn nowhere
FAR = 1e12  # pixels beyond which it does not matter where a value lies
TABLE_PAYS = 100_000  # points of a column from which looking a pixel up beats working it out, table included


@dataclass(frozen=True, slots=True)
class Axis:
    """pixel = floor(value * scale + offset), in whole-frame pixels (y down, so `scale` is negative along y).

    Values below `low` or above `high` are drawn on the pixel of `low` or `high`. The pixel of `high` is the last one
    that the range covers: a range that ends where a cell ends keeps its edge marks inside the cell.
    """

    scale: float
    offset: float
    low: float
    high: float

    def __post_init__(self) -> None:
        if self.scale == 0 or not self.low <= self.high:
            raise ValueError(f"not an axis: {self}")

    @property
    def span(self) -> tuple[int, int]:
        """First and last pixel of the range [low, high]."""
        ends = sorted(value * self.scale + self.offset for value in (self.low, self.high))
        start, end = (min(max(place, -FAR), FAR) for place in ends)
        return floor(start), max(floor(start), ceil(end) - 1)

    def value(self, pixel: float) -> float:
        """The value at a place in the frame (pixel + 0.5 for the centre of a pixel)."""
        return (pixel - self.offset) / self.scale


def axis_table(axis: Axis, size: int) -> NDArray[np.int16]:
    """Pixel of every float16 code, int16 (65536): OUTSIDE [0, size) or NO_NUMBER are negative."""
    return bin_column(TABLE, axis, size, np.empty(65536, np.int16))


def bin_column(
    column: NDArray[Any],
    axis: Axis,
    size: int,
    out: NDArray[np.int16],
    table: NDArray[np.int16] | None = None,
) -> NDArray[np.int16]:
    """Pixel of every value of a float16 or float32 column (P,) into `out` (P,); exact, worked out in float64.

    `table` (from `axis_table`) saves the arithmetic for long float16 columns.
    """
    first, last = axis.span
    if table is not None and column.dtype == np.float16:
        look_up(table, codes(column), out)
    else:
        _bin(decode(column), float(axis.scale), float(axis.offset), first, last, size, out)
    return out


@kernel
def _bin(values, scale, offset, first, last, size, out):  # type: ignore[no-untyped-def]
    for p in range(values.size):  # without a branch, so that it runs eight values at a time
        value = values[p]
        place = min(max(np.floor(np.float64(value) * scale + offset), np.float64(first)), np.float64(last))
        pixel = np.int64(place) if 0 <= place < size else OUTSIDE
        out[p] = pixel if value == value else NO_NUMBER
