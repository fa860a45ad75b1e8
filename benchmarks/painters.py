"""The peers of `render`: the same million points on the same 1000 × 1000 pixels, each peer in its fastest idiom.

Every painter takes `Plots` and gives a function that draws one frame anew, uint8 (SIZE, SIZE, 3), first row at the top.
Everything that need not be done again in each frame of a pan (upload, colours, brushes) is done before.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

os.environ |= {"EGL_PLATFORM": "surfaceless", "QT_QPA_PLATFORM": "offscreen"}

SIZE = 1000
Draw = Callable[[], NDArray[np.uint8]]

VERTEX = """#version 120
attribute float x;
attribute float y;
attribute float colour;
uniform vec2 cell;
uniform float cells;
varying float slot;
void main() {
    gl_Position = vec4((vec2(x, y) + cell) * 2. / cells - 1., 0., 1.);
    gl_PointSize = 1.;
    slot = colour;
}"""
FRAGMENT = """#version 120
uniform vec3 palette[10];
varying float slot;
void main() { gl_FragColor = vec4(palette[int(slot + .5)], 1.); }"""


@dataclass(frozen=True)
class Plots:
    """`columns` float32 (D, P) in 0..1, `label` (P,) in 0..9, `palette` uint8 (10, 3); row r counts from the bottom."""

    columns: NDArray[np.float32]
    label: NDArray[np.int64]
    palette: NDArray[np.uint8]

    @property
    def x(self) -> NDArray[np.float32]:
        channels = range(len(self.columns))
        return np.concatenate([column + self.columns[column] for _ in channels for column in channels])

    @property
    def y(self) -> NDArray[np.float32]:
        channels = range(len(self.columns))
        return np.concatenate([row + self.columns[row] for row in channels for _ in channels])

    @property
    def colours(self) -> NDArray[np.uint8]:
        return self.palette[np.tile(self.label, len(self.columns) ** 2)]


def matplotlib_pixels(plots: Plots) -> Draw:
    """`plot` with the pixel marker, a call for each class: twenty times as fast as `scatter`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(SIZE / 100, SIZE / 100), dpi=100, facecolor="black")
    canvas, axes = FigureCanvasAgg(figure), figure.add_axes((0, 0, 1, 1))
    axes.axis("off")
    label = np.tile(plots.label, len(plots.columns) ** 2)
    for slot, colour in enumerate(plots.palette):
        axes.plot(plots.x[label == slot], plots.y[label == slot], ",", color=colour / 255)
    axes.set(xlim=(0, len(plots.columns)), ylim=(0, len(plots.columns)))

    def draw() -> NDArray[np.uint8]:
        canvas.draw()
        return np.asarray(canvas.buffer_rgba())[..., :3]

    return draw


def pyqtgraph_scatter(plots: Plots) -> Draw:
    import pyqtgraph
    from PyQt6.QtGui import QImage

    application = pyqtgraph.mkQApp()
    widget, box = pyqtgraph.GraphicsView(), pyqtgraph.ViewBox()
    widget.resize(SIZE, SIZE)
    widget.setCentralItem(box)
    box.setRange(xRange=(0, len(plots.columns)), yRange=(0, len(plots.columns)), padding=0)
    brushes = [pyqtgraph.mkBrush(*colour) for colour in plots.palette]
    brush = [brushes[slot] for slot in np.tile(plots.label, len(plots.columns) ** 2)]
    box.addItem(pyqtgraph.ScatterPlotItem(plots.x, plots.y, size=1, pen=None, brush=brush, symbol="s"))
    widget.show()
    application.processEvents()

    def draw() -> NDArray[np.uint8]:
        image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        return np.frombuffer(image.bits().asstring(image.sizeInBytes()), np.uint8).reshape(SIZE, SIZE, 4)[..., 2::-1]

    return draw


def vispy_markers(plots: Plots) -> Draw:
    from vispy import scene

    canvas = scene.SceneCanvas(size=(SIZE, SIZE), app="egl", show=False)
    view = canvas.central_widget.add_view("panzoom")
    colours = np.c_[plots.colours / 255, np.ones(len(plots.x))]
    markers = scene.visuals.Markers(parent=view.scene)
    markers.set_data(np.c_[plots.x, plots.y], size=1, edge_width=0, face_color=colours, symbol="square")
    view.camera.rect = (0, 0, len(plots.columns), len(plots.columns))
    return lambda: canvas.render()[..., :3]


def opengl_points(plots: Plots) -> Draw:
    """VisPy's gloo, one program and a draw for each cell."""
    from vispy import app, gloo

    canvas = app.Canvas(size=(SIZE, SIZE), app="egl", show=False)
    canvas.set_current()
    program = gloo.Program(VERTEX, FRAGMENT)
    for slot, colour in enumerate(plots.palette):
        program[f"palette[{slot}]"] = (colour / 255).astype(np.float32)
    buffers = [gloo.VertexBuffer(column) for column in plots.columns]
    program["colour"] = gloo.VertexBuffer(plots.label.astype(np.float32))
    program["cells"] = len(buffers)
    target = gloo.FrameBuffer(gloo.RenderBuffer((SIZE, SIZE, 4)))

    def draw() -> NDArray[np.uint8]:
        canvas.set_current()
        with target:
            gloo.set_viewport(0, 0, SIZE, SIZE)
            gloo.set_state(depth_test=False, blend=False)
            gloo.clear("black")
            for row, program["y"] in enumerate(buffers):
                for column, program["x"] in enumerate(buffers):
                    program["cell"] = column, row
                    program.draw("points")
            return gloo.read_pixels((0, 0, SIZE, SIZE))[..., :3]

    return draw


PAINTERS = {
    "matplotlib plot(',')": matplotlib_pixels,
    "pyqtgraph ScatterPlotItem": pyqtgraph_scatter,
    "VisPy Markers": vispy_markers,
    "OpenGL points, a draw a cell": opengl_points,
}
