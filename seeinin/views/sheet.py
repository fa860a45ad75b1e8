"""Where the maps of every layer stand: one sheet, as wide as the panel and as tall as it needs, in device pixels."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from seeinin.geometry.matrix import Rect
from seeinin.views.subjects import CROPS

HEIGHT = 62  # of the maps of one layer at zoom 1, about, in points (device pixels at a ratio of 1)
MAP_SIDE = (10, 72)  # a map is at least and at most about so large, in points, at zoom 1
THIN, LONG = 5, 290  # the shorter side of a map is as large, in points at zoom 1, if the longer one stays below that
UNIT_SIDE = (3, 14)  # likewise the square of a single unit
TITLE = 18  # the line above the maps, in points
SPACE = 9  # below them
FITTING = tuple(k / 20 for k in range(15, 41))  # the sizes that are tried to fill a panel
INPUT_SIDE = 116  # of the input at most, where there is room, in points
INPUT_ZOOMS = tuple(k / 4 for k in range(5, 11))  # how much larger than maps the input may be then
GUTTERS = (2, 1)  # between maps, and between the squares of single units, in points
LEFT = 0.34  # of a row's maps: a last row with fewer looks lost
CLOSER = 0.7  # of its size: to be so small, a map is worth a row less
BESIDE = 12  # between the input and what patches see of it, in points


class Spot(NamedTuple):
    """One value of one map."""

    channel: int
    y: int
    x: int


@dataclass(frozen=True)
class Block:
    """The maps of one layer, row by row: `shape` (D, H, W), `enlarge` pixels a value or `shrink` values a pixel.

    `title` and `top` are the first pixel rows of its title and its maps on the sheet, `pitch` the distance of
    neighbouring maps (x, y). It begins `left` pixels from the left.
    """

    number: int
    shape: tuple[int, int, int]
    enlarge: int
    shrink: int
    columns: int
    pitch: tuple[int, int]
    title: int
    top: int
    left: int = 0

    @property
    def tile(self) -> tuple[int, int]:
        """(width, height) of a map in pixels."""
        _, height, width = self.shape
        return _pixels(width, self.enlarge, self.shrink), _pixels(height, self.enlarge, self.shrink)

    @property
    def rows(self) -> int:
        return -(-self.shape[0] // self.columns)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        (width, height), (dx, dy) = self.tile, self.pitch
        return (min(self.columns, self.shape[0]) - 1) * dx + width, (self.rows - 1) * dy + height

    @property
    def bottom(self) -> int:
        return self.top + self.size[1]

    def corner(self, channel: int) -> tuple[int, int]:
        """The first pixel (x, y) of a map, from the block's own corner."""
        row, column = divmod(channel, self.columns)
        return column * self.pitch[0], row * self.pitch[1]

    def spot(self, x: float, y: float) -> Spot | None:
        """What value is drawn at a pixel of the block; None in gutters and beyond the last map."""
        column, row = math.floor(x / self.pitch[0]), math.floor(y / self.pitch[1])
        left, down = math.floor(x) - column * self.pitch[0], math.floor(y) - row * self.pitch[1]
        channel = row * self.columns + column
        if not (0 <= column < self.columns and 0 <= channel < self.shape[0]):
            return None
        if left >= self.tile[0] or down >= self.tile[1]:
            return None
        return Spot(channel, *(v // self.enlarge * self.shrink for v in (down, left)))


@dataclass(frozen=True)
class Sheet:
    """All blocks in order, from the top; `height` in pixels."""

    blocks: tuple[Block, ...]
    height: int

    @cached_property
    def by_number(self) -> dict[int, Block]:
        return {b.number: b for b in self.blocks}

    def between(self, top: float, bottom: float) -> list[Block]:
        """The blocks of which something lies between two pixel rows, their titles included."""
        return [b for b in self.blocks if b.title < bottom and b.bottom > top]


@dataclass(frozen=True)
class Pane:
    """The part of a sheet that is seen: through `body`, in canvas pixels, from pixel row `top` of the sheet on.

    `ratio` device pixels to a canvas pixel.
    """

    sheet: Sheet
    body: Rect
    ratio: float
    top: int

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in device pixels."""
        return round(self.body.width * self.ratio), round(self.body.height * self.ratio)

    @property
    def blocks(self) -> list[Block]:
        """What is in sight."""
        return self.sheet.between(self.top, self.top + self.size[1])

    def y(self, row: float) -> float:
        """Pixel row of the sheet -> canvas pixel."""
        return self.body.y + (row - self.top) / self.ratio

    def tile_rect(self, block: Block, channel: int, margin: int = 0) -> Rect:
        """The canvas pixels of a map, and `margin` device pixels around it."""
        (x, y), (width, height) = block.corner(channel), block.tile
        return self._rect(block.left + x - margin, block.top + y - margin, width + 2 * margin, height + 2 * margin)

    def spot_rect(self, block: Block, spot: Spot) -> Rect:
        """The canvas pixels of one value."""
        x, y = block.corner(spot.channel)
        across, down = (v // block.shrink * block.enlarge for v in (spot.x, spot.y))
        return self._rect(block.left + x + across, block.top + y + down, block.enlarge, block.enlarge)

    def _rect(self, x: float, y: float, width: float, height: float) -> Rect:
        return Rect(self.body.x + x / self.ratio, self.y(y), width / self.ratio, height / self.ratio)

    def block_at(self, x: float, y: float) -> Block | None:
        """The layer whose title or maps are at a canvas pixel."""
        row, column = self.top + (y - self.body.y) * self.ratio, (x - self.body.x) * self.ratio
        there = [b for b in self.sheet.between(row, row + 1e-6) if b.left <= column]
        return there[-1] if there and self.body.contains(x, y) else None

    def spot_at(self, block: Block, x: float, y: float) -> Spot | None:
        """The value of that layer at a canvas pixel; None in its title, in gutters and beside the maps."""
        return block.spot(
            (x - self.body.x) * self.ratio - block.left, self.top + (y - self.body.y) * self.ratio - block.top
        )


def lay_out(
    shapes: Iterable[tuple[int, tuple[int, int, int]]],
    width: int,
    ratio: float = 1.0,
    zoom: float = 1.0,
    input_zoom: float = 1.0,
) -> Sheet:
    """`shapes` gives (number, (D, H, W)) in order; `width` in device pixels, `ratio` of them to a point.

    The input is `input_zoom` times larger still. Crops stand beside it where there is room.
    """
    blocks: list[Block] = []
    y = 0
    for number, shape in shapes:
        if number == CROPS:
            blocks += _beside(blocks[-1], shape, width, ratio)
            continue
        top = y + round(TITLE * ratio)
        scale = zoom * (input_zoom if number < 0 else 1.0)
        blocks.append(_block(number, shape, width, ratio, scale, y, top))
        y = blocks[-1].bottom + round(SPACE * ratio)
    return Sheet(tuple(blocks), y)


@lru_cache(16)
def filling(
    shapes: tuple[tuple[int, tuple[int, int, int]], ...], size: tuple[int, int], ratio: float, zoom: float
) -> Sheet:
    """The sheet as large as all of it is seen in `size` (width, height) at once, if it can be, times `zoom`; then the
    input as large as there is still room for it."""
    width, height = size

    def fits(size: float) -> bool:
        return lay_out(shapes, width, ratio, size).height <= height

    if not fits(FITTING[0]):
        return lay_out(shapes, width, ratio, zoom)
    largest, best = max(filter(fits, FITTING)), 1.0
    for input_zoom in INPUT_ZOOMS:
        sheet = lay_out(shapes, width, ratio, largest, input_zoom)
        if sheet.height <= height and max(sheet.blocks[0].tile) <= INPUT_SIDE * ratio:
            best = input_zoom
    return lay_out(shapes, width, ratio, zoom * largest, best)


def _block(
    number: int, shape: tuple[int, int, int], room: int, ratio: float, zoom: float, title: int, top: int
) -> Block:
    count, height, width = shape
    gutter = max(round(GUTTERS[height * width == 1] * ratio), 1)
    wide = _wide(shape, room, ratio, ratio * zoom, gutter)
    row = _even(_row(shape, room, gutter, wide), shape, room, gutter)
    (across, down), columns = row.tile, row.columns
    spare = room + gutter - columns * (across + gutter)
    spread = min(spare // (columns - 1), round(4 * ratio)) if 1 < columns < count else 0
    pitch = across + gutter + spread, down + gutter
    return Block(number, shape, row.enlarge, row.shrink, columns, pitch, title, top)


class _Row(NamedTuple):
    """As many maps as there is room for."""

    enlarge: int
    shrink: int
    tile: tuple[int, int]
    columns: int


def _row(shape: tuple[int, int, int], room: int, gutter: int, wide: int) -> _Row:
    """Of maps that are at most `wide` pixels wide."""
    _, height, width = shape
    enlarge, shrink = max(wide // width, 1), max(-(-width // max(wide, 1)), 1)
    tile = _pixels(width, enlarge, shrink), _pixels(height, enlarge, shrink)
    return _Row(enlarge, shrink, tile, max((room + gutter) // (tile[0] + gutter), 1))


def _even(row: _Row, shape: tuple[int, int, int], room: int, gutter: int) -> _Row:
    """A last row with few maps is done without, where all are only a little smaller then, or else is filled."""
    count, whole = shape[0], shape[0] // row.columns
    if not whole or not 0 < count % row.columns <= LEFT * row.columns:
        return row
    closer = _row(shape, room, gutter, (room + gutter) // -(-count // whole) - gutter)
    if closer.columns * whole >= count and closer.tile[0] >= CLOSER * row.tile[0]:
        return closer._replace(columns=-(-count // whole))
    return row._replace(columns=-(-count // (whole + 1)))


def _beside(block: Block, shape: tuple[int, int, int], room: int, ratio: float) -> list[Block]:
    """A block about as high as the one at its left; none where there is no room."""
    _, height, width = shape
    high, gutter = block.tile[1], max(round(GUTTERS[0] * ratio), 1)
    enlarge, shrink = max(high // height, 1), max(-(-height // high), 1)
    tile = _pixels(width, enlarge, shrink), _pixels(height, enlarge, shrink)
    pitch, left = (tile[0] + gutter, tile[1] + gutter), block.size[0] + round(BESIDE * ratio)
    one = Block(CROPS, shape, enlarge, shrink, shape[0], pitch, block.title, block.top, left)
    return [one] if left + one.size[0] <= room else []


def _wide(shape: tuple[int, int, int], room: int, ratio: float, scale: float, gutter: int) -> int:
    """How many pixels wide a map may be: as many to a row as the wished size allows, then as large as they fit."""
    count, height, width = shape
    least, most = MAP_SIDE if height * width > 1 else UNIT_SIDE
    longer = min(max(math.sqrt(HEIGHT * room / ratio / count), least), most)
    longer = scale * max(longer, min(THIN * max(height, width) / min(height, width), LONG))
    side = min(longer * width / max(height, width), room)
    columns = max(int((room + gutter) / (side + gutter)), 1)
    return max((room + gutter) // columns - gutter, 1)


def _pixels(values: int, enlarge: int, shrink: int) -> int:
    return -(-values // shrink) * enlarge
