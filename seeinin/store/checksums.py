"""CRC32 of what is stored, in pieces small enough to be checked as they are read.

zlib-ng's is zlib's, ten times as fast: every byte of maps has its CRC32 taken twice, and every byte of columns once.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from zlib_ng.zlib_ng import crc32


def checksum(array: NDArray[Any], before: int = 0) -> int:
    """The CRC32 of an array's bytes, going on from `before`."""
    return crc32(_bytes(array), before)


def piece_checksums(array: NDArray[Any], piece: int) -> NDArray[np.uint32]:
    """A CRC32 for every `piece` entries of the first axis."""
    data, size = _bytes(array), piece * array[:1].nbytes
    starts = range(0, len(data), size)
    return np.fromiter((crc32(data[start : start + size]) for start in starts), np.uint32, len(starts))


def text_checksum(*text: str) -> int:
    """The CRC32 of strings. HDF5 keeps those of variable length, as attributes are, where it checks nothing."""
    return crc32("\0".join(text).encode(errors="backslashreplace"))


def _bytes(array: NDArray[Any]) -> memoryview:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
