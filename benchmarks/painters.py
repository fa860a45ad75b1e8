"""Peers of `render` and `cell` that run everywhere: the same points on the same pixels, each in its fastest idiom.

A painter takes a `Scene` and gives a function that draws one frame anew, uint8 (SIZE, SIZE, 3), first row at the top.
Everything that need not be done again in each frame of a pan (upload, colours, brushes) is done before.
"""

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers import Draw
from benchmarks.scene import SIZE, Scene

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


def matplotlib_pixels(scene: Scene) -> Draw:
    """`plot` with the pixel marker, a call for each class: twenty times as fast as `scatter`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(SIZE / 100, SIZE / 100), dpi=100, facecolor="black")
    canvas, axes = FigureCanvasAgg(figure), figure.add_axes((0, 0, 1, 1))
    axes.axis("off")
    x, y, slots = scene.x, scene.y, scene.slots
    for slot, colour in enumerate(scene.palette):
        axes.plot(x[slots == slot], y[slots == slot], ",", color=colour / 255)
    axes.set(xlim=(0, scene.side), ylim=(0, scene.side))

    def draw() -> NDArray[np.uint8]:
        canvas.draw()
        return np.asarray(canvas.buffer_rgba())[..., :3]

    return draw


def pyqtgraph_scatter(scene: Scene) -> Draw:
    import pyqtgraph
    from PyQt6.QtGui import QImage

    application = pyqtgraph.mkQApp()
    widget, box = pyqtgraph.GraphicsView(), pyqtgraph.ViewBox()
    widget.resize(SIZE, SIZE)
    widget.setCentralItem(box)
    box.setRange(xRange=(0, scene.side), yRange=(0, scene.side), padding=0)
    brushes = np.array([pyqtgraph.mkBrush(*colour) for colour in scene.palette])
    brush = brushes[scene.slots]
    box.addItem(pyqtgraph.ScatterPlotItem(scene.x, scene.y, size=1, pen=None, brush=brush, symbol="s"))
    widget.show()
    application.processEvents()

    def draw() -> NDArray[np.uint8]:
        image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        return np.frombuffer(image.bits().asstring(image.sizeInBytes()), np.uint8).reshape(SIZE, SIZE, 4)[..., 2::-1]

    return draw


def vispy_markers(scene: Scene) -> Draw:
    from vispy import scene as scenes

    canvas = scenes.SceneCanvas(size=(SIZE, SIZE), app="egl", show=False)
    view = canvas.central_widget.add_view("panzoom")
    colours = np.c_[scene.colours, np.full(len(scene.slots), 255)].astype(np.float32) / np.float32(255)
    markers = scenes.visuals.Markers(parent=view.scene)
    markers.set_data(np.c_[scene.x, scene.y], size=1, edge_width=0, face_color=colours, symbol="square")
    view.camera.rect = (0, 0, scene.side, scene.side)
    return lambda: canvas.render()[..., :3]


def opengl_points(scene: Scene) -> Draw:
    """VisPy's gloo, one program, the columns shared, and a draw for each cell."""
    from vispy import app, gloo

    canvas = app.Canvas(size=(SIZE, SIZE), app="egl", show=False)
    canvas.set_current()
    program = gloo.Program(VERTEX, FRAGMENT)
    for slot, colour in enumerate(scene.palette):
        program[f"palette[{slot}]"] = (colour / 255).astype(np.float32)
    buffers = [gloo.VertexBuffer(column) for column in scene.columns]
    program["colour"] = gloo.VertexBuffer(scene.label.astype(np.float32))
    program["cells"] = scene.side
    target = gloo.FrameBuffer(gloo.RenderBuffer((SIZE, SIZE, 4)))

    def draw() -> NDArray[np.uint8]:
        canvas.set_current()
        with target:
            gloo.set_viewport(0, 0, SIZE, SIZE)
            gloo.set_state(depth_test=False, blend=False)
            gloo.clear("black")
            for row, column in scene.plots:
                program["x"], program["y"] = (buffers[channel] for channel in scene.channels(row, column))
                program["cell"] = column, row
                program.draw("points")
            return gloo.read_pixels((0, 0, SIZE, SIZE))[..., :3]

    return draw


def datashader_counts(scene: Scene) -> Draw:
    """Counts per class, then `shade`: as ours, it draws what it has counted."""
    import datashader
    import pandas
    from datashader import transfer_functions

    slots = pandas.Categorical.from_codes(scene.slots, categories=range(len(scene.palette)))
    table = pandas.DataFrame({"x": scene.x, "y": scene.y, "slot": slots})
    canvas = datashader.Canvas(SIZE, SIZE, x_range=(0, scene.side), y_range=(0, scene.side))
    colours = {slot: "#" + bytes(colour).hex() for slot, colour in enumerate(scene.palette)}

    def draw() -> NDArray[np.uint8]:
        counts = canvas.points(table, "x", "y", datashader.count_cat("slot"))
        image = transfer_functions.shade(counts, color_key=colours, how="linear", min_alpha=255)
        image = transfer_functions.set_background(image, "black")
        return np.asarray(image.data).view(np.uint8).reshape(SIZE, SIZE, 4)[::-1, :, :3]

    return draw
