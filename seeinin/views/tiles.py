"""From the values of maps to pixels: what colour a value has, and where it stands on the sheet."""

import numpy as np
from numpy.typing import NDArray

from seeinin.store.reader import Cache
from seeinin.views.averages import INPUT, Mean, shape_of
from seeinin.views.scales import Scale, scale_of
from seeinin.views.sheet import Block, Pane
from seeinin.views.theme import Theme, rgba

NO_NUMBER = 255  # the entry of a table that NaN is drawn with


def shrunk(values: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    """(D, H, W) averaged over squares of `factor` values; those at the far edges are cut off."""
    if factor == 1:
        return values
    for axis in (1, 2):
        starts = np.arange(0, values.shape[axis], factor)
        counts = np.diff(starts, append=values.shape[axis]).astype(np.float32)
        sums: NDArray[np.float32] = np.add.reduceat(values, starts, axis=axis)
        values = sums / (counts[:, None] if axis == 1 else counts)
    return values


def scale_codes(values: NDArray[np.floating], low: float, high: float) -> NDArray[np.uint8]:
    """Entries 0..254 of a table that runs from `low` to `high`; values beyond get its ends, NaN gets NO_NUMBER."""
    with np.errstate(invalid="ignore"):
        codes = np.clip((values - low) * (254 / (high - low)) + 0.5, 0, 254)
    return np.where(np.isnan(codes), NO_NUMBER, codes).astype(np.uint8)


def packed(rgb: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """uint8 (..., 3) as opaque pixels of 32 bits (...)."""
    rgba = np.full((*rgb.shape[:-1], 4), 255, np.uint8)
    rgba[..., :3] = rgb
    return rgba.view(np.uint32)[..., 0]


def pixels_of(mean: Mean, scale: Scale, factor: int) -> NDArray[np.uint32]:
    """The colour of every value, (D, h, w); three channels of the input are one colour picture, (1, h, w)."""
    values = shrunk(mean.values, factor)
    if is_colour(mean.number, values.shape[0]):
        return packed(np.rint(np.nan_to_num(values)).astype(np.uint8).transpose(1, 2, 0))[None]
    return packed(scale.table[scale_codes(values, scale.low, scale.high)])


def is_colour(number: int, channels: int) -> bool:
    """Whether red, green and blue of the input are shown as one picture."""
    return number == INPUT and channels == 3


def tiles_shape(cache: Cache, number: int) -> tuple[int, int, int]:
    """(maps, H, W) as the sheet shows them."""
    channels, height, width = shape_of(cache, number)
    return (1 if is_colour(number, channels) else channels), height, width


class Tiles:
    """The pixels of what is in sight; the colours of values are kept until the values change."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self.ground = int(packed(np.rint(255 * np.array(rgba(theme.panel)[:3])).astype(np.uint8)))
        self._kept: dict[int, tuple[Mean, int, NDArray[np.uint32]]] = {}

    def picture(self, pane: Pane, means: dict[int, Mean]) -> NDArray[np.uint8]:
        """The maps of every layer in sight that has a mean, uint8 (height, width, 4)."""
        width, height = pane.size
        out = np.full((height, width), self.ground, np.uint32)
        self._kept = {b.number: self._coloured(b, means[b.number]) for b in pane.blocks if b.number in means}
        for block in pane.blocks:
            first, last = max(block.top, pane.top), min(block.bottom, pane.top + height)
            if block.number in means and first < last:
                pixels = tiled(self._kept[block.number][2], block, first - block.top, last - block.top, self.ground)
                out[first - pane.top : last - pane.top, : pixels.shape[1]] = pixels
        return out.view(np.uint8).reshape(height, width, 4)

    def _coloured(self, block: Block, mean: Mean) -> tuple[Mean, int, NDArray[np.uint32]]:
        before = self._kept.get(block.number)
        if before is not None and before[0] is mean and before[1] == block.shrink:
            return before
        return mean, block.shrink, pixels_of(mean, scale_of(mean, self.theme.dark), block.shrink)


def tiled(pixels: NDArray[np.uint32], block: Block, top: int, bottom: int, ground: int) -> NDArray[np.uint32]:
    """Pixel rows `top` to `bottom` of a block, with the width of the block: `pixels` (D, h, w) laid in its grid."""
    count, height, width = pixels.shape
    (wide, high), (dx, dy) = block.tile, block.pitch
    row, y = np.divmod(np.arange(top, bottom), dy)
    lines, line_of = np.unique(np.where(y < high, row * height + y // block.enlarge, -1), return_inverse=True)
    row, y = np.divmod(lines[:, None], height)
    column, x = np.divmod(np.arange(block.size[0]), dx)
    channel = row * block.columns + column
    place = (channel * height + y) * width + x // block.enlarge
    place[(lines[:, None] < 0) | (channel >= count) | (x >= wide)] = pixels.size
    return np.append(pixels, np.uint32(ground))[place][line_of]  # equal lines are made but once
