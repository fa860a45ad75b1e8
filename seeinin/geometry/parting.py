"""The line between the means of two sets of vectors: how well it tells them apart, and where a vector lies on it."""

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.ranking import auc, tally


def line(x: NDArray[np.float32], side: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The direction (U) from the first set of x (n, U) to the second, where `side` (n) is true.

    The difference of the means, each value divided by its variance within the sets plus the mean variance of all: a
    discriminant that knows no correlations, and does not trust values that hardly vary.
    """
    first, second = x[~side], x[side]
    apart = second.mean(axis=0) - first.mean(axis=0)
    variance = (first.var(axis=0) * len(first) + second.var(axis=0) * len(second)) / len(x)
    trusted = variance + variance.mean()
    return np.asarray(np.divide(apart, trusted, out=np.zeros_like(apart), where=trusted > 0))


def way(x: NDArray[np.float32], side: NDArray[np.bool_], vector: NDArray[np.float32]) -> float:
    """How far a vector (U) is along the line: 0 at the mean of the first set, 1 at that of the second; 0.5 where the
    means are the same."""
    direction = line(x, side)
    along = x @ direction
    start, end = along[~side].mean(), along[side].mean()
    return float((vector @ direction - start) / (end - start)) if end > start else 0.5


def parted(x: NDArray[np.float32], side: NDArray[np.bool_]) -> float:
    """The chance that a vector of the second set lies farther along the line than one of the first; 0.5 is chance.

    x (n, U), at least two vectors to either set. Every second vector of either makes the line, the others are measured
    along it, then the other way round; the mean of both.
    """
    half = np.empty(len(side), bool)
    for which in (False, True):
        half[side == which] = np.arange(np.count_nonzero(side == which)) % 2
    told = [_auc(x[half == k] @ line(x[half != k], side[half != k]), side[half == k]) for k in (False, True)]
    return float(np.mean(told))


def _auc(along: NDArray[np.float32], side: NDArray[np.bool_]) -> float:
    return auc(tally(along, np.stack([~side, side], axis=1).astype(np.uint8))[1])
