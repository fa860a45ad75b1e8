"""The first axis range of every channel."""

import numpy as np

from seeinin.store.reader import Layer

LOW, HIGH = 0.001, 0.999  # the quantiles that a plot spans; points outside become marks on its edge


def channel_ranges(layer: Layer) -> dict[int, tuple[float, float]]:
    """{channel: (low, high)}, low < high always, also where a channel is constant."""
    levels = np.asarray(layer.quantile_levels)
    low = layer.quantiles[:, np.argmin(abs(levels - LOW))].astype(np.float64)
    high = layer.quantiles[:, np.argmin(abs(levels - HIGH))].astype(np.float64)
    flat = ~(high > low)
    low[flat], high[flat] = layer.minimum[flat], layer.maximum[flat]
    low, high = np.nan_to_num(low), np.nan_to_num(high)
    flat = high - low <= np.maximum(1e-6 * abs(low), 1e-12)
    low[flat], high[flat] = low[flat] - 0.5, high[flat] + 0.5
    return dict(enumerate(zip(low.tolist(), high.tolist(), strict=True)))
