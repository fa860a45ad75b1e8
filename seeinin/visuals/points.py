"""Points: every scatter plot of a matrix with one program, D columns for D² cells, one instanced draw a cell."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import partial
from math import inf
from time import perf_counter
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from vispy.gloo import gl
from vispy.scene.visuals import create_visual_node

from seeinin.visuals.columns import Columns
from seeinin.visuals.pixels import CORNERS, Frame, PixelVisual, Rect, intersection
from seeinin.visuals.raw import Buffer, Bytes, RawProgram

VERTEX = """
uniform vec3 u_x;              // clip = (value - u_x[0]) * u_x[1] + u_x[2]
uniform vec3 u_y;
uniform vec4 u_range;          // of the axes: x from, y from, x to, y to
uniform vec4 u_palette[17];    // RGBA of the slots, and of all that have none
uniform vec4 u_look;           // diameter in physical pixels, opacity; diameter of a quad in clip coordinates
uniform float u_turn;          // 0: all points, 1: the unselected, 2: the selected
attribute float a_x;
attribute float a_y;
attribute float a_slot;
attribute float a_share;       // how selected, 0 to 255
varying vec4 v_colour;
void place() {
    vec2 value = clamp(vec2(a_x, a_y), u_range.xy, u_range.zw);
    vec2 clip = (value - vec2(u_x.x, u_y.x)) * vec2(u_x.y, u_y.y) + vec2(u_x.z, u_y.z);
    bool waits = u_turn > 0.5 && (a_share > 0.5) != (u_turn > 1.5);
    bool nowhere = max(abs(a_x), abs(a_y)) > 3.4e38;  // infinite: on no axis
    gl_Position = waits || nowhere ? vec4(3.0, 3.0, 3.0, 1.0) : vec4(clip, 0.0, 1.0);
    v_colour = u_palette[int(min(a_slot, 16.0))];
    v_colour.a *= u_turn > 1.5 ? u_look.y * a_share / 255.0 : u_look.y;
}
"""
FRAGMENT = """
uniform vec4 u_look;
varying vec4 v_colour;
void shade(vec2 from_centre) {  // in diameters of what is drawn: one pixel more than the point, for a soft edge
    float inside = 0.5 * u_look.x + 0.5 - length(from_centre) * (u_look.x + 1.0);
    gl_FragColor = vec4(v_colour.rgb, u_look.x > 1.0 ? v_colour.a * clamp(inside, 0.0, 1.0) : v_colour.a);
}
"""
SPRITES = (
    VERTEX + "void main() { place(); gl_PointSize = u_look.x > 1.0 ? u_look.x + 1.0 : 1.0; }",
    FRAGMENT + "void main() { shade(gl_PointCoord - 0.5); }",
)
QUADS = (
    VERTEX
    + """attribute vec2 a_corner;
    varying vec2 v_corner;
    void main() { place(); v_corner = a_corner - 0.5; gl_Position.xy += v_corner * u_look.zw; }""",
    FRAGMENT + "varying vec2 v_corner; void main() { shade(v_corner); }",
)
NO_SLOT = 16
MEASURED = 20_000  # points from which drawing them tells how fast OpenGL is


class Axis(NamedTuple):
    """Where values stand: pixel = value · scale + offset, and values beyond low and high on the edge."""

    scale: float
    offset: float
    low: float
    high: float

    def aim(self, middle: float, clip_scale: float, clip_offset: float) -> tuple[float, float, float]:
        """What the shader needs so that float32 is exact to a pixel near `middle`: a value there, scale, offset."""
        value = float(np.float32((middle - self.offset) / self.scale))
        return value, self.scale * clip_scale, (value * self.scale + self.offset) * clip_scale + clip_offset

    def range(self, pixel: float) -> tuple[float, float]:
        """From where to where values are drawn: half a pixel inside, so that what lies beyond marks the edge."""
        half = abs(0.5 * pixel / self.scale)
        return self.low + half, self.high - half


class Cell(NamedTuple):
    """One scatter plot: column `x` against column `y`, seen through a rectangle of canvas pixels."""

    x: Hashable
    y: Hashable
    rect: Rect
    x_axis: Axis
    y_axis: Axis


class PointsVisual(PixelVisual):
    """All points of all cells, round and soft; where something is selected, the selected ones on top.

    A point is a vertex of its own, one an instance, or the same without instances where each point has its own bytes;
    with `quads` it is four vertices an instance. `budget` is the memory for columns on the GPU, in bytes.
    Plain attributes are read at the next drawing.

    100 cells of 10,000 points on 1000 × 1000 pixels with llvmpipe on two cores (busy ones: what counts is the ratio):
    a byte a point 227 ms at size 1 and 343 ms at size 3, instances 532 and 664, quads 594 and 814. So where bytes are
    cheap, `numpy.repeat` of them is faster than `repeat`. A cell costs 0.03 ms before its points.
    """

    def __init__(self, *, quads: bool = False, budget: int = 2**30) -> None:
        super().__init__(*(QUADS if quads else SPRITES))
        self._quads = quads
        self._corners: Buffer | None = None
        self.budget = budget
        self._columns = Columns(budget)
        self._slots = Bytes()
        self._share = Bytes()
        self._selecting = False
        self._palette = np.ones((NO_SLOT + 1, 4))
        self._cells: list[Cell] = []
        self.size = 3.0  # diameter in canvas pixels
        self.alpha = 0.8
        self.faint = (0.7, 0.25)  # what is left of both for the unselected, while something is selected
        self.rate = 0.0  # points a second that OpenGL drew last, measured where they were many; 0 until it is known
        self.count: int | None = None  # only the first so many points: any prefix is a uniform sample

    def set_columns(self, columns: Mapping[Hashable, np.ndarray]) -> None:
        """Add columns by key, or replace them: float16 or float32 (P,); least recently drawn ones make room."""
        self._columns.add(columns)
        self.update()

    def missing(self, keys: Iterable[Hashable]) -> list[Hashable]:
        """Which of these columns were never given, or had to make room."""
        return [key for key in keys if key not in self._columns]

    def set_palette(self, slots: ArrayLike, rest: ArrayLike) -> None:
        """Colour at most 16 slots with `slots` (n, 4), and all that have none with `rest` (4,): RGBA, 0 to 1."""
        slots = np.asarray(slots, np.float64).reshape(-1, 4)
        self._palette[:] = rest
        self._palette[: len(slots)] = slots
        self.update()

    def set_colour(self, slots: np.ndarray, repeat: int = 1) -> None:
        """Give each `repeat` points the next of `slots`, uint8 (P / repeat,): 0 to 15, or more for none.

        Points without it are not drawn.
        """
        self._slots.set(slots, repeat)
        self.update()

    def set_share(self, share: np.ndarray | None, repeat: int = 1) -> None:
        """Say how selected each `repeat` points are, uint8 (P / repeat,); None where nothing is selected at all."""
        self._selecting = share is not None
        if share is not None:
            self._share.set(share, repeat)
        self.update()

    def set_cells(self, cells: Iterable[Cell]) -> None:
        """Draw these cells instead of what was there; KeyError where a column is missing."""
        self._cells = list(cells)
        if missing := self.missing({key for cell in self._cells for key in (cell.x, cell.y)}):
            raise KeyError(f"columns without data: {missing}")
        self.update()

    def _paint(self, frame: Frame) -> None:
        if not self._cells or not self._slots.points:
            return
        slots = self._slots
        share = self._share if self._selecting else slots  # all attributes must be fed, needed or not
        instanced = self._quads or max(slots.repeat, share.repeat) > 1
        self.view_program.build_if_needed()
        self.view_program.update_variables()
        with RawProgram(self.transforms.canvas.context, self.view_program, instanced=instanced) as program:
            self._columns.upload(key for cell in self._cells for key in (cell.x, cell.y))
            program.set_array("u_palette", self._palette)
            program.feed("a_slot", slots.buffer(), slots.repeat)
            program.feed("a_share", share.buffer(), share.repeat)
            if self._quads:
                self._corners = self._corners or Buffer(CORNERS)
                program.feed("a_corner", self._corners, every=0)
            self._time(partial(self._draw_cells, program, frame, min(slots.points, share.points)))

    def _time(self, draw: Callable[..., int]) -> None:
        """Draw, and measure how fast; at first OpenGL compiles, so then it draws some again that nobody sees."""
        start, drawn = perf_counter(), draw()
        if drawn < MEASURED:
            return
        gl.glFinish()
        if not self.rate:
            gl.glColorMask(False, False, False, False)
            start, drawn = perf_counter(), draw(MEASURED)
            gl.glFinish()
            gl.glColorMask(True, True, True, True)
        self.rate = drawn / (perf_counter() - start)

    def _draw_cells(self, program: RawProgram, frame: Frame, limit: int, most: float = inf) -> int:
        """Draw cell by cell until there are `most` points; returns how many there are."""
        drawn = 0
        for cell in self._cells:
            if drawn < most:
                drawn += self._draw(program, frame, cell, limit)
        return drawn

    def _draw(self, program: RawProgram, frame: Frame, cell: Cell, limit: int) -> int:
        rect = cell.rect if self.clip is None else intersection(cell.rect, self.clip)
        if rect[2] <= 0 or rect[3] <= 0:
            return 0
        x, y = self._columns[cell.x], self._columns[cell.y]
        scale_x, scale_y, offset_x, offset_y = frame.clip
        program.scissor(*frame.scissor(rect))
        program.set("u_x", *cell.x_axis.aim(rect[0] + rect[2] / 2, scale_x, offset_x))
        program.set("u_y", *cell.y_axis.aim(rect[1] + rect[3] / 2, scale_y, offset_y))
        (left, right), (bottom, top) = (axis.range(1 / frame.ratio) for axis in (cell.x_axis, cell.y_axis))
        program.set("u_range", left, bottom, right, top)
        program.feed("a_x", x)
        program.feed("a_y", y)
        count = min(limit, x.count, y.count, *([] if self.count is None else [self.count]))
        for turn in (1, 2) if self._selecting else (0,):
            self._look(program, frame, turn)
            program.draw(4 if self._quads else 1, count)
        return count

    def _look(self, program: RawProgram, frame: Frame, turn: int) -> None:
        """Set what differs between all points (turn 0), the unselected (1) and the selected ones (2)."""
        less_size, less_alpha = self.faint if turn == 1 else (1.0, 1.0)
        size = self.size * less_size * frame.ratio
        drawn = size + 1.0 if size > 1.0 else 1.0
        program.set("u_turn", turn)
        program.set("u_look", size, self.alpha * less_alpha, drawn * 2 / frame.size[0], drawn * 2 / frame.size[1])


Points = create_visual_node(PointsVisual)
