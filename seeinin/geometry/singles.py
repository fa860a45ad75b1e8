"""A channel in float32, counted in two passes: by the upper halves of its bits, then by the lower where it matters."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.jit import kernel

HALVES = 65_536  # values of half the bits
SIGN = HALVES // 2  # upper halves from here on are below zero

Pieces = Callable[[], Iterable[NDArray[np.float32]]]


class Singles(NamedTuple):
    """What the first pass counts, and adds up strictly in the order of the points."""

    histogram: NDArray[np.int64]  # (65,536) of the upper halves of finite values
    total: NDArray[np.float64]  # (1)
    nonfinite: NDArray[np.int64]  # (1)
    most: NDArray[np.float32]  # (N) the largest value of each image, and its point; -1 where there is none
    most_point: NDArray[np.int64]
    least: NDArray[np.float32]
    least_point: NDArray[np.int64]
    sums: NDArray[np.float64]  # (K, positions or 1)
    missing: NDArray[np.int64]  # likewise: values that are not finite


def count(pieces: Pieces, label: NDArray[np.int32], valid: NDArray[np.bool_], sums: tuple[int, int]) -> Singles:
    """The first pass; `sums` are classes and the positions that are averaged apart."""
    rows = len(label)
    tally = Singles(
        np.zeros(HALVES, np.int64),
        np.zeros(1),
        np.zeros(1, np.int64),
        np.full(rows, -np.inf, np.float32),
        np.full(rows, -1),
        np.full(rows, np.inf, np.float32),
        np.full(rows, -1),
        np.zeros(sums),
        np.zeros(sums, np.int64),
    )
    start = 0
    for piece in pieces():
        scan(piece.view(np.uint32), piece, label, valid, start, *tally)
        start += len(piece)
    return tally


def ascending(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Ascending upper halves in the order of their values: sign and magnitude."""
    negative = codes >= SIGN
    return np.concatenate([codes[negative][::-1], codes[~negative]])


def bin_of(counts: NDArray[np.int64], ranks: NDArray[np.int64]) -> NDArray[np.int64]:
    """The bin in which the value of each rank lies."""
    return np.searchsorted(np.cumsum(counts), ranks, side="right")


def closer(
    pieces: Pieces,
    valid: NDArray[np.bool_],
    codes: NDArray[np.int64],
    counts: NDArray[np.int64],
    mean: float,
    ranks: NDArray[np.int64],
) -> tuple[float, NDArray[np.float64]]:
    """A second pass over float32: the standard deviation, and the values at `ranks` to their last bit."""
    bins = bin_of(counts, ranks)
    wanted = np.unique(bins)
    slot_of = np.full(HALVES, -1, np.int16)
    slot_of[codes[wanted]] = np.arange(len(wanted))
    lower, squares, start = np.zeros((len(wanted), HALVES), np.int64), np.zeros(1), 0
    for piece in pieces():
        scan_closer(piece.view(np.uint32), piece, valid, start, mean, slot_of, lower, squares)
        start += len(piece)
    before = np.cumsum(counts) - counts
    values = np.empty(ranks.shape)
    for at, bin_ in np.ndenumerate(bins):
        upper = codes[bin_]
        step = 1 if upper < SIGN else -1  # below zero, the larger the bits the smaller the value
        low = bin_of(lower[slot_of[upper]][::step], ranks[at] - before[bin_])
        values[at] = np.uint32(upper << 16 | (low if step > 0 else HALVES - 1 - low)).view(np.float32)
    return np.sqrt(squares[0] / counts.sum()), values


def first(values: NDArray[np.float32], points: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """The points of the `count` smallest values, the lower point first among equals; -1 where there are not so many."""
    found = np.full(count, -1)
    values, points = values[points >= 0], points[points >= 0]
    count = min(count, len(values))
    if count:
        limit = np.partition(values, count - 1)[count - 1]
        near = np.flatnonzero(values <= limit)
        order = near[np.lexsort((points[near], values[near]))]
        found[:count] = points[order[:count]]
    return found


@kernel
def scan(  # type: ignore[no-untyped-def]
    bits,
    values,
    label,
    valid,
    start,
    histogram,
    total,
    nonfinite,
    most,
    most_point,
    least,
    least_point,
    sums,
    missing,
):
    """Count the rows from `start` on: `bits` and `values`, both (rows, positions)."""
    rows, positions = values.shape
    step = 0 if sums.shape[1] < positions else 1
    added, lost = total[0], 0
    for i in range(rows):
        row = start + i
        if not valid[row]:
            continue
        k = label[row]
        high, low, high_at, low_at = most[row], least[row], -1, -1
        for j in range(positions):
            value = values[i, j]
            if not np.isfinite(value):
                lost += 1
                if k >= 0:
                    missing[k, j * step] += 1
                continue
            histogram[bits[i, j] >> 16] += 1
            added += value
            if value > high:
                high, high_at = value, j
            if value < low:
                low, low_at = value, j
            if k >= 0:
                sums[k, j * step] += value
        if high_at >= 0:
            most[row], most_point[row] = high, row * positions + high_at
            least[row], least_point[row] = low, row * positions + low_at
    total[0] = added
    nonfinite[0] += lost


@kernel
def scan_closer(bits, values, valid, start, mean, slot_of, lower, squares):  # type: ignore[no-untyped-def]
    """Count the lower halves of values whose upper half has a slot, and add up squared distances from the mean."""
    rows, positions = values.shape
    total = squares[0]
    for i in range(rows):
        if not valid[start + i]:
            continue
        for j in range(positions):
            if not np.isfinite(values[i, j]):
                continue
            total += (values[i, j] - mean) ** 2
            slot = slot_of[bits[i, j] >> 16]
            if slot >= 0:
                lower[slot, bits[i, j] & 0xFFFF] += 1
    squares[0] = total
