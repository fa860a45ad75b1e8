"""Between what values the axes of a layer's channels lie."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.warp import LINEAR, Kind, Warp
from seeinin.store.reader import Layer

LOW, HIGH = 0.001, 0.999  # the quantiles that a plot spans; points outside become marks on its edge
UNIT = 0.1  # standard deviations up to which a logarithmic axis is nearly even

Ranges = Mapping[int, tuple[float, float]]  # low and high end of the axis of each channel, in its coordinates
Warps = Mapping[int, Warp]  # of the channels whose axis is not linear


@dataclass(frozen=True)
class Limits:
    """What the axes of a layer can span: the values between its quantiles, or the `whole` of them.

    `units` (D) are those of its logarithmic axes.
    """

    usual: Ranges
    whole: Ranges
    units: tuple[float, ...]

    def warp(self, channel: int, kind: Kind) -> Warp:
        return LINEAR if kind == "linear" else Warp(kind, self.units[channel] if kind == "log" else 1.0)

    def ranges(self, warps: Warps, *, whole: bool = False) -> Ranges:
        """Of every channel; two channels that make one plot have equal units."""
        found = dict(self.whole if whole else self.usual)
        if len(found) == 2 and not warps:
            return equal_units(found)
        for channel, warp in warps.items():
            low, high = found[channel]
            found[channel] = (0.0, 1.0) if warp.kind == "rank" else (warp.coordinate(low), warp.coordinate(high))
        return found


def layer_limits(layer: Layer) -> Limits:
    """Read from the cache. In every range low < high, also where a channel is constant."""
    _ = layer.nonfinite  # with the rest it tells silent channels, and is in memory from now on
    levels = np.asarray(layer.quantile_levels)
    low = layer.quantiles[:, np.argmin(abs(levels - LOW))].astype(np.float64)
    high = layer.quantiles[:, np.argmin(abs(levels - HIGH))].astype(np.float64)
    flat = ~(high > low)
    low[flat], high[flat] = layer.minimum[flat], layer.maximum[flat]
    units = np.nan_to_num(UNIT * np.asarray(layer.std, np.float64), posinf=0.0)
    units = np.where(units > 0, units, 1.0)
    whole = layer.minimum.astype(np.float64), layer.maximum.astype(np.float64)
    return Limits(_ranges(low, high), _ranges(*whole), tuple(units.tolist()))


def _ranges(low: NDArray[np.float64], high: NDArray[np.float64]) -> Ranges:
    low, high = np.nan_to_num(low), np.nan_to_num(high)
    flat = high - low <= np.maximum(1e-6 * abs(low), 1e-12)
    low, high = np.where(flat, low - 0.5, low), np.where(flat, high + 0.5, high)
    return dict(enumerate(zip(low.tolist(), high.tolist(), strict=True)))


def equal_units(ranges: Ranges) -> Ranges:
    """The same middles, and all as long as the longest."""
    half = max(high - low for low, high in ranges.values()) / 2
    return {c: ((low + high) / 2 - half, (low + high) / 2 + half) for c, (low, high) in ranges.items()}
