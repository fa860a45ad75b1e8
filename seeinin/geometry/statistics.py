"""What is known of channels without looking at its points: exact, for any number of points, in little memory.

Their values come in order and are not kept but counted: by their 65,536 possible codes (float16, `tally`), or by the
upper half of their bits and, the second time, by the lower half where a quantile falls (float32, `singles`).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry import singles
from seeinin.geometry.tally import CODES, Tally

Pieces = Callable[[], Iterable[NDArray[Any]]]


@dataclass(frozen=True)
class Images:
    """What the statistics know of the images: int32 label (N), -1 where there is none, of `classes`; bool valid (N)."""

    label: NDArray[np.int32]
    valid: NDArray[np.bool_]
    classes: int

    @cached_property
    def seen(self) -> int:
        """Valid images."""
        return int(self.valid.sum())

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """Valid images of each class (K)."""
        return np.bincount(self.label[self.valid & (self.label >= 0)], minlength=self.classes)


@dataclass(frozen=True)
class Wanted:
    """What is to be known of a channel of so many positions: quantiles at `levels`, class means by position or not, and
    the best points of so many images.
    """

    positions: int
    per_position: bool
    levels: Sequence[float]
    extremes: int

    @property
    def averaged(self) -> int:
        """Positions that are averaged apart from each other."""
        return self.positions if self.per_position else 1

    def tally(self, images: Images, channels: int, histograms: NDArray[np.int64]) -> Tally:
        """The means to count channels in float16, in empty `histograms`: one each, or one if rows come at once."""
        table, levels = (channels, images.classes, self.averaged), (0, *self.levels, 1)
        return Tally(images.label, images.valid, table, self.positions, levels, self.extremes, histograms)


@dataclass(frozen=True, slots=True)
class Statistics:
    """Of the finite values of valid images, by channel. NaN where there is none; `top` and `bottom` end in -1 where
    images lack.
    """

    minimum: NDArray[np.float64]  # (C)
    maximum: NDArray[np.float64]
    quantiles: NDArray[np.float64]  # (C, L)
    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    nonfinite: NDArray[np.int64]
    class_mean: NDArray[np.float32]  # (C, K, positions), or (C, K, 1) averaged over positions
    top: NDArray[np.int64]  # (C, n) points, the largest first: the best point of each of n different images
    bottom: NDArray[np.int64]  # (C, n) likewise, the smallest first


def channel_statistics(pieces: Pieces, images: Images, wanted: Wanted) -> Statistics:
    """The statistics of one channel. `pieces()` gives its column from the first row on, each (rows, positions) in
    float16 or float32; float32 is asked for twice. The result depends on neither the pieces nor any threads.
    """
    tally, start = wanted.tally(images, 1, np.zeros((1, CODES), np.int64)), 0
    for piece in pieces():
        if piece.dtype == np.float32:
            return _of_singles(pieces, images, wanted)
        tally.add(piece[None], start)
        start += len(piece)
    return of_tally(tally, images, wanted)


def of_tally(tally: Tally, images: Images, wanted: Wanted) -> Statistics:
    """The statistics of channels in float16, all of whose rows were counted. Their histograms are empty afterwards."""
    counts = images.seen * wanted.positions - tally.nonfinite
    ranked = _between(tally.around, _places(wanted, counts))
    return Statistics(
        minimum=ranked[:, 0],
        maximum=ranked[:, -1],
        quantiles=ranked[:, 1:-1],
        mean=tally.mean,
        std=tally.std,
        nonfinite=tally.nonfinite,
        class_mean=_class_mean(images, wanted, tally.sums, tally.missing),
        top=tally.top,
        bottom=tally.bottom,
    )


def _of_singles(pieces: Pieces, images: Images, wanted: Wanted) -> Statistics:
    """The statistics of a channel in float32."""
    tally = singles.count(pieces, images.label, images.valid, (images.classes, wanted.averaged))
    codes = singles.ascending(np.flatnonzero(tally.histogram > 0))
    counts = tally.histogram[codes]
    count = counts.sum(keepdims=True)
    places = _places(wanted, count)
    mean, std, around = np.array([np.nan]), np.nan, np.full((1, 2, places.size), np.nan)
    if count:
        mean = tally.total / count
        ranks = np.stack([np.floor(places), np.ceil(places)], axis=1).astype(np.int64)
        std, around = singles.closer(pieces, images.valid, codes, counts, mean[0], ranks)
    ranked = _between(around, places)
    return Statistics(
        minimum=ranked[:, 0],
        maximum=ranked[:, -1],
        quantiles=ranked[:, 1:-1],
        mean=mean,
        std=np.array([std]),
        nonfinite=tally.nonfinite,
        class_mean=_class_mean(images, wanted, tally.sums[None], tally.missing[None]),
        top=singles.first(-tally.most, tally.most_point, wanted.extremes)[None],
        bottom=singles.first(tally.least, tally.least_point, wanted.extremes)[None],
    )


def _places(wanted: Wanted, counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Where the smallest value, the quantiles and the largest lie in the order of each channel's values (C, L + 2):
    between two ranks, as in numpy's linear method.
    """
    return np.array([0, *wanted.levels, 1]) * (counts[:, None] - 1)


def _class_mean(
    images: Images, wanted: Wanted, sums: NDArray[np.float64], missing: NDArray[np.int64]
) -> NDArray[np.float32]:
    finite = images.counts[:, None] * (wanted.positions // wanted.averaged) - missing
    with np.errstate(invalid="ignore"):
        return (sums / finite).astype(np.float32)


def _between(around: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values at `places` from those of the ranks `around` them (C, 2, L): numpy's linear method, its rounding
    included.
    """
    low, high, share = around[:, 0], around[:, 1], places % 1
    step = high - low
    return np.where(share < 0.5, low + step * share, high - step * (1 - share))
