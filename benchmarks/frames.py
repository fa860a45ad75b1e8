"""The real viewer without a window, on the first layer: frames of a pan and a zoom, the first look, the exact picture.

A moving frame is what the thread of the window does for one event of the mouse: the state moves, the scene is drawn and
read back, while other threads count. Beside it stands an empty canvas of the same size, drawn and read back alike.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

import seeinin
from benchmarks.inputs import cache_of_images, config
from benchmarks.report import Row, main
from seeinin.geometry.matrix import Camera
from seeinin.geometry.warm import compile_kernels
from seeinin.pool import POOL
from seeinin.state.state import ViewerState
from seeinin.views.matrix import MatrixView
from seeinin.visuals.canvas import Canvas

SIZE = 1000
EVENTS = 60  # of the mouse in a pan or a zoom
FRAME, LOOK, WHOLE = 33.0, 50.0, 1.2  # promised: ms, ms, s


def timed(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return 1000 * (time.perf_counter() - start)


@contextmanager
def viewer() -> Iterator[MatrixView]:
    state, canvas = ViewerState(), Canvas("egl", (SIZE, SIZE))
    with seeinin.open(cache_of_images()) as cache:
        state.attach(cache)
        view = MatrixView(state, canvas)
        state.show_layer(0)
        settle(view)
        yield view
    canvas.close()


def settle(view: MatrixView) -> None:
    assert view.state.inbox.run_until(lambda: view.state.view is not None and view.settled(), 300)


def moving(view: MatrixView, path: Callable[[int], Camera]) -> list[float]:
    """Milliseconds of each frame, at 60 events a second."""
    frames = []
    for event in range(EVENTS):
        begin = time.perf_counter()

        def frame(camera: Camera = path(event)) -> None:  # noqa: B008
            view.state.move(camera)
            view.state.inbox.run()
            view.canvas.render()

        frames.append(timed(frame))
        time.sleep(max(1 / 60 - (time.perf_counter() - begin), 0))
    return frames


def still(view: MatrixView, span: float) -> float:
    """Seconds until so many cells a side are exact."""
    shift = 1e-3 * np.random.default_rng().random()
    view.state.move(Camera(span / 2 + shift, span / 2 + shift, span))
    return timed(lambda: settle(view)) / 1000


def first_look(view: MatrixView) -> float:
    """Milliseconds until something of another look of the same cells is there."""
    state, before = view.state, view.shot
    state.opacity = 0.5 if state.opacity != 0.5 else 0.6
    look = timed(lambda: state.inbox.run_until(lambda: view.shot is not before))
    settle(view)
    return look


def waits(view: MatrixView, span: float) -> list[float]:
    """Milliseconds that a gesture waits for a thread while the picture is counted."""
    view.state.move(replace(view.state.view.camera, span=span * 1.001))  # type: ignore[union-attr]
    found = []
    while not view.settled():
        asked = time.perf_counter()
        found.append(1000 * (POOL.now(time.perf_counter).result() - asked))
        view.state.inbox.run()
        time.sleep(0.002)
    return found


def measure() -> list[Row]:
    compile_kernels(POOL)
    empty = Canvas("egl", (SIZE, SIZE))
    bare = statistics.median(timed(empty.render) for _ in range(30))
    with viewer() as view:
        layer = view.state.cache.layers[0]
        side = min(layer.shape[0], 5)
        case = f"{config().stem}, {layer.name}, {layer.points:,} points"
        pan = moving(view, lambda k: Camera(side / 2 + 0.02 * k, side / 2 + 0.02 * k, side))
        zoom = moving(view, lambda k: Camera(side / 2, side / 2, side * 0.97**k))
        settle(view)
        whole = layer.shape[0]
        rows = [("a pan, 99 % of frames", pan), ("a zoom, 99 % of frames", zoom)]
        limit = max(FRAME, 1.4 * bare)
        table = []
        for name, frames in rows:
            slowest = float(np.quantile(frames, 0.99))
            table.append(Row("frames", f"{case}, {name}", slowest, "ms", "an empty canvas", bare))
            table.append(Row("frames", f"{case}, {name}", slowest, "ms", "the promise", limit, promise=1))
        for span in (side, whole):
            seconds = statistics.median(still(view, span) for _ in range(3))
            peer = ("the promise", WHOLE) if span == whole else ("all cells", still(view, whole))
            table.append(
                Row("frames", f"{case}, {span} × {span} cells exact", seconds, "s", *peer, 1 if span == whole else None)
            )
        looks = [first_look(view) for _ in range(5)]
        table.append(
            Row(
                "frames",
                f"{case}, first look at {whole} × {whole} cells",
                statistics.median(looks),
                "ms",
                "the promise",
                LOOK,
                promise=1,
            )
        )
        wait = float(np.quantile(waits(view, whole), 0.99))
        table.append(
            Row("frames", f"{case}, a gesture's wait while counting, 99 %", wait, "ms", "the promise", 5, promise=1)
        )
    return table


if __name__ == "__main__":
    main(measure, __doc__)
