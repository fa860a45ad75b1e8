"""The lines on the sheet of maps: what the matrix shows, what is under the cursor, how far it is scrolled."""

from collections.abc import Iterable

import numpy as np

from seeinin.geometry.matrix import Rect
from seeinin.state.view import View
from seeinin.views.sheet import Block, Pane, Spot
from seeinin.views.theme import Theme, rgba
from seeinin.visuals.shapes import boxes, rectangles

THUMB = 4  # px, the width of what shows how far the sheet is scrolled
SHORTEST = 20  # px


def shown_channels(view: View, aspect: float) -> list[int]:
    """The channels of the cells in the matrix's viewport, which is `aspect` times as wide as high."""
    return view.matrix(Rect(0, 0, 1000 * aspect, 1000)).visible_channels()


def outlines(pane: Pane, block: Block, channels: list[int], theme: Theme) -> np.ndarray:
    """Around the maps of these channels, in the gutters."""
    width = max(int(pane.ratio), 1)
    rects = [pane.tile_rect(block, channel, width) for channel in channels]
    return rectangles(np.reshape(rects, (-1, 4)), rgba(theme.accent), width / pane.ratio)


def spot_outlines(pane: Pane, block: Block, spots: Iterable[Spot], colour: str, theme: Theme) -> np.ndarray:
    """Around single values: a line in `colour` inside one of the ground, so that it is seen on every colour."""
    rects = np.reshape([pane.spot_rect(block, spot) for spot in spots], (-1, 4))
    outer, inner = rects + np.array([[[-2, -2, 4, 4]], [[-1, -1, 2, 2]]])
    return np.concatenate([rectangles(outer, rgba(theme.background)), rectangles(inner, rgba(colour))])


def thumb(pane: Pane, right: float, theme: Theme) -> np.ndarray:
    """How far the sheet is scrolled, at the right edge of the panel; nothing where all of it is in sight."""
    seen = pane.size[1] / max(pane.sheet.height, 1)
    height = max(seen * pane.body.height, SHORTEST)
    most = max(pane.sheet.height - pane.size[1], 1)
    y = pane.body.y + (pane.body.height - height) * min(pane.top / most, 1.0)
    return boxes([[right - THUMB - 2, y, THUMB, height]] if seen < 1 else np.empty((0, 4)), rgba(theme.line))
