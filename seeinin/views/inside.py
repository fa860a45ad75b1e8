"""The points of one plot, and which of them lie inside a shape that was drawn over it. Work for the pool."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.matrix import Matrix
from seeinin.pool import POOL
from seeinin.state.columns import Columns
from seeinin.state.selection import Selection, chosen
from seeinin.store.reader import Layer


@dataclass(frozen=True, eq=False)
class Plot:
    """Cell (i, j) of `matrix`, in canvas pixels. `drawn` bool (N): the images that are not hidden."""

    layer: Layer
    columns: Columns
    matrix: Matrix
    i: int
    j: int
    drawn: NDArray[np.bool_]

    def in_polygon(self, polygon: NDArray[np.float64]) -> Selection:
        """The points inside a polygon (V, 2) of pixels; on the diagonal, the values between its left and right end."""
        from seeinin.geometry.polygon import in_rectangle, inside

        vertices = np.stack(self.matrix.to_data(self.i, self.j, polygon[:, 0], polygon[:, 1]), axis=1)
        across, down = self.matrix.columns[self.j], self.matrix.rows[self.i]
        x, y = self._column(across), self._column(down)
        if across == down:
            interval = float(vertices[:, 0].min()), float(vertices[:, 0].max())
            return self._chosen(in_rectangle(POOL, (interval, (-np.inf, np.inf)), x, x))
        return self._chosen(inside(POOL, vertices, x, y, (self.matrix.ranges[across], self.matrix.ranges[down])))

    def touched(self, line: NDArray[np.float64], radius: float) -> Selection:
        """The points drawn on pixels whose middle lies within `radius` of a polyline (V, 2) of pixels."""
        x, y = self._pixels()
        near = np.isfinite(x) & np.isfinite(y)
        (left, top), (right, bottom) = line.min(axis=0) - radius, line.max(axis=0) + radius
        near &= (x >= left) & (x <= right) & (y >= top) & (y <= bottom)
        at = np.flatnonzero(near)
        close = np.zeros(at.size, bool)
        ends = line[1:] if len(line) > 1 else line
        for a, b in zip(line[: len(ends)], ends, strict=True):
            close |= _distance(x[at], y[at], a, b) <= radius
        near[at] = close
        return self._chosen(near)

    def nearest(self, x: float, y: float, count: int, *, images: bool = False) -> Selection:
        """The `count` points drawn nearest to a pixel, or so many images with such points; of equally near ones the
        first."""
        across, down = self._pixels()
        distance = np.hypot(across - x, down - y)
        distance[np.isnan(distance) | ~np.repeat(self.drawn, self.layer.positions)] = np.inf
        if images:
            distance = distance.reshape(-1, self.layer.positions).min(axis=1)
        order = np.argsort(distance, kind="stable")[: min(count, int(np.isfinite(distance).sum()))]
        mask = np.zeros(distance.size, bool)
        mask[order] = True
        return chosen(None if images else self.layer.number, mask)

    def _pixels(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where every point is drawn, float64 (P,) each; on the diagonal at the height of the cell's middle."""
        across, down = self.matrix.x_axis(self.j), self.matrix.y_axis(self.i)
        x = np.clip(self._column(self.matrix.columns[self.j]).astype(np.float64), across.low, across.high)
        if self.matrix.is_diagonal(self.i, self.j):
            box = self.matrix.cell_rect(self.i, self.j)
            return x * across.scale + across.offset, np.full(x.size, box.y + box.height / 2)
        y = np.clip(self._column(self.matrix.rows[self.i]).astype(np.float64), down.low, down.high)
        return x * across.scale + across.offset, y * down.scale + down.offset

    def _column(self, channel: int) -> NDArray[np.floating]:
        """Coordinates along its axis: what is drawn is what is tested, so that a straight edge is one on the screen."""
        return self.columns.get(self.layer, channel, self.matrix.warp(channel))

    def _chosen(self, mask: NDArray[np.generic]) -> Selection:
        mask.reshape(-1, self.layer.positions)[~self.drawn] = 0
        return chosen(self.layer.number, mask)


def _distance(
    x: NDArray[np.float64], y: NDArray[np.float64], a: NDArray[np.float64], b: NDArray[np.float64]
) -> NDArray[np.float64]:
    """From points to the segment from a to b."""
    (along_x, along_y), length = b - a, float(((b - a) ** 2).sum())
    share = np.clip(((x - a[0]) * along_x + (y - a[1]) * along_y) / length, 0, 1) if length else 0.0
    distance: NDArray[np.float64] = np.hypot(x - a[0] - share * along_x, y - a[1] - share * along_y)
    return distance
