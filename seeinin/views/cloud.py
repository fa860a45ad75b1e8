"""The points of the visible cells, drawn by OpenGL itself.

They need no kernels, so they are the first picture while numba is still loading; where a graphics card draws them
within a frame, they are drawn exactly at every move, and workers count the ids for the mouse behind them.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from seeinin.geometry.colours import palette_rgba
from seeinin.geometry.matrix import Matrix
from seeinin.geometry.steps import steps_rgba
from seeinin.geometry.warp import Warp
from seeinin.pool import POOL, Latest, Token
from seeinin.state.colouring import ColourBy
from seeinin.state.columns import Columns
from seeinin.state.linking import Rule
from seeinin.state.selection import Selection
from seeinin.state.slots import HIDDEN, REST, Slots
from seeinin.state.sources import Sources
from seeinin.state.state import ViewerState
from seeinin.store.reader import Layer
from seeinin.views.theme import Theme
from seeinin.visuals.canvas import Canvas
from seeinin.visuals.points import MEASURED, Axis, Cell, Points

INVISIBLE = 15  # the palette entry that hidden classes get
FIRST = 300_000  # points of all cells that are drawn before it is known how many OpenGL can draw
FAST = 5e7  # points a second of a graphics card; counting them is faster than what a processor draws
FRAME = 1 / 30  # s

Key = tuple[int, int, Warp]  # of a column: layer, channel, and how its values are spread


class Cloud:
    """One node for all cells: columns are uploaded once and shared by the cells that show them."""

    def __init__(self, state: ViewerState, canvas: Canvas, arrived: Callable[[], None]) -> None:
        """`arrived` is called when columns that were missing are in memory."""
        self.state, self.arrived = state, arrived
        self.columns = state.sources.columns
        self.node = Points(parent=canvas.scene)
        self.node.visible = False
        self._asked: set[Key] = set()
        self._masked: dict[Key, np.ndarray] = {}
        self._latest = Latest(POOL.now)
        self._wanted: Look | None = None
        self._worn: Look | None = None

    def would_tell(self, matrix: Matrix) -> bool:
        """Whether drawing the visible cells tells how fast OpenGL is, which nobody knows yet."""
        return not self.node.rate and self._points(matrix) >= MEASURED

    @property
    def has_card(self) -> bool:
        """Whether OpenGL was measured to be as fast as graphics cards are."""
        return self.node.rate >= FAST

    def is_fast(self, matrix: Matrix) -> bool:
        """Whether OpenGL draws all points of the visible cells within a frame, as fast as it was measured to be."""
        return self.has_card and self._points(matrix) <= FRAME * self.node.rate and self._has_room(matrix)

    def _points(self, matrix: Matrix) -> int:
        layer, cells = self.state.layer, len(matrix.visible_rows()) * len(matrix.visible_columns())
        return 0 if layer is None else cells * layer.points

    def _has_room(self, matrix: Matrix) -> bool:
        """Whether the columns of the visible cells fit into memory, on both sides of the bus."""
        layer = self.state.layer
        size = 0 if layer is None else len(matrix.visible_channels()) * layer.points * layer.dtype.itemsize
        return size <= min(self.columns.budget, self.node.budget)

    def prepare(self, matrix: Matrix, theme: Theme) -> bool:
        """Make the node ready to draw what the state shows, some of it until OpenGL is measured; whether it is ready.

        Columns that are missing are read meanwhile.
        """
        layer = self.state.layer
        if layer is None or not self._has_room(matrix):
            return False
        channels = matrix.visible_channels()
        keys = [(layer.number, channel, matrix.warp(channel)) for channel in channels]
        held = {key: self.columns.held_column(layer, *key[1:]) for key in keys}
        wanted = [key for key, column in held.items() if column is None]
        if wanted:
            self._read(layer, wanted)
            return False
        missing = self.node.missing(keys)
        waiting = [key for key in missing if not self.columns.all_finite(layer, key[1]) and key not in self._masked]
        if waiting:
            self._ask(waiting, partial(_masked, self.columns, layer), self._masked.__setitem__)
            return False
        self.node.set_columns({key: self._masked.pop(key, held[key]) for key in missing})
        if not self._dress(layer, theme):
            return False
        cells = list(_cells(matrix, layer.number))
        self.node.count = layer.points if self.is_fast(matrix) else max(FIRST // max(len(cells), 1), 1)
        self.node.clip = matrix.viewport
        self.node.set_cells(cells)
        return True

    def _dress(self, layer: Layer, theme: Theme) -> bool:
        """Colours, sizes and the selection; whether there are any for this layer. New ones are worked out meanwhile."""
        state = self.state
        self.node.size, self.node.alpha = state.point_size, state.opacity
        look = Look(layer, theme, state.slots, state.hidden, state.colour_by, state.selection, state.link)
        if look != self._wanted:
            self._wanted = look
            dress = self._latest.request(_dress, state.sources, look)
            state.inbox.deliver(dress, partial(self._put_on, look), partial(self._lose, look))
        return self._worn is not None and self._worn.layer is layer

    def _lose(self, look: "Look") -> None:
        if look == self._wanted:
            self._wanted = None

    def _put_on(self, look: "Look", dress: "Dress") -> None:
        self._worn = look
        palette = palette_rgba(dark=look.theme.dark)
        if dress.scale:
            palette[:REST] = steps_rgba(dark=look.theme.dark)
        rest = [palette[REST]] * (INVISIBLE - REST - 1)
        self.node.set_palette([*palette[: REST + 1], *rest, (0, 0, 0, 0)], palette[REST])
        self.node.set_colour(*dress.slots)
        self.node.set_share(*dress.share)
        self.arrived()

    def _read(self, layer: Layer, keys: list[Key]) -> None:
        self._ask(keys, partial(self.columns.get, layer), _keep_none)

    def _ask(self, keys: list[Key], work: Callable[..., np.ndarray], keep: Callable[[Key, np.ndarray], None]) -> None:
        """Have work done for channels, each once, and say so when all of them are there."""
        for key in keys:
            if key not in self._asked:
                self._asked.add(key)
                column = POOL.now(work, *key[1:])
                column.add_done_callback(partial(self._answered, key))
                self.state.inbox.deliver(column, partial(self._have, keep, key))

    def _answered(self, key: Key, _: object) -> None:
        self._asked.discard(key)

    def _have(self, keep: Callable[[Key, np.ndarray], None], key: Key, column: np.ndarray) -> None:
        keep(key, column)
        if not self._asked:
            self.arrived()


class Look(NamedTuple):
    """What colours and strengths depend on."""

    layer: Layer
    theme: Theme
    slots: Slots
    hidden: frozenset[int]
    colour_by: ColourBy
    selection: Selection | None
    link: Rule


class Dress(NamedTuple):
    """What the node is told of all points: arrays and how many points each entry is for."""

    slots: tuple[np.ndarray, int]
    scale: bool
    share: tuple[np.ndarray | None, int]


def _dress(token: Token, sources: Sources, look: Look) -> Dress:
    slot, repeat, scale = sources.colours.of(look.colour_by, look.layer, look.slots, look.hidden)
    slots = np.where(slot == HIDDEN, np.uint8(INVISIBLE), slot), repeat
    if look.selection is None:
        return Dress(slots, scale, (None, 1))
    share = sources.linker.share(look.selection, look.link, look.layer.number)
    return Dress(slots, scale, (share.strength, share.repeat))


def _keep_none(key: Key, column: np.ndarray) -> None:
    """The columns in memory have it already."""


def _masked(columns: Columns, layer: Layer, channel: int, warp: Warp) -> np.ndarray:
    """With infinity instead of NaN, of which the shaders could not tell that it is none: neither is drawn."""
    column = columns.get(layer, channel, warp)
    return np.where(np.isnan(column), column.dtype.type(np.inf), column)


def _cells(matrix: Matrix, layer: int) -> list[Cell]:
    found = []
    for i, j in matrix.visible_cells():
        if matrix.shows_points(i, j) and not matrix.is_upper(i, j):
            x, y = ((layer, channel, matrix.warp(channel)) for channel in (matrix.columns[j], matrix.rows[i]))
            axes = (Axis(a.scale, a.offset, a.low, a.high) for a in (matrix.x_axis(j), matrix.y_axis(i)))
            found.append(Cell(x, y, matrix.cell_rect(i, j), *axes))
    return found
