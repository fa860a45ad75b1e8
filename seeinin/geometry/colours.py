"""The colours of classes: ten slots, and a grey for the rest, which is never a slot."""

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.srgb import linear_palette

SLOTS = (
    "#589fff", "#ffaa14", "#e63c46", "#32aa6e", "#b482ff", "#be6e1e", "#f58cc8", "#96d250", "#32d7e6", "#faeb78",
)  # fmt: skip
SLOTS_ON_LIGHT = (
    "#1e6edc", "#eb8200", "#cd1e2d", "#148250", "#7846c8", "#874b0f", "#e15aaa", "#6ea514", "#00a0b9", "#bea500",
)  # fmt: skip
REST, REST_ON_LIGHT = "#80828a", "#8c8e94"


def slot_palette(*, dark: bool) -> NDArray[np.uint8]:
    """Linear-light colours by palette index, uint8 (256, 3): the slots, then the grey of the rest."""
    slots, rest = (SLOTS, REST) if dark else (SLOTS_ON_LIGHT, REST_ON_LIGHT)
    colours = (*slots, *[rest] * (256 - len(slots)))
    return linear_palette(np.array([list(bytes.fromhex(colour[1:])) for colour in colours], np.uint8))


def palette_rgba(*, dark: bool) -> list[tuple[float, float, float, float]]:
    """The slots and then the grey of the rest, as sRGB and opacity in [0, 1]."""
    slots, rest = (SLOTS, REST) if dark else (SLOTS_ON_LIGHT, REST_ON_LIGHT)
    shares = [[c / 255 for c in bytes.fromhex(colour[1:])] for colour in (*slots, rest)]
    return [(red, green, blue, 1.0) for red, green, blue in shares]
