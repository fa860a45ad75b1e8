"""An order of channels in a session: what was asked took time, and may depend on a selection that is gone."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from seeinin.geometry.orders import Ranking
from seeinin.state.checking import number_of


def order_as_json(ranking: Ranking | None) -> dict[str, Any] | None:
    """With null for a channel that has no score, since JSON has no NaN."""
    if ranking is None:
        return None
    score = [None if np.isnan(one) else one for one in ranking.score.tolist()]
    low = None if ranking.low is None else ranking.low.tolist()
    return {
        "channels": ranking.channels.tolist(),
        "score": score,
        "low": low,
        "silent": ranking.silent,
        "images": ranking.images,
    }


def order_of(content: Mapping[str, Any] | None, channels: int) -> Ranking | None:
    """The order of so many channels. Raises ValueError, TypeError or KeyError where it is none."""
    if content is None:
        return None
    order, low = np.array(content["channels"], np.int64), content["low"]
    score = np.array([np.nan if one is None else one for one in content["score"]], np.float64)
    flags = None if low is None else np.array(low, bool)
    sizes = {score.shape, (channels,) if flags is None else flags.shape, (channels,)}
    if len(sizes) > 1 or not np.array_equal(np.sort(order), np.arange(channels)):
        raise ValueError(f"that is no order of {channels} channels")
    return Ranking(order, score, number_of(content["silent"], channels + 1), number_of(content["images"]), flags)
