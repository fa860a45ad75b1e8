"""sRGB, which files and screens speak, and linear light, in which colours mix (IEC 61966-2-1)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

STEPS = 4  # entries of ENCODE per step of linear light: 1/4 of a step is below what 8-bit sRGB can show but in the dark


def to_linear(srgb: NDArray[Any]) -> NDArray[np.float64]:
    """Linear light in [0, 1] of sRGB values in [0, 1]."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def to_srgb(linear: NDArray[Any]) -> NDArray[np.float64]:
    """sRGB in [0, 1] of linear light in [0, 1]."""
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055)


ENCODE: NDArray[np.float32] = (255 * to_srgb(np.arange(255 * STEPS + 1) / (255 * STEPS))).astype(np.float32)
"""sRGB (0..255) of linear light i / STEPS (0..255)."""


def linear_palette(srgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """sRGB colours uint8 as linear-light uint8, of any shape."""
    return np.rint(255 * to_linear(srgb / 255)).astype(np.uint8)
