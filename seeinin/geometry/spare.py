"""Large arrays in memory that is used again: to touch fresh pages takes longer than what is done in them."""

import ctypes
import math
import weakref
from collections import defaultdict
from threading import RLock
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

LEAST = 1 << 20  # bytes of an array below which the allocator does as well
MOST = 1 << 28  # bytes that wait to be used again
STEP = 1 << 18  # sizes are rounded up to so many bytes, or windows that change theirs would never find any

_waiting: defaultdict[int, list[NDArray[np.uint8]]] = defaultdict(list)  # by size
_lock = RLock()  # memory may come back while some is being given


def empty(shape: int | tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """As numpy's: whatever the memory holds. It is given to somebody else when the last view of the array is gone."""
    kind = np.dtype(dtype)
    count = math.prod(shape) if isinstance(shape, tuple) else shape
    if count * kind.itemsize < LEAST:
        return np.empty(shape, kind)
    size = -(-count * kind.itemsize // STEP) * STEP
    block = _block(size)
    lease = (ctypes.c_char * size).from_buffer(block.data)  # what all views refer to, and nothing else
    weakref.finalize(lease, _give_back, size, block).atexit = False
    return np.frombuffer(memoryview(lease), kind, count).reshape(shape)


def full(shape: int | tuple[int, ...], value: float, dtype: DTypeLike) -> NDArray[Any]:
    """Likewise, filled with `value`."""
    array = empty(shape, dtype)
    array.fill(value)
    return array


def _block(size: int) -> NDArray[np.uint8]:
    with _lock:
        return _waiting[size].pop() if _waiting[size] else np.empty(size, np.uint8)


def _give_back(size: int, block: NDArray[np.uint8]) -> None:
    with _lock:
        if size + sum(each * len(blocks) for each, blocks in _waiting.items()) <= MOST:
            _waiting[size].append(block)
