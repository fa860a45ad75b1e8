"""float16 as the CPU can read it fast: codes (uint16) looked up in a table of all 65,536 values."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.jit import kernel

TABLE: NDArray[np.float32] = np.arange(65536, dtype=np.uint16).view(np.float16).astype(np.float32)

INFINITE = np.int16(0x7C00)  # the code of infinity; larger ones are no numbers


def codes(column: NDArray[np.float16]) -> NDArray[np.uint16]:
    """The same memory as uint16 codes, which numba can read (it knows no float16 on the CPU)."""
    return column.view(np.uint16)


def decode(column: NDArray[Any], out: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """float16 values as float32, of any shape; float32 is returned as it is (or copied into `out`)."""
    if column.dtype == np.float32:
        if out is None:
            return column
        out[...] = column
        return out
    if out is None:
        out = np.empty(column.shape, np.float32)
    look_up(TABLE, np.ascontiguousarray(column).view(np.uint16).reshape(-1), out.reshape(-1))
    return out


def all_finite(values: NDArray[np.float16]) -> bool:
    """Whether none of the values, contiguous, is infinite or no number."""
    return bool(largest_magnitude(values.reshape(-1).view(np.int16)) < INFINITE)


@kernel
def largest_magnitude(codes):  # type: ignore[no-untyped-def]
    """The largest code without its sign."""
    largest = np.int16(0)
    for p in range(codes.size):
        largest = max(largest, np.int16(codes[p] & np.int16(0x7FFF)))
    return largest


@kernel
def look_up(table, codes, out):  # type: ignore[no-untyped-def]
    """out[p] = table[codes[p]]; a table has an entry for each of the 65,536 codes."""
    for p in range(codes.size):
        out[p] = table[codes[p]]
