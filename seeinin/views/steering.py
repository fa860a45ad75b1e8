"""Moving through the matrix: pan, zoom, one cell, its neighbour, the whole, the selection."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from seeinin.geometry.matrix import Camera, Matrix, fit
from seeinin.pool import POOL
from seeinin.state.columns import Columns
from seeinin.state.linking import Linker, Rule
from seeinin.state.ranges import Warps
from seeinin.state.selection import Selection
from seeinin.store.reader import Layer

if TYPE_CHECKING:
    from seeinin.views.matrix import MatrixView

CLOSEST = 1e-4  # of the camera: cells across the view
FARTHEST = 1.5  # and how many times the matrix
AIR = 0.03  # share of the range left around a framed selection


class Steering:
    """Turns movements in pixels into cameras and axis ranges of the state."""

    def __init__(self, view: "MatrixView") -> None:
        self.view = view
        self.state = view.state

    def pan(self, dx: float, dy: float) -> None:
        if (matrix := self.view.matrix) is not None:
            self.state.move(kept(matrix, matrix.kept.moved(-dx / matrix.cell, -dy / matrix.cell)))

    def zoom(self, factor: float, x: float, y: float) -> None:
        """`factor` > 1 goes closer; what is under the pixel stays there."""
        if (matrix := self.view.matrix) is not None:
            most = FARTHEST * max(len(matrix.rows), len(matrix.columns))
            span = min(max(matrix.camera.span / factor, CLOSEST), most)
            camera = matrix.kept.zoomed(matrix.camera.span / span, *matrix.to_cells(x, y))
            self.state.move(kept(matrix, camera))

    def fit(self) -> None:
        """Show the whole matrix."""
        if (matrix := self.view.matrix) is not None:
            self.state.fit(fit(len(matrix.rows), len(matrix.columns), matrix.viewport))

    def frame_selection(self) -> None:
        """Stretch the axes of the visible channels to what is selected."""
        matrix, layer, selection = self.view.matrix, self.state.layer, self.state.selection
        if matrix is None or layer is None or selection is None:
            return
        work = POOL.now(
            selected_ranges,
            layer,
            self.view.columns,
            self.state.linker,
            selection,
            self.state.link,
            {channel: matrix.warp(channel) for channel in matrix.visible_channels()},
        )
        self.state.inbox.deliver(work, self.state.frame)

    def open_at(self, x: float, y: float) -> None:
        """Fill the view with the cell under the pixel; where it does already, go back to the cells around it.

        On an axis: give its channel its first range again.
        """
        matrix = self.view.matrix
        if matrix is None:
            return
        channel = self.axis_at(x, y)
        cell = matrix.cell_at(x, y)
        if channel is not None:
            self.state.reset_range(channel)
        elif cell is not None:
            whole = kept(matrix, Camera(cell[1] + 0.5, cell[0] + 0.5, 1.0))
            self.state.back() if matrix.kept == whole and self.state.can_go_back else self.state.jump(whole)

    def step(self, rows: int, columns: int) -> None:
        """To the neighbouring cell, keeping the zoom."""
        if (matrix := self.view.matrix) is not None:
            self.state.jump(kept(matrix, matrix.kept.moved(columns, rows)))

    def axis_at(self, x: float, y: float) -> int | None:
        """The channel whose axis strip, left of or below the plots, is under the pixel."""
        matrix = self.view.matrix
        if matrix is None or self.view.strip.band_at(x, y) is not None:
            return None
        left, top, width, height = matrix.viewport
        column, row = matrix.to_cells(x, y)
        if x < left and 0 <= row < len(matrix.rows) and top <= y < top + height:
            return matrix.rows[int(row)]
        if y >= top + height and 0 <= column < len(matrix.columns) and left <= x < left + width:
            return matrix.columns[int(column)]
        return None

    def stretch(self, channel: int, factor: float, x: float, y: float) -> None:
        """Make the axis of a channel `factor` times as long, around the value at the pixel."""
        matrix = self.view.matrix
        if matrix is None:
            return
        column, row = (int(np.floor(c)) for c in matrix.to_cells(x, y))
        on_rows = x < matrix.viewport.x
        axis = matrix.y_axis(row) if on_rows else matrix.x_axis(column)
        value = ((y if on_rows else x) - axis.offset) / axis.scale
        low, high = matrix.ranges[channel]
        self.state.stretch(channel, value + (low - value) * factor, value + (high - value) * factor)


def selected_ranges(
    layer: Layer, columns: Columns, linker: Linker, selection: Selection, link: Rule, channels: Warps
) -> dict[int, tuple[float, float]]:
    """{channel: (low, high)} of the selected points along its axis, with a little air; where they are all equal it
    stays."""
    mask = linker.points(selection, link, layer.number) > 0
    found = {}
    for channel, warp in channels.items():
        values = columns.get(layer, channel, warp)[mask].astype(np.float64)
        values = values[np.isfinite(values)]
        if values.size and values.min() < values.max():
            air = AIR * (values.max() - values.min())
            found[channel] = (float(values.min() - air), float(values.max() + air))
    return found


def kept(matrix: Matrix, camera: Camera) -> Camera:
    """The camera as far as the matrix lets it go."""
    return replace(matrix, camera=camera).kept
