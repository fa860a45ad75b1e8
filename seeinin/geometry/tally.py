"""Channels in float16, counted row by row as their values come by."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.halves import INFINITE, TABLE
from seeinin.geometry.jit import kernel

CODES = len(TABLE)
LEAST = np.int16(-0x8000)  # below every key


class Tally:
    """What is known of the rows of C channels that were added, in order. `label` (N, -1 for none) and `valid` (N) are
    of all rows. `mean`, `std` and `around`, the two values around each of the `levels`, come with the last of them.
    """

    def __init__(
        self,
        label: NDArray[np.int32],
        valid: NDArray[np.bool_],
        sums: tuple[int, int, int],
        positions: int,
        levels: Sequence[float],
        extremes: int,
        histograms: NDArray[np.int64],
    ) -> None:
        channels = sums[0]
        self._label, self._valid, self._levels = label, valid, np.array(levels)
        # of finite values, by their codes: one a channel, or one for all where their rows come at once
        self.histograms = histograms
        self.sums = np.zeros(sums)  # of finite values, by channel, class and position; or (C, K, 1)
        self.missing = np.zeros(sums, np.int64)  # values that are not finite, likewise
        self.nonfinite = np.zeros(channels, np.int64)
        shape = channels, extremes
        self.top, self.bottom = (np.full(shape, -1) for _ in range(2))  # the best points, one an image; -1 for none
        self._highest, self._lowest = (np.full(shape, LEAST) for _ in range(2))  # their keys, of `bottom` opposite
        self.mean, self.std = (np.full(channels, np.nan) for _ in range(2))
        self.around = np.full((channels, 2, len(levels)), np.nan)
        self._keys = np.empty(positions, np.int16)

    def add(self, rows: NDArray[np.float16], start: int) -> None:
        """Count `rows` (C, n, positions), the first of which is row `start`."""
        sums = self.histograms, self.sums, self.missing, self.nonfinite
        best = self._highest, self.top, self._lowest, self.bottom
        images = self._label, self._valid, start, TABLE
        add(rows.view(np.int16), *images, *sums, *best, self._keys, self._levels, self.mean, self.std, self.around)


@kernel
def add(  # type: ignore[no-untyped-def]
    codes,
    label,
    valid,
    start,
    table,
    histograms,
    sums,
    missing,
    nonfinite,
    highest,
    top,
    lowest,
    bottom,
    keys,
    levels,
    mean,
    std,
    around,
):
    """Count rows of `codes` (C, n, positions), and with the last of them put into order what was counted."""
    for c in range(codes.shape[0]):
        histogram, best = histograms[c % histograms.shape[0]], (highest[c], top[c], lowest[c], bottom[c])
        lost = nonfinite[c : c + 1]
        count(codes[c], label, valid, start, table, histogram, sums[c], missing[c], lost, *best, keys)
        if start + codes.shape[1] == valid.size and highest[c, 0] != LEAST:
            mean[c], std[c] = moments(histogram, table, highest[c, 0], lowest[c, 0], levels, around[c])


@kernel
def count(  # type: ignore[no-untyped-def]
    codes,
    label,
    valid,
    start,
    table,
    histogram,
    sums,
    missing,
    nonfinite,
    highest,
    top,
    lowest,
    bottom,
    keys,
):
    """Add rows of `codes` (n, positions) to all that comes behind `table`. No row is sliced: that would cost more than
    to count it.
    """
    step = 0 if sums.shape[1] < codes.shape[1] else 1
    for i in range(codes.shape[0]):
        row = start + i
        if not valid[row]:
            continue
        odd = order(codes, i, keys)
        largest, smallest = ends(keys, odd)
        if largest > highest[-1]:
            enter(highest, top, largest, keys, largest, row)
        if largest != LEAST and -smallest > lowest[-1]:
            enter(lowest, bottom, np.int16(-smallest), keys, smallest, row)
        k = label[row]
        if odd:
            count_odd(codes, i, k, step, table, histogram, sums, missing, nonfinite)
        elif k < 0:
            for j in range(codes.shape[1]):
                histogram[np.uint16(codes[i, j])] += 1
        else:
            for j in range(codes.shape[1]):
                code = np.uint16(codes[i, j])
                histogram[code] += 1
                sums[k, j * step] += table[code]


@kernel
def order(codes, i, keys):  # type: ignore[no-untyped-def]
    """Whole numbers in the order of a row's values, LEAST for what is not finite; returns whether anything is not."""
    most = np.int16(0)
    for j in range(keys.size):
        magnitude = np.int16(codes[i, j] & np.int16(0x7FFF))
        most = max(most, magnitude)
        keys[j] = np.int16(-magnitude) if codes[i, j] < 0 else magnitude
    if most < INFINITE:
        return False
    for j in range(keys.size):
        if np.int16(codes[i, j] & np.int16(0x7FFF)) >= INFINITE:
            keys[j] = LEAST
    return True


@kernel
def ends(keys, odd):  # type: ignore[no-untyped-def]
    """The largest key and the smallest that is not LEAST, if there is any."""
    largest, smallest = keys[0], keys[0]
    for j in range(keys.size):
        largest = max(largest, keys[j])
        smallest = min(smallest, keys[j])
    if odd:
        smallest = largest
        for j in range(keys.size):
            if keys[j] != LEAST:
                smallest = min(smallest, keys[j])
    return largest, smallest


@kernel
def enter(values, points, value, keys, key, row):  # type: ignore[no-untyped-def]
    """Put the first point of a row with `key` among the best, the largest value first; of equals the earlier stays."""
    j = 0
    while keys[j] != key:
        j += 1
    at = values.size - 1
    while at > 0 and values[at - 1] < value:
        values[at], points[at] = values[at - 1], points[at - 1]
        at -= 1
    values[at], points[at] = value, row * keys.size + j


@kernel
def count_odd(codes, i, k, step, table, histogram, sums, missing, nonfinite):  # type: ignore[no-untyped-def]
    """Count a row in which some values are not finite."""
    for j in range(codes.shape[1]):
        code = np.uint16(codes[i, j])
        finite = np.int16(codes[i, j] & np.int16(0x7FFF)) < INFINITE
        if finite:
            histogram[code] += 1
        else:
            nonfinite[0] += 1
        if k >= 0 and finite:
            sums[k, j * step] += table[code]
        elif k >= 0:
            missing[k, j * step] += 1


@kernel
def moments(histogram, table, highest, lowest, levels, around):  # type: ignore[no-untyped-def]
    """Mean and standard deviation of what was counted; and into `around` (2, L) the values around `levels`.

    `highest` and `lowest` are the keys of the largest value and of what is opposite to the smallest. The histogram is
    empty afterwards.
    """
    below, above = max(lowest, -1) + 1, max(highest, -1) + 1  # codes on either side of zero that can have been counted
    codes, ends = np.empty(CODES, np.uint16), np.empty(CODES, np.int64)  # ascending; how many up to it
    n, count, total = 0, 0, 0.0
    for place in range(-below, above):  # below zero, the larger the code the smaller the value
        code = CODES // 2 - 1 - place if place < 0 else place
        if histogram[code]:
            count += histogram[code]
            total += histogram[code] * np.float64(table[code])
            codes[n], ends[n] = code, count
            n += 1
    mean, squares = total / count, 0.0
    for at in range(n):
        squares += histogram[codes[at]] * (np.float64(table[codes[at]]) - mean) ** 2
    for r in range(levels.size):
        place = levels[r] * (count - 1)
        around[0, r] = table[codes[np.searchsorted(ends[:n], np.floor(place), side="right")]]
        around[1, r] = table[codes[np.searchsorted(ends[:n], np.ceil(place), side="right")]]
    for at in range(n):
        histogram[codes[at]] = 0
    return mean, np.sqrt(squares / count)
