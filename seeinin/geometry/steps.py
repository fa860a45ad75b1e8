"""Ten steps of a scale, for points that are coloured by a value: low is near the background, high stands out."""

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.srgb import linear_palette

STEPS = (
    "#3f56c4", "#3d72ce", "#3a8ecd", "#39a8c2", "#43bfad", "#66d192", "#96de76", "#c6e466", "#ecdf68", "#fff6b8",
)  # fmt: skip
STEPS_ON_LIGHT = (
    "#a9c8ea", "#86b3e3", "#659cd9", "#4985cb", "#3a6fb8", "#335aa0", "#2f4787", "#2c366d", "#292754", "#24183b",
)  # fmt: skip


def steps_rgba(*, dark: bool) -> list[tuple[float, float, float, float]]:
    """The ten steps as sRGB and opacity in [0, 1]."""
    shares = [[c / 255 for c in bytes.fromhex(step[1:])] for step in (STEPS if dark else STEPS_ON_LIGHT)]
    return [(red, green, blue, 1.0) for red, green, blue in shares]


def with_steps(palette: NDArray[np.uint8], *, dark: bool) -> NDArray[np.uint8]:
    """A palette, linear light uint8 (256, 3), with its slots taken by the steps."""
    changed = palette.copy()
    changed[: len(STEPS)] = linear_palette(np.rint(255 * np.array(steps_rgba(dark=dark))[:, :3]).astype(np.uint8))
    return changed
