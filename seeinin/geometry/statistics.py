"""What is known of a channel without looking at its points: exact, for any number of points, in little memory.

A column is read in pieces, in order. Its values are not kept but counted: by their 65,536 possible codes (float16), or
by the upper half of their bits and, the second time, by the lower half where a quantile falls (float32).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from seeinin.geometry.halves import TABLE, decode

CODES = len(TABLE)
SIGN = CODES // 2  # codes from here on are below zero

Pieces = Callable[[], Iterable[NDArray[Any]]]


@dataclass(frozen=True, slots=True)
class Images:
    """What the statistics know of the images: int32 label (N), -1 where there is none, of `classes`; bool valid (N)."""

    label: NDArray[np.int32]
    valid: NDArray[np.bool_]
    classes: int

    @property
    def counts(self) -> NDArray[np.int64]:
        """Valid images of each class (K)."""
        return np.bincount(self.label[self.valid & (self.label >= 0)], minlength=self.classes)


@dataclass(frozen=True, slots=True)
class ChannelStatistics:
    """Of the finite values of valid images. NaN where there is none; `top` and `bottom` end in -1 where images lack."""

    minimum: float
    maximum: float
    mean: float
    std: float
    quantiles: NDArray[np.float64]  # (L)
    nonfinite: int
    class_mean: NDArray[np.float32]  # (K, positions), or (K, 1) averaged over positions
    top: NDArray[np.int64]  # (n) points, the largest first: the best point of each of n different images
    bottom: NDArray[np.int64]  # (n) likewise, the smallest first


class _Tally(NamedTuple):
    """What one pass over a column counts, and adds up strictly in the order of the points."""

    histogram: NDArray[np.int64]  # (65,536) of the codes, or of the upper halves
    total: NDArray[np.float64]  # (1)
    nonfinite: NDArray[np.int64]  # (1)
    most: NDArray[np.float32]  # (N) the largest value of each image, and its point; -1 where there is none
    most_point: NDArray[np.int64]
    least: NDArray[np.float32]
    least_point: NDArray[np.int64]
    sums: NDArray[np.float64]  # (K, positions or 1)
    missing: NDArray[np.int64]  # likewise: values that are not finite


def channel_statistics(
    pieces: Pieces, images: Images, *, positions: int, per_position: bool, levels: Sequence[float], extremes: int
) -> ChannelStatistics:
    """The statistics of one channel. `pieces()` gives its column from the first row on, each (rows, positions) in
    float16 or float32; float32 is asked for twice. The result depends on neither the pieces nor any threads.
    """
    tally, dtype = _count(pieces, images, positions if per_position else 1)
    codes = _ascending(np.flatnonzero(tally.histogram > 0))
    counts = tally.histogram[codes]
    count = int(counts.sum())
    places = np.array([0, *levels, 1]) * (count - 1)  # between two ranks, as in numpy's linear method
    ranks = np.stack([np.floor(places), np.ceil(places)]).astype(np.int64)
    if not count:
        mean, std, around = np.nan, np.nan, np.full(ranks.shape, np.nan)
    elif dtype == np.float16:
        values = TABLE[codes].astype(np.float64)
        mean = (counts * values).sum() / count
        std = np.sqrt((counts * (values - mean) ** 2).sum() / count)
        around = values[_bins(counts, ranks)]
    else:
        mean = tally.total[0] / count
        std, around = _closer(pieces, images.valid, codes, counts, mean, ranks)
    minimum, *quantiles, maximum = _between(around[0], around[1], places % 1)
    finite = images.counts[:, None] * (1 if per_position else positions) - tally.missing
    with np.errstate(invalid="ignore"):
        class_mean = (tally.sums / finite).astype(np.float32)
    return ChannelStatistics(
        minimum,
        maximum,
        float(mean),
        float(std),
        np.array(quantiles),
        int(tally.nonfinite[0]),
        class_mean,
        top=_first(-tally.most, tally.most_point, extremes),
        bottom=_first(tally.least, tally.least_point, extremes),
    )


def _count(pieces: Pieces, images: Images, positions: int) -> tuple[_Tally, np.dtype[Any]]:
    rows, table = len(images.label), (images.classes, positions)
    tally = _Tally(
        np.zeros(CODES, np.int64),
        np.zeros(1),
        np.zeros(1, np.int64),
        np.full(rows, -np.inf, np.float32),
        np.full(rows, -1),
        np.full(rows, np.inf, np.float32),
        np.full(rows, -1),
        np.zeros(table),
        np.zeros(table, np.int64),
    )
    start = 0
    for piece in pieces():
        scan(*_bits(piece), decode(piece), images.label, images.valid, start, *tally)
        start += len(piece)
    return tally, piece.dtype


def _bits(piece: NDArray[Any]) -> tuple[NDArray[Any], int]:
    """The bits of a piece, and how far to the right its codes lie."""
    return (piece.view(np.uint16), 0) if piece.dtype == np.float16 else (piece.view(np.uint32), 16)


def _ascending(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Ascending codes in the order of their values: sign and magnitude, in float16 as in the upper half of float32."""
    negative = codes >= SIGN
    return np.concatenate([codes[negative][::-1], codes[~negative]])


def _bins(counts: NDArray[np.int64], ranks: NDArray[np.int64]) -> NDArray[np.int64]:
    """The bin in which the value of each rank lies."""
    return np.searchsorted(np.cumsum(counts), ranks, side="right")


def _closer(
    pieces: Pieces,
    valid: NDArray[np.bool_],
    codes: NDArray[np.int64],
    counts: NDArray[np.int64],
    mean: float,
    ranks: NDArray[np.int64],
) -> tuple[float, NDArray[np.float64]]:
    """A second pass over float32: the standard deviation, and the values at `ranks` to their last bit."""
    bins = _bins(counts, ranks)
    wanted = np.unique(bins)
    slot_of = np.full(CODES, -1, np.int16)
    slot_of[codes[wanted]] = np.arange(len(wanted))
    lower, squares, start = np.zeros((len(wanted), CODES), np.int64), np.zeros(1), 0
    for piece in pieces():
        scan_closer(piece.view(np.uint32), piece, valid, start, mean, slot_of, lower, squares)
        start += len(piece)
    before = np.cumsum(counts) - counts
    values = np.empty(ranks.shape)
    for at, bin_ in np.ndenumerate(bins):
        upper = codes[bin_]
        step = 1 if upper < SIGN else -1  # below zero, the larger the bits the smaller the value
        low = _bins(lower[slot_of[upper]][::step], ranks[at] - before[bin_])
        values[at] = np.uint32(upper << 16 | (low if step > 0 else CODES - 1 - low)).view(np.float32)
    return np.sqrt(squares[0] / counts.sum()), values


def _between(low: NDArray[np.float64], high: NDArray[np.float64], share: NDArray[np.float64]) -> list[float]:
    """numpy's linear method, its rounding included."""
    step = high - low
    between: list[float] = np.where(share < 0.5, low + step * share, high - step * (1 - share)).tolist()
    return between


def _first(values: NDArray[np.float32], points: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """The points of the `count` smallest values, the lower point first among equals; -1 where there are not so many."""
    first = np.full(count, -1)
    values, points = values[points >= 0], points[points >= 0]
    count = min(count, len(values))
    if count:
        limit = np.partition(values, count - 1)[count - 1]
        near = np.flatnonzero(values <= limit)
        order = near[np.lexsort((points[near], values[near]))]
        first[:count] = points[order[:count]]
    return first


@njit(nogil=True, cache=True)
def scan(  # type: ignore[no-untyped-def]
    bits,
    shift,
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
    """Count the rows from `start` on: `bits` and float32 `values`, both (rows, positions)."""
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
            histogram[bits[i, j] >> shift] += 1
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


@njit(nogil=True, cache=True)
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
