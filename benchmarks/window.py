"""The matrix of `render` in a window that is shown, drawn anew for every frame: against an empty VisPy window.

Each in a process of its own on one virtual screen, or on yours where there is one: a frame ends when the screen has it.
"""

import os
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.open import Screen
from benchmarks.ours import seeinin_frame
from benchmarks.peers import Peer, PeerError
from benchmarks.report import Row, main
from benchmarks.scene import SIZE, Scene, same_dots

SCENE = Scene(side=10, points=10_000)
ROUNDS = 15
MORE = 10.0  # ms that ours may take beyond an empty frame

Frame = Callable[[], Callable[[], NDArray[np.uint8]]]


def empty_window(scene: Scene) -> Frame:
    from vispy.scene import SceneCanvas

    return shown(SceneCanvas(size=(SIZE, SIZE), app="pyqt6", show=True))


def seeinin_window(scene: Scene) -> Frame:
    from seeinin.visuals.canvas import Canvas
    from seeinin.visuals.picture import Picture

    canvas = Canvas("pyqt6", (SIZE, SIZE))
    canvas.native.show()
    picture, draw = Picture(parent=canvas.scene), seeinin_frame(scene)
    picture.place(0, 0, SIZE, SIZE)
    frame = shown(canvas)

    def drawn() -> Callable[[], NDArray[np.uint8]]:
        picture.set_array(draw())
        return frame()

    return drawn


def vispy_markers(scene: Scene) -> Frame:
    from vispy import scene as scenes

    canvas = scenes.SceneCanvas(size=(SIZE, SIZE), app="pyqt6", show=True)
    view = canvas.central_widget.add_view("panzoom")
    colours = np.c_[scene.colours, np.full(len(scene.slots), 255)].astype(np.float32) / np.float32(255)
    markers = scenes.visuals.Markers(parent=view.scene)
    markers.set_data(np.c_[scene.x, scene.y], size=1, edge_width=0, face_color=colours, symbol="square")
    view.camera.rect = (0, 0, scene.side, scene.side)
    return shown(canvas)


def pyqtgraph_scatter(scene: Scene) -> Frame:
    import pyqtgraph
    from PyQt6.QtGui import QImage

    application = pyqtgraph.mkQApp()
    widget, box = pyqtgraph.GraphicsView(), pyqtgraph.ViewBox()
    widget.resize(SIZE, SIZE)
    widget.setCentralItem(box)
    box.setRange(xRange=(0, scene.side), yRange=(0, scene.side), padding=0)
    brush = np.array([pyqtgraph.mkBrush(*colour) for colour in scene.palette])[scene.slots]
    box.addItem(pyqtgraph.ScatterPlotItem(scene.x, scene.y, size=1, pen=None, brush=brush, symbol="s"))
    widget.show()

    def pixels() -> NDArray[np.uint8]:
        image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        return np.frombuffer(image.bits().asstring(image.sizeInBytes()), np.uint8).reshape(SIZE, SIZE, 4)[..., 2::-1]

    def drawn() -> Callable[[], NDArray[np.uint8]]:
        widget.viewport().update()
        application.processEvents()
        application.sync()
        return pixels

    return drawn


def shown(canvas: object) -> Frame:
    """Draws a frame of a VisPy canvas in its window."""
    from PyQt6.QtGui import QImage
    from PyQt6.QtWidgets import QApplication

    application = QApplication.instance()
    widget = canvas.native  # type: ignore[attr-defined]

    def pixels() -> NDArray[np.uint8]:
        image = widget.grabFramebuffer().convertToFormat(QImage.Format.Format_RGB32)
        return np.frombuffer(image.bits().asstring(image.sizeInBytes()), np.uint8).reshape(SIZE, SIZE, 4)[..., 2::-1]

    def drawn() -> Callable[[], NDArray[np.uint8]]:
        widget.update()
        application.processEvents()
        application.sync()
        return pixels

    return drawn


PEERS = {
    "an empty window": empty_window,
    "ours": seeinin_window,
    "VisPy Markers": vispy_markers,
    "pyqtgraph ScatterPlotItem": pyqtgraph_scatter,
}


@contextmanager
def display() -> Iterator[dict[str, str]]:
    """The environment of a process that is to show a window."""
    if "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ:
        yield {}
        return
    with tempfile.TemporaryDirectory() as folder:
        screen = Screen(Path(folder))
        try:
            yield {"DISPLAY": screen.display}
        finally:
            screen.close()


def measure() -> list[Row]:
    lit, notes = SCENE.lit, {}
    with display() as environment, ExitStack() as stack:
        peers: dict[str, Peer] = {}
        for name, painter in PEERS.items():
            try:
                peers[name] = stack.enter_context(Peer(painter, SCENE, environment))
                _, picture = peers[name].frame(keep=True)
                if picture is None or (painter is not empty_window and not same_dots(lit, picture)):
                    raise PeerError("paints other dots")
            except PeerError as error:
                peers.pop(name, None)
                notes[name] = str(error)
        turns = [{name: peer.frame()[0] for name, peer in peers.items()} for _ in range(ROUNDS)]
    return rows({name: 1000 * statistics.median(turn[name] for turn in turns) for name in peers}, notes)


def rows(took: dict[str, float], notes: dict[str, str]) -> list[Row]:
    case, ours, bare = "10 × 10 × 10,000 points in a window", took.get("ours"), took.get("an empty window")
    promised = None if bare is None else bare + MORE
    note = notes.get("ours") or notes.get("an empty window") or ""
    peers = [name for name in PEERS if name != "ours"]
    return [
        Row("window", case, ours, "ms", f"an empty window + {MORE:g} ms", promised, 1, note),
        *(Row("window", case, ours, "ms", name, took.get(name), note=notes.get(name, "")) for name in peers),
    ]


if __name__ == "__main__":
    main(measure, __doc__)
