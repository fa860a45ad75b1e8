"""The pixels of a whole column along one axis."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.axis import Axis
from seeinin.geometry.halves import TABLE, codes, decode, look_up
from seeinin.geometry.jit import kernel

OUTSIDE = -1  # beyond the frame
NO_NUMBER = -2  # NaN: drawn nowhere
TABLE_PAYS = 100_000  # points of a column from which looking a pixel up beats working it out, table included


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


class Binned:
    """A column on its way to pixels, with a table of them where it is long enough to pay for one."""

    def __init__(self, column: Any, axis: Axis, size: int) -> None:
        self.column, self.axis, self.size = column, axis, size
        long = column.dtype == np.float16 and column.size > TABLE_PAYS
        self.table = axis_table(axis, size) if long else None

    def bin(self, start: int, stop: int, out: NDArray[np.int16]) -> NDArray[np.int16]:
        """Pixels of the points [start, stop), at the front of `out`."""
        return bin_column(self.column[start:stop], self.axis, self.size, out[: stop - start], self.table)


@kernel
def _bin(values, scale, offset, first, last, size, out):  # type: ignore[no-untyped-def]
    for p in range(values.size):  # without a branch, so that it runs eight values at a time
        value = values[p]
        place = min(max(np.floor(np.float64(value) * scale + offset), np.float64(first)), np.float64(last))
        pixel = np.int64(place) if 0 <= place < size else OUTSIDE
        out[p] = pixel if value == value else NO_NUMBER
