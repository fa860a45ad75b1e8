"""From a selection of points of a layer of 10 M to every view of the window, and to the layers that it is linked to.

A view follows when it shows anything of the new selection, be it a sample of the points or the average of some images;
the status bar says so, and what is exact comes after it.
"""

import statistics
import time
from collections.abc import Callable

import numpy as np
from PyQt6.QtWidgets import QApplication

from benchmarks.inputs import ten_million
from benchmarks.report import Row, main
from seeinin.app.viewer import Viewer
from seeinin.geometry.polygon import inside
from seeinin.geometry.warm import compile_kernels
from seeinin.pool import POOL
from seeinin.state.linking import Linker
from seeinin.state.selection import Selection, chosen
from seeinin.views.frames import Request

PROMISE = 50.0  # ms
ROUNDS = 5


def followed(viewer: Viewer) -> dict[str, Callable[[], bool]]:
    """Of each view, whether it shows something of the state's selection."""
    state, window = viewer.state, viewer.window
    averages = window.maps.averages

    def of(request: object) -> bool:
        return isinstance(request, Request) and request.selection is state.selection

    return {
        "the matrix": lambda: window.matrix.shot is not None and of(window.matrix.shot.request),
        "the overview": lambda: window.overview.sight is not None and of(window.overview.sight.request),
        "the feature maps": lambda: state.selection is averages._latest and averages.progress() > 0,
        "the legend": lambda: window.tallied is state.selection,
    }


def seconds_to(viewer: Viewer, new: Selection, views: dict[str, Callable[[], bool]]) -> dict[str, float]:
    """Until each view follows, and until all are exact."""
    times: dict[str, float] = {}
    start = time.perf_counter()

    def done() -> bool:
        QApplication.processEvents()
        for name, follows in views.items():
            if name not in times and follows():
                times[name] = time.perf_counter() - start
        return len(times) == len(views)

    viewer.state.select(new)
    assert viewer.state.inbox.run_until(done)
    viewer.settle()
    return times | {"all of them, exactly": time.perf_counter() - start}


def selections(viewer: Viewer) -> list[Selection]:
    """Of the points of the first two channels of the layer: a fifth of them, elsewhere each time."""
    x, y = (viewer.cache.layers[0].column(channel) for channel in (0, 1))
    angle = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return [chosen(0, inside(POOL, circle + 0.2 * k, x, y)) for k in range(ROUNDS + 1)]


def measure() -> list[Row]:
    compile_kernels(POOL)
    with Viewer(ten_million()) as viewer:
        viewer.show_layer("ten million")
        viewer.settle()
        new = selections(viewer)
        views = followed(viewer)
        turns = [seconds_to(viewer, selection, views) for selection in new][1:]
        rows = []
        for name in turns[0]:
            took = 1000 * statistics.median(turn[name] for turn in turns)
            promise = None if "exactly" in name else 1
            rows.append(Row("selecting", f"10 M points to {name}", took, "ms", "the promise", PROMISE, promise))
        linker = Linker(viewer.cache.layers, viewer.cache.images)
        for layer in viewer.cache.layers[1:]:
            took = 1000 * statistics.median(timed_share(linker, selection, layer.number) for selection in new)
            rows.append(Row("selecting", f"10 M points, linked to {layer.name}", took, "ms", "the promise", PROMISE, 1))
    return rows


def timed_share(linker: Linker, selection: Selection, layer: int) -> float:
    start = time.perf_counter()
    linker.share(selection, "place", layer)
    return time.perf_counter() - start


if __name__ == "__main__":
    main(measure, __doc__)
