"""The points of the visible cells, drawn by OpenGL itself.

They need no kernels, so they are the first picture while numba is still loading; where OpenGL is hardware, they are
drawn exactly at every move, and workers count the ids for the mouse behind them.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from seeinin.geometry.colours import palette_rgba
from seeinin.geometry.matrix import Matrix
from seeinin.geometry.steps import steps_rgba
from seeinin.geometry.warp import Warp
from seeinin.pool import POOL
from seeinin.state.slots import HIDDEN, REST
from seeinin.state.state import ViewerState
from seeinin.store.reader import Layer
from seeinin.views.theme import Theme
from seeinin.visuals.canvas import Canvas
from seeinin.visuals.points import Axis, Cell, Points

INVISIBLE = 15  # the palette entry that hidden classes get
SOFTWARE = ("llvmpipe", "softpipe", "swrast", "software", "swiftshader", "basic render")  # names of such drivers
MOST_SOFTWARE, MOST_HARDWARE = 300_000, 200_000_000  # points of all cells that a frame may take

Key = tuple[int, int, Warp]  # of a column: layer, channel, and how its values are spread


def is_hardware(canvas: Canvas) -> bool:
    """Whether a graphics card draws."""
    driver = canvas.opengl.lower()
    return not any(name in driver for name in SOFTWARE)


class Cloud:
    """One node for all cells: columns are uploaded once and shared by the cells that show them."""

    def __init__(self, state: ViewerState, canvas: Canvas, arrived: Callable[[], None]) -> None:
        """`arrived` is called when columns that were missing are in memory."""
        self.state, self.arrived = state, arrived
        self.columns = state.sources.columns
        self.node = Points(parent=canvas.scene)
        self.node.visible = False
        self._reading: set[Key] = set()
        self._dressed: tuple[object, ...] = ()

    def prepare(self, matrix: Matrix, theme: Theme, most: int) -> bool:
        """Make the node ready to draw at most so many points of what the state shows; whether it is ready.

        Columns that are missing are read meanwhile.
        """
        layer = self.state.layer
        if layer is None:
            return False
        channels = matrix.visible_channels()
        keys = [(layer.number, channel, matrix.warp(channel)) for channel in channels]
        held = {key: self.columns.held_column(layer, *key[1:]) for key in keys}
        wanted = [key for key, column in held.items() if column is None]
        if wanted:
            self._read(layer, wanted)
            return False
        self.node.set_columns({key: held[key] for key in self.node.missing(keys)})
        self._dress(layer, theme)
        cells = list(_cells(matrix, layer.number))
        self.node.count = min(layer.points, max(most // max(len(cells), 1), 1))
        self.node.clip = matrix.viewport
        self.node.set_cells(cells)
        return True

    def _dress(self, layer: Layer, theme: Theme) -> None:
        """Colours, sizes and the selection; uploaded where they changed."""
        state = self.state
        self.node.size, self.node.alpha = state.point_size, state.opacity
        look = (layer.number, theme, state.slots, state.hidden, state.colour_by, state.selection, state.link)
        if look == self._dressed:
            return
        self._dressed = look
        slot, repeat, scale = state.sources.colours.of(state.colour_by, layer, state.slots, state.hidden)
        palette = palette_rgba(dark=theme.dark)
        if scale:
            palette[:REST] = steps_rgba(dark=theme.dark)
        self.node.set_palette(
            [*palette[: REST + 1], *[palette[REST]] * (INVISIBLE - REST - 1), (0, 0, 0, 0)], palette[REST]
        )
        self.node.set_colour(np.where(slot == HIDDEN, np.uint8(INVISIBLE), slot), repeat)
        if state.selection is None:
            self.node.set_share(None)
        else:
            share = state.linker.share(state.selection, state.link, layer.number)
            self.node.set_share(share.strength, share.repeat)

    def _read(self, layer: Layer, keys: list[Key]) -> None:
        for key in keys:
            if key not in self._reading:
                self._reading.add(key)
                column = POOL.now(self.columns.get, layer, *key[1:])
                column.add_done_callback(partial(self._read_one, key))
                self.state.inbox.deliver(column, self._have)

    def _read_one(self, key: Key, _: object) -> None:
        self._reading.discard(key)

    def _have(self, _: np.ndarray) -> None:
        if not self._reading:
            self.arrived()


def _cells(matrix: Matrix, layer: int) -> list[Cell]:
    found = []
    for i, j in matrix.visible_cells():
        if not matrix.is_diagonal(i, j):
            x, y = ((layer, channel, matrix.warp(channel)) for channel in (matrix.columns[j], matrix.rows[i]))
            axes = (Axis(a.scale, a.offset, a.low, a.high) for a in (matrix.x_axis(j), matrix.y_axis(i)))
            found.append(Cell(x, y, matrix.cell_rect(i, j), *axes))
    return found
