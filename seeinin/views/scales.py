"""What colour a value of a map has: one scale for each layer, honest about sign."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.srgb import to_srgb
from seeinin.state.named import Contrast
from seeinin.views.averages import Mean

STEPS = 255  # an odd number: zero is in the middle of the diverging table
ENDS = ((0.77, -0.03, -0.14), (0.80, 0.045, 0.135))  # OKLab: the blue of the lowest and the amber of the highest value
ZERO = {True: (0.24, -0.004, -0.02), False: (0.985, 0.0, 0.0)}  # on dark and on light ground
ENDS_ON_LIGHT = ((0.48, -0.04, -0.17), (0.52, 0.07, 0.105))
NO_NUMBER = (208, 52, 155)  # magenta, of NaN and infinities: a colour that no scale has


@dataclass(frozen=True, eq=False)
class Scale:
    """`table` uint8 (256, 3): entries 0..254 run from `low` to `high`, entry 255 is for what is not finite.

    `low` and `high` are float32 (D, 1, 1), or (1, 1, 1) where they are the same for every channel.
    """

    low: NDArray[np.float32]
    high: NDArray[np.float32]
    table: NDArray[np.uint8]

    def part(self, channels: slice) -> "Scale":
        """That of some of the channels."""
        return self if len(self.low) == 1 else Scale(self.low[channels], self.high[channels], self.table)

    def limits(self, channel: int) -> tuple[float, float]:
        """The values that have the first and the last colour."""
        low, high = (float(a[channel % len(a), 0, 0]) for a in (self.low, self.high))
        return low, high

    def codes(self, values: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Entries of the table for values (D, h, w); values beyond the limits get its ends."""
        with np.errstate(invalid="ignore"):
            places = np.clip((values - self.low) * (np.float32(STEPS - 1) / (self.high - self.low)) + 0.5, 0, STEPS - 1)
        places[~np.isfinite(values)] = STEPS
        return places.astype(np.uint8)


def scale_of(mean: Mean, dark: bool, contrast: Contrast = "layer") -> Scale:
    """Around zero where the layer goes below it, the half above zero elsewhere; the input as the user knows it.

    `contrast` "layer": the 99.5 % quantile of the magnitudes shown has the full colour. "channel": what 99.9 % of all
    values of the channel, of all images, lie within.
    """
    if mean.number < 0 and not mean.is_difference:
        return between(0.0, 255.0, grey())
    high = np.full((1, 1, 1), mean.limit, np.float32) if contrast == "layer" else mean.limits[:, None, None]
    return Scale(-high, high, diverging(dark)) if mean.signed else Scale(np.zeros_like(high), high, sequential(dark))


def between(low: float, high: float, table: NDArray[np.uint8]) -> Scale:
    """One scale for all channels."""
    return Scale(np.full((1, 1, 1), low, np.float32), np.full((1, 1, 1), high, np.float32), table)


@cache
def grey() -> NDArray[np.uint8]:
    """Black to white in 255 steps."""
    return _with_no_number(np.repeat(np.rint(np.linspace(0, 255, STEPS))[:, None], 3, axis=1).astype(np.uint8))


@cache
def diverging(dark: bool) -> NDArray[np.uint8]:
    """Blue below zero, the ground at zero, amber above: equally far from the ground to the eye, step by step."""
    share = np.linspace(-1, 1, STEPS)[:, None]
    below, above = (np.array(end) for end in (ENDS if dark else ENDS_ON_LIGHT))
    zero = np.array(ZERO[dark])
    return _with_no_number(_srgb(zero + abs(share) * (np.where(share < 0, below, above) - zero)))


@cache
def sequential(dark: bool) -> NDArray[np.uint8]:
    """The half of `diverging` above zero, so that amber means the same everywhere."""
    zero, above = np.array(ZERO[dark]), np.array((ENDS if dark else ENDS_ON_LIGHT)[1])
    return _with_no_number(_srgb(zero + np.linspace(0, 1, STEPS)[:, None] * (above - zero)))


def _with_no_number(table: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.append(table, [NO_NUMBER], axis=0).astype(np.uint8)


def _srgb(lab: NDArray[np.float64]) -> NDArray[np.uint8]:
    """OKLab (n, 3) to sRGB (https://bottosson.github.io/posts/oklab)."""
    to_cones = np.array(
        [[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.2914855480]]
    )
    to_light = np.array(
        [
            [4.0767416621, -3.3077115913, 0.2309699292],
            [-1.2684380046, 2.6097574011, -0.3413193965],
            [-0.0041960863, -0.7034186147, 1.7076147010],
        ]
    )
    light = (lab @ to_cones.T) ** 3 @ to_light.T
    return np.rint(255 * np.clip(to_srgb(np.clip(light, 0, 1)), 0, 1)).astype(np.uint8)
