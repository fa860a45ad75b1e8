"""Peers of `render` and `cell` that draw with Vulkan: on a graphics card, or on the CPU where lavapipe is installed."""

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers import Draw
from benchmarks.scene import SIZE, Scene


def positions(scene: Scene) -> NDArray[np.float32]:
    x = scene.x
    return np.c_[x, scene.y, np.zeros_like(x)]


def rgba(scene: Scene) -> NDArray[np.uint8]:
    return np.c_[scene.colours, np.full(len(scene.slots), 255, np.uint8)]


def pygfx_points(scene: Scene) -> Draw:
    import pygfx
    from rendercanvas.offscreen import OffscreenRenderCanvas

    canvas = OffscreenRenderCanvas(size=(SIZE, SIZE), pixel_ratio=1)
    renderer = pygfx.renderers.WgpuRenderer(canvas, pixel_ratio=1, ppaa="none", pixel_filter="nearest")
    world = pygfx.Scene()
    world.add(pygfx.Background.from_color("black"))
    geometry = pygfx.Geometry(positions=positions(scene), colors=rgba(scene).astype(np.float32) / np.float32(255))
    world.add(pygfx.Points(geometry, pygfx.PointsMaterial(size=1, color_mode="vertex", aa=False)))
    camera = pygfx.OrthographicCamera(scene.side, scene.side, maintain_aspect=False)
    camera.local.position = scene.side / 2, scene.side / 2, 0
    canvas.request_draw(lambda: renderer.render(world, camera))
    return lambda: np.asarray(canvas.draw())[..., :3]


def fastplotlib_scatter(scene: Scene) -> Draw:
    """The figure is a little larger, because it keeps a border around its plot."""
    import fastplotlib

    figure = fastplotlib.Figure(canvas="offscreen", size=(SIZE, SIZE))
    plot = figure[0, 0]
    plot.toolbar = plot.axes.visible = False
    colours = rgba(scene).astype(np.float32) / np.float32(255)
    plot.add_scatter(positions(scene)[:, :2], colors=colours, sizes=1, mode="simple")
    figure.show()
    figure.canvas.draw()
    _, _, width, height = plot.viewport.rect
    figure.canvas.set_logical_size(2 * SIZE - width, 2 * SIZE - height)
    figure.canvas.draw()
    plot.camera.maintain_aspect = False
    plot.camera.show_rect(0, scene.side, 0, scene.side)
    plot.camera.zoom = 1
    left, top = (int(edge) for edge in plot.viewport.rect[:2])
    return lambda: np.asarray(figure.canvas.draw())[top : top + SIZE, left : left + SIZE, :3]


def datoviz_pixels(scene: Scene) -> Draw:
    """Its frame includes the upload: 0.3 draws a single one without a window, and aborts at the next."""
    import datoviz
    from PIL import Image

    app = datoviz.App(offscreen=True)
    figure = app.figure(SIZE, SIZE)
    places = positions(scene) * np.float32(2 / scene.side) - np.float32(1)
    places[:, 2] = 0
    figure.panel().add(app.pixel(position=places, color=rgba(scene), size=1))

    def draw() -> NDArray[np.uint8]:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "frame.png"
            app.screenshot(figure, str(file))
            return np.asarray(Image.open(file))[..., :3]

    return draw
