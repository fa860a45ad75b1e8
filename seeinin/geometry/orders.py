"""The result of asking for an order: channels, or pairs of channels, best first, each with its score."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Ranking:
    """Channels of a layer, best first. The last `silent` say nothing (constant, or nearly), and have no score."""

    channels: NDArray[np.int64]  # (D)
    score: NDArray[np.float64]  # (D) by channel, NaN where there is none
    silent: int
    images: int  # rows that were looked at, from the first on: a uniform sample where it is not all of them
    low: NDArray[np.bool_] | None = None  # (D) by channel: it is the low values that separate


@dataclass(frozen=True, eq=False)
class CellRanking:
    """Cells of a matrix, best first, the row the higher channel: the half below the diagonal."""

    cells: NDArray[np.int64]  # (M, 2): channel of the row, of the column
    score: NDArray[np.float64]  # (M)
    channels: int  # how many channels were paired: the best, each by itself, where it is not all that vary
    images: int


def ranked(
    score: NDArray[np.float64], silent: NDArray[np.bool_], images: int, low: NDArray[np.bool_] | None = None
) -> Ranking:
    """The highest score (D) first, of equals the lower channel; what is silent (D) comes last, in its own order."""
    score = np.where(silent, np.nan, score)
    return Ranking(np.argsort(-score, kind="stable"), score, int(silent.sum()), images, low)


def in_order(order: NDArray[np.int64], score: NDArray[np.float64], silent: NDArray[np.bool_], images: int) -> Ranking:
    """The channels as `order` (D) has them, but the silent ones last."""
    channels = order[np.argsort(silent[order], kind="stable")]
    return Ranking(channels, np.where(silent, np.nan, score), int(silent.sum()), images)


def neighbours(order: NDArray[np.int64], r: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each channel (D) its correlation with the one before it in `order`; of the first, with the one after."""
    score = np.full(len(r), np.nan)
    if len(order) > 1:
        between = r[order[:-1], order[1:]]
        score[order[1:]] = between
        score[order[0]] = between[0]
    return score
