"""The real viewer without a window: frames of a pan and a zoom, the first look, the exact picture.

A moving frame is what the thread of the window does for one event of the mouse: the state moves, the scene is drawn and
read back, while other threads count. Beside it stands an empty canvas of the same size, drawn and read back alike.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

import seeinin
from benchmarks.inputs import a_hundred_million, cache_of_images, config, ten_million
from benchmarks.report import Row, main, timed
from seeinin.geometry.matrix import Camera
from seeinin.geometry.warm import compile_kernels
from seeinin.pool import POOL
from seeinin.state.state import ViewerState
from seeinin.views.matrix import MatrixView
from seeinin.visuals.canvas import Canvas

SIZE = 1000
EVENTS = 60  # of the mouse in a pan or a zoom
FRAME, LOOK, HOVER, WAIT = 33.0, 50.0, 1.0, 5.0  # ms, promised
WHOLE = 1.2  # s for the 20 × 20 cells of conv1


@contextmanager
def viewer(path: Path) -> Iterator[MatrixView]:
    """The matrix view of the first layer of a cache, settled."""
    state, canvas = ViewerState(), Canvas("egl", (SIZE, SIZE))
    with seeinin.open(path) as cache:
        state.attach(cache)
        view = MatrixView(state, canvas)
        state.show_layer(0)
        settle(view)
        rate(view)
        yield view
    canvas.close()


def settle(view: MatrixView) -> None:
    assert view.state.inbox.run_until(lambda: view.state.view is not None and view.settled(), 300)


def rate(view: MatrixView) -> None:
    """Draw by OpenGL once, as the first picture in a window does: it tells how fast that is."""
    cloud, matrix = view.cloud, view.matrix
    assert matrix is not None
    if view.state.inbox.run_until(lambda: cloud.prepare(matrix, view.theme), 60):
        cloud.node.visible = True
        view.canvas.render()
        view.refresh()
        settle(view)


def moving(view: MatrixView, path: Callable[[int], Camera]) -> list[float]:
    """Milliseconds of each frame, at 60 events a second."""
    frames = []
    for event in range(EVENTS):
        begin = time.perf_counter()
        view.state.move(path(event))
        view.state.inbox.run()
        view.canvas.render()
        frames.append(1000 * (time.perf_counter() - begin))
        time.sleep(max(1 / 60 - (time.perf_counter() - begin), 0))
    return frames


def still(view: MatrixView, span: float) -> float:
    """Seconds until so many cells a side are exact."""
    shift = 1e-3 * np.random.default_rng().random()
    view.state.move(Camera(span / 2 + shift, span / 2 + shift, span))
    return timed(lambda: settle(view))


def first_look(view: MatrixView) -> float:
    """Milliseconds until something of another look of the same cells is there."""
    state, before = view.state, view.shot
    state.opacity = 0.5 if state.opacity != 0.5 else 0.6
    look = timed(lambda: state.inbox.run_until(lambda: view.shot is not before))
    settle(view)
    return 1000 * look


def waits(view: MatrixView) -> list[float]:
    """Milliseconds that a gesture waits for a thread while the picture is counted."""
    assert view.state.view is not None
    view.state.move(replace(view.state.view.camera, span=view.state.view.camera.span * 1.001))
    found = []
    while not view.settled():
        asked = time.perf_counter()
        found.append(1000 * (POOL.now(time.perf_counter).result() - asked))
        view.state.inbox.run()
        time.sleep(0.002)
    return found


def hovering(view: MatrixView) -> float:
    """Milliseconds for the point under the cursor, in a plot that fills the view and has been counted."""
    view.state.jump(Camera(1.5, 0.5, 1.0))
    settle(view)
    places = np.random.default_rng(0).uniform(0.3, 0.7, (50, 2)) * SIZE
    return 1000 * statistics.median(timed(partial(view.hits.hover_at, *place)) for place in places)


def measured(path: Path, name: str) -> list[Row]:
    def row(case: str, ours: float, unit: str, peer: str, theirs: float | None, promise: float | None = 1) -> Row:
        return Row("frames", f"{name}: {case}", ours, unit, peer, theirs, promise)

    empty = Canvas("egl", (SIZE, SIZE))
    bare = 1000 * statistics.median(timed(empty.render) for _ in range(30))
    with viewer(path) as view:
        whole = view.state.cache.layers[0].shape[0]
        side, near = min(whole, 5), min(whole, 5) * 0.6
        pan = moving(view, lambda k: Camera(near / 2 + 0.02 * k, near / 2 + 0.02 * k, near))
        zoom = moving(view, lambda k: Camera(side / 2, side / 2, side * 0.97**k))
        settle(view)
        rows, limit = [], ("33 ms, or 1.4 × an empty frame", max(FRAME, 1.4 * bare))
        for case, frames in (("a pan", pan), ("a zoom", zoom)):
            rows.append(row(f"{case}, 99 % of frames", float(np.quantile(frames, 0.99)), "ms", *limit))
            rows.append(row(f"{case}, half of them", statistics.median(frames), "ms", "an empty frame", bare, None))
        exact = statistics.median(still(view, whole) for _ in range(3))
        promised = WHOLE if name == "mnist_siamese" else None
        rows.append(row(f"{whole} × {whole} cells exact, after a move", exact, "s", "as designed", promised))
        rows.append(
            row("first look at them", statistics.median(first_look(view) for _ in range(3)), "ms", "the promise", LOOK)
        )
        rows.append(row("hover, one plot in view", hovering(view), "ms", "the promise", HOVER))
        view.state.fit(Camera(whole / 2, whole / 2, whole))
        settle(view)
        wait = float(np.quantile(waits(view), 0.99))
        rows.append(row("a gesture waits while they are counted, 99 %", wait, "ms", "the promise", WAIT))
    return rows


def measure() -> list[Row]:
    compile_kernels(POOL)
    return [
        *measured(cache_of_images(), config().stem),
        *measured(ten_million(), "10 M points × 8"),
        *measured(a_hundred_million(), "100 M points × 4"),
    ]


if __name__ == "__main__":
    main(measure, __doc__)
