"""What the value of a channel, or of two together, says about a class or a selection: mutual information in bits.

Values are sorted into bins, and the estimate from the counts is corrected for their number (Miller and Madow, 1955):
half a natural unit per occupied bin and point, without which many bins over few points always seem to tell a lot.
Points are counted as if they were independent, also the neighbours within one map.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.halves import TABLE, codes, look_up
from seeinin.geometry.jit import kernel
from seeinin.geometry.ranking import ASCENDING, UNIT, unpacked, words_of

LANES = 4  # neighbours often share a cell, and an addition to it would wait for the one before


def equal_counts(values: NDArray[np.float32], counts: NDArray[np.int64], bins: int) -> NDArray[np.float64]:
    """Lower edges of at most `bins` bins of equal count; equal values share one, and the one with the most lower ranks.

    values ascending and distinct (L), with their counts (L): a value of rank r (from 0) of n lies in bin r·bins // n.
    """
    if not len(values):
        return np.zeros(1)
    below = np.cumsum(counts) - counts
    place = below * bins // max(int(counts.sum()), 1)
    return values[np.flatnonzero(np.diff(place, prepend=-1))].astype(np.float64)


def equal_widths(low: float, high: float, bins: int) -> NDArray[np.float64]:
    """Lower edges of `bins` bins of equal width over [low, high]; the outer ones take what lies beyond."""
    return low + (high - low) * np.arange(bins) / bins


def bins_of(column: NDArray[Any], edges: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The bin of each value (P,), from ascending lower edges, at most 255; a NaN has the bin after the last."""
    if column.dtype == np.float16:
        out = np.empty(column.size, np.uint8)
        look_up(_table(TABLE, ASCENDING, edges), codes(column), out)
        return out
    out = np.searchsorted(edges[1:], column, side="right").astype(np.uint8)
    out[np.isnan(column)] = len(edges)
    return out


def class_counts(bins: NDArray[np.uint8], label: NDArray[np.int32], size: int, classes: int) -> NDArray[np.int64]:
    """Points of each bin and class (size, classes); bins (P,), label (N): each of P // N points, -1 for none."""
    counts = np.zeros((size, classes), np.int64)
    _count_classes(bins.reshape(len(label), -1), label, counts)
    return counts


def pair_counts(a: NDArray[np.uint8], b: NDArray[np.uint8], size: int, weights: NDArray[np.uint8]) -> NDArray[np.int64]:
    """How much of each of two sets of points lies in each of size × size cells, (size, size, 2).

    a and b are the bins of two channels (P,), no larger than `size`, which is that of points that lie nowhere; weights
    (P, 2) how far each point belongs to either set.
    """
    counts = np.empty((size * size, 2), np.int64)
    _count_pairs(a, b, words_of(weights), size, _lanes(size), counts)
    return counts.reshape(size, size, 2)


def information(counts: NDArray[np.int64], whole: int = 1) -> float:
    """Mutual information, in bits, of the two sides of a table of counts (B, K), corrected; not below 0.

    A point counts `whole`, so that the correction knows how many there are.
    """
    return float(_information(np.ascontiguousarray(counts), float(whole)))


def pair_information(
    bins: NDArray[np.uint8], row: int, columns: NDArray[np.int64], size: int, weights: NDArray[np.uint8], whole: int
) -> NDArray[np.float64]:
    """`information` of the `pair_counts` of one channel of bins (D, P) with each of others, (len(columns))."""
    out = np.empty(len(columns))
    _inform(bins, row, columns, size, words_of(weights), float(whole), _lanes(size), out)
    return out


def _lanes(size: int) -> NDArray[np.uint64]:
    return np.zeros((LANES, (size + 1) ** 2), np.uint64)


@kernel
def _table(table, ascending, edges):  # type: ignore[no-untyped-def]
    """The bin of every code: along the values in their order the bins only grow."""
    bins, bin_ = np.full(table.size, edges.size, np.uint8), 0
    for code in ascending:
        while bin_ + 1 < edges.size and edges[bin_ + 1] <= table[code]:
            bin_ += 1
        bins[code] = bin_
    return bins


@kernel
def _count_classes(bins, label, counts):  # type: ignore[no-untyped-def]
    for i in range(label.size):
        if label[i] >= 0:
            for j in range(bins.shape[1]):
                if bins[i, j] < counts.shape[0]:
                    counts[bins[i, j], label[i]] += 1


@kernel
def _count_pairs(a, b, words, size, lanes, counts):  # type: ignore[no-untyped-def]
    """`lanes` are zero before and after."""
    counts[:] = 0
    side = np.uint64(size + 1)
    for start in range(0, a.size, UNIT):
        stop = min(start + UNIT, a.size)
        whole = stop - (stop - start) % LANES
        for first in range(start, whole, LANES):
            for lane in range(LANES):  # unrolled
                p = np.uint64(first + lane)
                lanes[np.uint64(lane), np.uint64(a[p]) * side + np.uint64(b[p])] += unpacked(words[p])
        for last in range(whole, stop):
            lanes[0, np.uint64(a[last]) * side + np.uint64(b[last])] += unpacked(words[last])
        for y in range(size):
            for x in range(size):
                both = np.uint64(0)
                for lane in range(LANES):
                    both += lanes[lane, y * (size + 1) + x]
                counts[y * size + x, 0] += both & np.uint64(0xFFFFFFFF)
                counts[y * size + x, 1] += both >> np.uint64(32)
        lanes[:] = 0


@kernel
def _inform(bins, row, columns, size, words, whole, lanes, out):  # type: ignore[no-untyped-def]
    counts = np.empty((size * size, 2), np.int64)
    for k in range(columns.size):
        _count_pairs(bins[row], bins[columns[k]], words, size, lanes, counts)
        out[k] = _information(counts, whole)


@kernel
def _information(counts, whole):  # type: ignore[no-untyped-def]
    """Σ n log n over the table, less that over its margins: entropies without a division for every entry."""
    total, inner, outer, occupied = 0.0, 0.0, 0.0, 0
    columns = np.zeros(counts.shape[1])
    for b in range(counts.shape[0]):
        row, entries = 0.0, 0
        for k in range(counts.shape[1]):
            n = counts[b, k] / whole
            columns[k] += n
            row += n
            entries += counts[b, k] > 0
        total += row
        if entries > 1:  # a lone entry is its own margin, and adds nothing
            occupied += entries - 1
            outer += row * np.log(row)
            for k in range(counts.shape[1]):
                if counts[b, k] > 0:
                    inner += counts[b, k] / whole * np.log(counts[b, k] / whole)
    for n in columns:
        if n > 0:
            outer += n * np.log(n)
            occupied -= 1
    if total == 0:
        return 0.0
    plain = (inner - outer) / total + np.log(total)
    return max((plain - (occupied + 1) / (2 * total)) / np.log(2), 0.0)
