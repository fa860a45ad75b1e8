"""How well the value of a channel tells two sets of points apart: exact ranks, ties included.

The points need not be sorted: a float16 has 65,536 codes, so counting them ranks any number of points in one pass.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.halves import TABLE, codes
from seeinin.geometry.jit import kernel

UNIT = 1 << 24  # points whose weights, up to 255 each, can be added up in half a word
ASCENDING = np.argsort(TABLE, kind="stable")[: np.count_nonzero(~np.isnan(TABLE))].astype(np.uint16)
"""The codes of all float16 values but the NaNs, in the order of their values; the two zeros side by side."""


def tally(column: NDArray[Any], weights: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Distinct values of a column, ascending (L), and how much of each of two sets of points has it (L, 2).

    column (P,) float16 or float32; weights (P, 2): how far each point belongs to either set. Infinities have a rank;
    NaNs, and points that belong to neither set, take no part.
    """
    if column.dtype != np.float16:
        return _sorted(column, weights)
    most = min(column.size, len(ASCENDING))
    values, counts = np.empty(most, np.float32), np.empty((most, 2), np.int64)
    found = _tally(codes(column), words_of(weights), UNIT, TABLE, ASCENDING, values, counts)
    return values[:found], counts[:found]


def auc(counts: NDArray[np.int64]) -> float:
    """The chance that a point of the second set has the larger value than one of the first, ties counting half.

    counts (L, 2) from `tally`. 0.5 where a set is empty.
    """
    first, second = counts[:, 0], counts[:, 1]
    pairs = float(first.sum()) * float(second.sum())
    below = np.cumsum(first) - first / 2
    return float((second * below).sum() / pairs) if pairs else 0.5


def average_precision(counts: NDArray[np.int64]) -> float:
    """Precision of the second set, averaged over the recall as the value falls (scikit-learn's definition, no
    interpolation); with `counts[::-1]` as it grows. 0 where the set is empty.
    """
    down = np.cumsum(counts[::-1], axis=0)
    found = down[-1, 1] if len(down) else 0
    if not found:
        return 0.0
    return float((counts[::-1, 1] / found * (down[:, 1] / down.sum(axis=1))).sum())


def _sorted(column: NDArray[Any], weights: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """float32, by sorting 64-bit words: the value in an order-preserving form, and behind it both weights."""
    bits = (column + np.float32(0)).view(np.uint32)  # a negative zero becomes a zero
    keys = bits ^ np.where(bits >> 31, np.uint32(0xFFFFFFFF), np.uint32(0x80000000))
    both = words_of(weights).byteswap()  # the second set in the lower byte
    words = (keys.astype(np.uint64) << 16 | both)[~np.isnan(column) & (both > 0)]
    words.sort()
    keys = (words >> 16).astype(np.uint32)
    starts = np.flatnonzero(np.diff(keys, prepend=~keys[:1]))
    pairs = np.stack([words >> 8 & 0xFF, words & 0xFF], axis=1).astype(np.int64)
    bits = keys[starts] ^ np.where(keys[starts] >> 31, np.uint32(0x80000000), np.uint32(0xFFFFFFFF))
    return bits.view(np.float32), np.add.reduceat(pairs, starts, axis=0) if len(starts) else pairs


def words_of(weights: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Both weights of each point as one word (P,)."""
    return np.ascontiguousarray(weights).view(np.uint16).reshape(-1)


@kernel
def unpacked(word):  # type: ignore[no-untyped-def]
    """Both weights as the halves of a uint64, so that one addition adds up both."""
    word = np.uint64(word)
    return (word & np.uint64(0xFF)) | (word >> np.uint64(8) << np.uint64(32))


@kernel
def _tally(codes, words, unit, table, ascending, values, counts):  # type: ignore[no-untyped-def]
    sums = np.zeros((table.size, 2), np.int64) if codes.size > unit else np.empty((0, 2), np.int64)
    for start in range(0, codes.size, unit):
        both = np.zeros(table.size, np.uint64)
        for p in range(start, min(start + unit, codes.size)):
            both[codes[p]] += unpacked(words[p])
        if len(sums) > 0:
            for code in range(table.size):
                sums[code, 0] += both[code] & np.uint64(0xFFFFFFFF)
                sums[code, 1] += both[code] >> np.uint64(32)
    found = 0
    for code in ascending if codes.size > 0 else ascending[:0]:
        if len(sums) > 0:
            first, second = sums[code, 0], sums[code, 1]
        else:
            first, second = np.int64(both[code] & np.uint64(0xFFFFFFFF)), np.int64(both[code] >> np.uint64(32))
        if first + second > 0:
            if found > 0 and values[found - 1] == table[code]:  # the other zero
                found -= 1
                first, second = first + counts[found, 0], second + counts[found, 1]
            values[found], counts[found, 0], counts[found, 1] = table[code], first, second
            found += 1
    return found
