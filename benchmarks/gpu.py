"""How near to the card: the points of a matrix and of one cell, drawn and counted, against what bounds either.

Without Qt, by VisPy's EGL backend. Time on the card by OpenGL's timer query, where there is one, else until `glFinish`.
The simplest draw feeds as many vertices of two bytes to a shader that puts them all off the screen: that is the vertex
rate of the card, and nothing that draws points is faster. Counting them by compute shaders is bounded by reading the
columns and the colours instead, as the simplest shader does; its time is that of the viewer, until the sums are here.
Where OpenGL is software the sizes are small, and the figures are those of the processor.
"""

import ctypes
import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
from vispy import gloo
from vispy.gloo import gl
from vispy.gloo.gl.gl2 import _get_gl_func

from benchmarks.counted import counted
from benchmarks.report import Row, main, timed
from benchmarks.scene import SIZE, Scene
from seeinin.visuals.canvas import Canvas
from seeinin.visuals.points import Axis, Cell, Points
from seeinin.visuals.raw import Buffer, RawProgram

ROUNDS = 7
TIME_ELAPSED, RESULT = 0x88BF, 0x8866
NOWHERE = """#version 120
attribute float a_value;
void main() { gl_Position = vec4(a_value * 0.001 + 3.0, 3.0, 3.0, 1.0); gl_PointSize = 1.0; }"""
WHITE = "#version 120\nvoid main() { gl_FragColor = vec4(1.0); }"
AT_ONCE = 1 << 24  # vertices
BYTES = 2 * 2 + 2  # of a point: two halves, a slot and a share

SOFTWARE = ("llvmpipe", "softpipe", "swrast", "software", "swiftshader", "basic render")  # names of such drivers

Timer = Callable[[Callable[[], object]], float]


def is_hardware(canvas: Canvas) -> bool:
    return not any(name in canvas.opengl.lower() for name in SOFTWARE)


def timer(canvas: Canvas) -> tuple[Timer, str]:
    """Seconds that a call keeps the card busy, and how they are measured: Mesa's software tells of pixels only."""

    def until_finished(call: Callable[[], object]) -> float:
        gl.glFinish()
        return timed(lambda: (call(), canvas.context.flush_commands(), gl.glFinish()))

    if not is_hardware(canvas) or "GL_ARB_timer_query" not in gl.glGetParameter(gl.GL_EXTENSIONS).split():
        return until_finished, "until glFinish"
    number, pointer = ctypes.c_uint, ctypes.POINTER
    create = _get_gl_func("glGenQueries", None, (ctypes.c_int, pointer(number)))
    begin = _get_gl_func("glBeginQuery", None, (number, number))
    end = _get_gl_func("glEndQuery", None, (number,))
    result = _get_gl_func("glGetQueryObjectui64v", None, (number, number, pointer(ctypes.c_uint64)))
    query = number()
    create(1, ctypes.byref(query))

    def on_the_card(call: Callable[[], object]) -> float:
        gl.glFinish()
        begin(TIME_ELAPSED, query)
        call()
        canvas.context.flush_commands()
        end(TIME_ELAPSED)
        nanoseconds = ctypes.c_uint64()
        result(query, RESULT, ctypes.byref(nanoseconds))
        return nanoseconds.value / 1e9

    return on_the_card, "timer query"


@contextmanager
def drawing(canvas: Canvas) -> Iterator[None]:
    """Into a framebuffer of the canvas's size."""
    canvas.set_current()
    canvas.push_fbo(gloo.FrameBuffer(gloo.RenderBuffer((SIZE, SIZE, 4))), (0, 0), canvas.size)
    try:
        yield
    finally:
        canvas.pop_fbo()


def matrix(canvas: Canvas, scene: Scene, *, quads: bool, repeat: int) -> Points:
    """Opaque points of one pixel, as the viewer hands them to the card; `repeat` points share a byte of colour."""
    points, side = Points(parent=canvas.scene, quads=quads, budget=1 << 40), SIZE / scene.side
    points.set_columns({number: column.astype(np.float16) for number, column in enumerate(scene.columns)})
    points.set_palette(np.c_[scene.palette / 255, np.ones(len(scene.palette))], (1, 1, 1, 1))
    points.set_colour(np.ascontiguousarray(scene.label[::repeat]), repeat)
    points.size, points.alpha = 1.0, 1.0
    cells = []
    for row, column in scene.plots:
        x, y = scene.channels(row, column)
        across, down = Axis(side, column * side, 0, 1), Axis(-side, SIZE - row * side, 0, 1)
        cells.append(Cell(x, y, (column * side, SIZE - (row + 1) * side, side, side), across, down))
    points.set_cells(cells)
    return points


def simplest(canvas: Canvas, vertices: int) -> Callable[[], None]:
    """A draw of so many vertices that puts nothing on the screen."""
    program, buffer = gloo.Program(NOWHERE, WHITE), Buffer(np.zeros(min(vertices, AT_ONCE), np.float16))
    program["a_value"] = np.zeros(1, np.float32)
    program.draw("points")  # links it

    def draw() -> None:
        with RawProgram(canvas.context, program, instanced=False) as raw:
            raw.scissor(0, 0, SIZE, SIZE)
            raw.feed("a_value", buffer)
            for start in range(0, vertices, buffer.count):
                raw.draw(1, min(buffer.count, vertices - start))

    return draw


def compare(canvas: Canvas, scene: Scene) -> list[Row]:
    vertices, (measure_time, how) = scene.points * len(scene.plots), timer(canvas)
    with drawing(canvas):
        floor = simplest(canvas, vertices)
        floor()
        least = 1000 * statistics.median(measure_time(floor) for _ in range(ROUNDS))
    rows = []
    for way, quads, repeat in (("points", False, 1), ("instances", False, 10), ("quads", True, 10)):
        node = matrix(canvas, scene, quads=quads, repeat=repeat)
        with drawing(canvas):
            canvas._draw_scene()
            took = 1000 * statistics.median(measure_time(canvas._draw_scene) for _ in range(ROUNDS))
        node.parent = None
        rate, flow = vertices / took / 1e3, vertices * BYTES / took / 1e6
        note = f"{rate:,.0f} M points/s, {flow:.2g} GB/s, {100 * least / took:.0f} % of the limit; {how}"
        case = f"{scene.side} × {scene.side} × {scene.points:,} points, {way}"
        rows.append(Row("gpu", case, took, "ms", "the simplest draw", least, note=note))
    return rows


def measure() -> list[Row]:
    canvas = Canvas("egl", (SIZE, SIZE))
    canvas.render()
    hard = is_hardware(canvas)
    scenes = Scene(10, 1_000_000 if hard else 10_000), Scene(1, 100_000_000 if hard else 1_000_000)
    driver = canvas.opengl.partition("·")[2].strip()
    rows = [row for scene in scenes for row in (*compare(canvas, scene), *counted(scene))]
    return [replace(row, note=f"{row.note}; {driver}{'' if hard else ', no graphics card'}") for row in rows]


if __name__ == "__main__":
    main(measure, __doc__)
