"""What the value strip looks like: a picture, a bar of classes, a count and the leading class for each band."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.colours import palette_rgba
from seeinin.geometry.matrix import INSET, Matrix, Rect
from seeinin.state.slots import Slots, colour_of
from seeinin.views.axes import extent
from seeinin.views.captions import elided
from seeinin.views.theme import Theme, rgba
from seeinin.views.tiles import packed, shrunk
from seeinin.visuals.glyphs import text_width
from seeinin.visuals.labels import Label
from seeinin.visuals.shapes import boxes, rectangles

if TYPE_CHECKING:
    from seeinin.state.bands import Bands

BELOW = 46  # px between the plot and the strip, where the axis is
HEAD = 5  # px above the picture
BAR = 4  # px, height of the bar of classes
SIZE, LINE = 10.5, 14  # px of text, and from line to line
TEXT = HEAD + 4 + BAR + 2 * LINE + 5  # px of the strip that are not its pictures
FOOT = 8  # px below the strip
GAP = 3  # px between bands, at least


def places(matrix: Matrix, j: int, height: float, count: int) -> list[Rect]:
    """The bands, in canvas pixels: as wide as their part of the axis of the plots in column j, under these."""
    left, width = matrix.cell_rect(0, j).x, matrix.cell
    edges: list[float] = (left + width * (INSET + (1 - 2 * INSET) * np.arange(count + 1) / count)).tolist()
    top = float(round(extent(matrix)[3]) + BELOW)
    return [Rect(a + GAP / 2, top, b - a - GAP, height) for a, b in pairwise(edges)]


def band_pixels(
    bands: "Bands", places: Sequence[Rect], view: Rect, side: int, ratio: float, theme: Theme
) -> NDArray[np.uint8]:
    """The pictures side by side, uint8 (side, width of the view, 4): each centred in what is seen of its band."""
    ground = np.uint32(packed(np.rint(255 * np.array(rgba(theme.background)[:3])).astype(np.uint8)))
    out = np.full((side, max(round(view.width * ratio), 1)), ground, np.uint32)
    for values, place in zip(bands.pictures, places, strict=True):
        left, right = seen(place, view)
        room = min(side, round((right - left - 6) * ratio))
        if room >= min(side, 8):
            picture = _fitted(values, room, ground)
            height, width = picture.shape
            y, x = (side - height) // 2, round(((left + right) / 2 - view.x) * ratio - width / 2)
            part = picture[:, max(-x, 0) : out.shape[1] - x]
            out[y : y + height, max(x, 0) : max(x, 0) + part.shape[1]] = part
    return out.view(np.uint8).reshape(*out.shape, 4)


def _fitted(values: NDArray[np.float32], side: int, ground: np.uint32) -> NDArray[np.uint32]:
    """A picture (h, w, c) as large as whole multiples of its pixels, or of theirs, fit in a square."""
    longer = max(values.shape[:2])
    small = shrunk(values.transpose(2, 0, 1), -(-longer // side)).transpose(1, 2, 0)
    enlarge = max(side // max(small.shape[:2]), 1)
    levels = np.rint(np.nan_to_num(small)).astype(np.uint8)
    colours = levels if levels.shape[2] == 3 else levels[..., [0, 0, 0]]
    shown = np.where(np.isnan(small[..., 0]), ground, packed(colours))
    return shown.repeat(enlarge, axis=0).repeat(enlarge, axis=1)


def band_strokes(places: Sequence[Rect], over: int | None, theme: Theme) -> NDArray[np.void]:
    """A frame around every band, and one that stands out around that under the cursor."""
    colours = [rgba(theme.accent if k == over else theme.line) for k in range(len(places))]
    rects = [(round(p.x), p.y, round(p.x + p.width) - round(p.x), p.height) for p in places]
    return np.concatenate([rectangles([rect], colour) for rect, colour in zip(rects, colours, strict=True)])


def bars(bands: "Bands", places: Sequence[Rect], side: int, slots: Slots, theme: Theme) -> NDArray[np.void]:
    """The share of each class in every band, from the left in the order of their colours."""
    palette = palette_rgba(dark=theme.dark)
    slot = np.array([colour_of(slots, k) for k in range(bands.classes.shape[1])], np.int64)
    rects, colours = [], []
    for counts, total, place in zip(bands.classes, bands.count, places, strict=True):
        width, x = place.width - 6, place.x + 3
        shares = np.bincount(slot, counts, minlength=len(palette)) / max(total, 1) if len(slot) else []
        for share, colour in zip(shares, palette, strict=False):
            rects.append((x, place.y + HEAD + side + 4, share * width, BAR))
            colours.append(colour)
            x += share * width
    return boxes(np.reshape(rects, (-1, 4)), np.reshape(colours, (-1, 4)))


def band_labels(
    bands: "Bands", places: Sequence[Rect], view: Rect, side: int, names: Sequence[str], slots: Slots, theme: Theme
) -> Iterator[Label]:
    """How many points each band has, and the class that has most of them, with its share."""
    palette = palette_rgba(dark=theme.dark)
    for place, count, classes, leading in zip(places, bands.count, bands.classes, bands.leading, strict=True):
        left, right = seen(place, view)
        x, y, room = (left + right) / 2, place.y + HEAD + side + 4 + BAR + LINE - 2, right - left - 4
        yield Label(_count(int(count), room), x, y, rgba(theme.text), "centre", size=SIZE)
        if leading >= 0:
            share = f" · {classes[leading] / count:.0%}"
            name = elided(names[leading], room - text_width(share, SIZE), SIZE)
            text = name + share if name else elided(names[leading], room, SIZE)
            yield Label(text, x, y + LINE, palette[colour_of(slots, int(leading))], "centre", size=SIZE)


def _count(count: int, room: float) -> str:
    """In full, else in thousands, else nothing."""
    texts = f"{count:,}", f"{count / 1000:.0f}k" if count < 999_500 else f"{count / 1e6:.1f}M", ""
    return next(text for text in texts if text_width(text, SIZE) <= room or not text)


def seen(place: Rect, view: Rect) -> tuple[float, float]:
    """Left and right end of what is seen of a band."""
    left = max(place.x, view.x)
    return left, max(min(place.x + place.width, view.x + view.width), left)
