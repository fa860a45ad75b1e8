"""CRC32 of what is stored, in pieces small enough to be checked as they are read."""

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray


def checksum(array: NDArray[Any], before: int = 0) -> int:
    """The CRC32 of an array's bytes, going on from `before`."""
    return zlib.crc32(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data, before)


def piece_checksums(array: NDArray[Any], piece: int) -> NDArray[np.uint32]:
    """A CRC32 for every `piece` entries of the first axis."""
    starts = range(0, len(array), piece)
    return np.fromiter((checksum(array[start : start + piece]) for start in starts), np.uint32, len(starts))
