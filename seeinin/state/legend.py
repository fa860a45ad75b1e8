"""The order of the classes in the legend."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

LegendOrder = Literal["name", "count", "lift"]


def lift(selected: NDArray[np.int64], totals: NDArray[np.int64]) -> NDArray[np.float64]:
    """How many times as often each class (K) is among the selected images as among all; 0 for a class without any."""
    share = selected.sum() / max(totals.sum(), 1)
    return np.asarray(selected / np.maximum(totals, 1) / (share or 1.0))


def legend_order(by: LegendOrder, totals: NDArray[np.int64], selected: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """The classes as the legend has them, int64 (K): as in the cache, or those with most images or lift first.

    Without a selection all images count.
    """
    if by == "name" or (by == "lift" and selected is None):
        return np.arange(len(totals))
    score = totals if selected is None else lift(selected, totals) if by == "lift" else selected
    return np.argsort(-score, kind="stable")
