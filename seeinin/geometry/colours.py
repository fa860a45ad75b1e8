"""The colours of classes: ten slots, and a grey for the rest, which is never a slot.

Found by simulated annealing over sRGB, within reach of the hue that gives each slot its everyday name. The least
CIEDE2000 difference between two slots, as seen with normal, protan, deutan and tritan vision (Machado, Oliveira and
Fernandes 2009, complete): on dark 25.0, 10.2, 10.2, 10.6; on light 25.0, 11.7, 11.7, 13.6. From the grey at least 15.
"""

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.srgb import linear_palette

SLOTS = (
    "#32a4ff", "#ff850f", "#ff2151", "#41e06e", "#aa43d2", "#916c15", "#ff9dcf", "#41884d", "#04ffff", "#edf212",
)  # fmt: skip
SLOTS_ON_LIGHT = (
    "#007efc", "#c4801a", "#a94252", "#16ab69", "#5614b4", "#6b3400", "#ec0dc8", "#c0c14d", "#00c9ff", "#5f6f02",
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
