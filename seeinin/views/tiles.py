"""From the values of maps to pixels: what colour a value has, and where it stands on the sheet."""

import numpy as np
from numpy.typing import NDArray

from seeinin.state.named import Contrast
from seeinin.views.averages import Mean
from seeinin.views.scales import Scale, scale_of
from seeinin.views.sheet import Block, Pane
from seeinin.views.subjects import CROPS
from seeinin.views.theme import Theme, rgba

HATCHED = 6  # px from one line of a hatching to the next


class Tiles:
    """The pixels of what is in sight."""

    def __init__(self, theme: Theme, contrast: Contrast) -> None:
        self.theme, self.contrast = theme, contrast
        self.ground, self.damage = (
            int(packed(np.rint(255 * np.array(rgba(colour)[:3])).astype(np.uint8)))
            for colour in (theme.panel, theme.damage)
        )
        self._small: dict[int, tuple[Mean, int, NDArray[np.float32]]] = {}  # maps, shrunk as they are in sight

    def picture(self, pane: Pane, means: dict[int, Mean]) -> NDArray[np.uint8]:
        """The maps of every layer in sight that has a mean, uint8 (height, width, 4)."""
        width, height = pane.size
        out = np.full((height, width), self.ground, np.uint32)
        blocks = [b for b in pane.blocks if b.number in means]
        self._small = {b.number: self._shrunk(b, means[b.number]) for b in blocks}
        for block in blocks:
            first, last = max(block.top, pane.top), min(block.bottom, pane.top + height)
            if first < last:
                pixels = self._rows(block, first - block.top, last - block.top)
                out[first - pane.top : last - pane.top, block.left : block.left + pixels.shape[1]] = pixels
        return out.view(np.uint8).reshape(height, width, 4)

    def _shrunk(self, block: Block, mean: Mean) -> tuple[Mean, int, NDArray[np.float32]]:
        before = self._small.get(block.number)
        if before is not None and before[0] is mean and before[1] == block.shrink:
            return before
        return mean, block.shrink, shrunk(mean.values, block.shrink)

    def _rows(self, block: Block, top: int, bottom: int) -> NDArray[np.uint32]:
        """Pixel rows of a block; only the maps that they touch are coloured."""
        mean, _, values = self._small[block.number]
        if mean.gone:
            filled = np.full((block.shape[0], *values.shape[1:]), self.damage, np.uint32)
            return self._hatched(tiled(filled, block, top, bottom, self.ground), top)
        if mean.maps < len(values):
            pixels = packed(np.rint(np.nan_to_num(values)).astype(np.uint8).transpose(1, 2, 0))
            return tiled(self._seen(block, values, pixels[None]), block, top, bottom, self.ground)
        first, last = top // block.pitch[1], -(-bottom // block.pitch[1])
        part = slice(first * block.columns, last * block.columns)
        pixels = coloured(values[part], scale_of(mean, self.theme.dark, self.contrast).part(part))
        start = first * block.pitch[1]
        return tiled(self._seen(block, values[part], pixels), block, top - start, bottom - start, self.ground)

    def _hatched(self, pixels: NDArray[np.uint32], top: int) -> NDArray[np.uint32]:
        """Lines from bottom left to top right instead of what is damaged, in pixel rows from `top` on."""
        across, down = np.arange(pixels.shape[1]), np.arange(top, top + len(pixels))[:, None]
        return np.where((across + down) % HATCHED < 1, pixels, np.uint32(self.ground))

    def _seen(self, block: Block, values: NDArray[np.float32], pixels: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """The ground where a crop has nothing but the outside of images; elsewhere what is no number is an error."""
        return np.where(np.isnan(values[:1]), np.uint32(self.ground), pixels) if block.number == CROPS else pixels


def shrunk(values: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    """(D, H, W) averaged over squares of `factor` values; those at the far edges are cut off."""
    if factor == 1:
        return values
    for axis in (1, 2):
        starts = np.arange(0, values.shape[axis], factor)
        counts = np.diff(starts, append=values.shape[axis]).astype(np.float32)
        with np.errstate(invalid="ignore"):  # infinities of both signs
            sums: NDArray[np.float32] = np.add.reduceat(values, starts, axis=axis)
        values = sums / (counts[:, None] if axis == 1 else counts)
    return values


def coloured(values: NDArray[np.float32], scale: Scale) -> NDArray[np.uint32]:
    """Values (D, h, w) as pixels of 32 bits."""
    codes = scale.codes(values)
    pixels: NDArray[np.uint32] = packed(scale.table)[codes]
    return pixels


def packed(rgb: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """uint8 (..., 3) as opaque pixels of 32 bits (...)."""
    rgba = np.full((*rgb.shape[:-1], 4), 255, np.uint8)
    rgba[..., :3] = rgb
    return rgba.view(np.uint32)[..., 0]


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
