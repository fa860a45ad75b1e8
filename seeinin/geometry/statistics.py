"""What is known of a channel without looking at its points: exact, for any number of points, in little memory.

Its values come in order and are not kept but counted: by their 65,536 possible codes (float16, `tally`), or by the
upper half of their bits and, the second time, by the lower half where a quantile falls (float32, `singles`).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry import singles
from seeinin.geometry.halves import TABLE
from seeinin.geometry.tally import Tally, moments

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

    def tally(self, images: Images, histogram: NDArray[np.int64] | None = None) -> Tally:
        """The means to count a channel in float16, in an empty `histogram` of another where there is one."""
        table = (images.classes, self.averaged)
        return Tally(images.label, images.valid, table, self.positions, self.extremes, histogram)


@dataclass(frozen=True, slots=True)
class ChannelStatistics:
    """Of the finite values of valid images. NaN where there is none; `top` and `bottom` end in -1 where images lack."""

    minimum: float
    maximum: float
    quantiles: NDArray[np.float64]  # (L)
    mean: float
    std: float
    nonfinite: int
    class_mean: NDArray[np.float32]  # (K, positions), or (K, 1) averaged over positions
    top: NDArray[np.int64]  # (n) points, the largest first: the best point of each of n different images
    bottom: NDArray[np.int64]  # (n) likewise, the smallest first


def channel_statistics(pieces: Pieces, images: Images, wanted: Wanted) -> ChannelStatistics:
    """The statistics of one channel. `pieces()` gives its column from the first row on, each (rows, positions) in
    float16 or float32; float32 is asked for twice. The result depends on neither the pieces nor any threads.
    """
    tally, start = wanted.tally(images), 0
    for piece in pieces():
        if piece.dtype == np.float32:
            return _of_singles(pieces, images, wanted)
        tally.add(piece, start)
        start += len(piece)
    return of_tally(tally, images, wanted)


def of_tally(tally: Tally, images: Images, wanted: Wanted) -> ChannelStatistics:
    """The statistics of a channel in float16, all of whose rows were counted. Its histogram is empty afterwards."""
    count = images.seen * wanted.positions - int(tally.nonfinite[0])
    places, ranks = _ranks(tuple(wanted.levels), count)
    mean, std, around = np.nan, np.nan, np.full(ranks.shape, np.nan)
    if count:
        ends = int(tally.highest[0]), int(tally.lowest[0])
        mean, std = moments(tally.histogram, TABLE, *ends, ranks.reshape(-1), around.reshape(-1))
    return ChannelStatistics(
        *_ends(around, places),
        mean=float(mean),
        std=float(std),
        nonfinite=int(tally.nonfinite[0]),
        class_mean=_class_mean(images, wanted, tally.sums, tally.missing),
        top=tally.top,
        bottom=tally.bottom,
    )


def _of_singles(pieces: Pieces, images: Images, wanted: Wanted) -> ChannelStatistics:
    """The statistics of a channel in float32."""
    tally = singles.count(pieces, images.label, images.valid, (images.classes, wanted.averaged))
    codes = singles.ascending(np.flatnonzero(tally.histogram > 0))
    counts = tally.histogram[codes]
    count = int(counts.sum())
    places, ranks = _ranks(tuple(wanted.levels), count)
    mean, std, around = np.nan, np.nan, np.full(ranks.shape, np.nan)
    if count:
        mean = tally.total[0] / count
        std, around = singles.closer(pieces, images.valid, codes, counts, mean, ranks)
    return ChannelStatistics(
        *_ends(around, places),
        mean=float(mean),
        std=float(std),
        nonfinite=int(tally.nonfinite[0]),
        class_mean=_class_mean(images, wanted, tally.sums, tally.missing),
        top=singles.first(-tally.most, tally.most_point, wanted.extremes),
        bottom=singles.first(tally.least, tally.least_point, wanted.extremes),
    )


@lru_cache(maxsize=64)  # the channels of a layer ask for the same
def _ranks(levels: tuple[float, ...], count: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Where the smallest value, the quantiles and the largest lie in their order, and the ranks around each of them."""
    places = np.array([0, *levels, 1]) * (count - 1)  # between two ranks, as in numpy's linear method
    return places, np.stack([np.floor(places), np.ceil(places)]).astype(np.int64)


def _ends(around: NDArray[np.float64], places: NDArray[np.float64]) -> tuple[float, float, NDArray[np.float64]]:
    minimum, *quantiles, maximum = _between(around[0], around[1], places % 1)
    return minimum, maximum, np.array(quantiles)


def _class_mean(
    images: Images, wanted: Wanted, sums: NDArray[np.float64], missing: NDArray[np.int64]
) -> NDArray[np.float32]:
    finite = images.counts[:, None] * (wanted.positions // wanted.averaged) - missing
    with np.errstate(invalid="ignore"):
        return (sums / finite).astype(np.float32)


def _between(low: NDArray[np.float64], high: NDArray[np.float64], share: NDArray[np.float64]) -> list[float]:
    """numpy's linear method, its rounding included."""
    step = high - low
    between: list[float] = np.where(share < 0.5, low + step * share, high - step * (1 - share)).tolist()
    return between
