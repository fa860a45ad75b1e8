"""Matrices of 500 × 500 and of 2,048 × 2,048 cells in the whole window: opened, seen as a whole, zoomed into anywhere.

No wait is promised, so all is held against a tenth of a second, from which a program must show that it is busy. `hand`
is what the thread of the window does for one event of the mouse, while it answers nothing else; its promise is a frame.
"""

import statistics
import time
from collections.abc import Callable

import numpy as np

from benchmarks.inputs import many_channels
from benchmarks.report import Row, main, timed
from seeinin.app.viewer import Viewer
from seeinin.geometry.matrix import Camera, fit
from seeinin.geometry.warm import compile_kernels
from seeinin.pool import POOL
from seeinin.state.view import Arrangement

SIZES = (500, 2048)
WAIT, HAND = 100.0, 33.0  # ms
PLACES = 7


def moved(viewer: Viewer, camera: Camera) -> tuple[float, float]:
    """Milliseconds: of the hand, and until something of the cells at the new place is seen."""
    matrix, start = viewer.window.matrix, time.perf_counter()
    viewer.state.jump(camera)
    hand = time.perf_counter() - start

    def seen() -> bool:
        wanted, shot = matrix.wanted, matrix.shot
        return wanted is not None and shot is not None and shot.agrees(wanted) and shot.covers(wanted.matrix)

    assert viewer.state.inbox.run_until(seen)
    look = time.perf_counter() - start
    viewer.settle()
    return 1000 * hand, 1000 * look


def everywhere(viewer: Viewer, span: float, count: int) -> tuple[float, float]:
    """The median over some places, none of which has been seen before."""
    rng = np.random.default_rng(int(span))
    found = [moved(viewer, Camera(*rng.uniform(span, count - span, 2), span)) for _ in range(PLACES)]
    hand, look = (statistics.median(times) for times in zip(*found, strict=True))
    return hand, look


def compare(count: int) -> list[Row]:
    def row(case: str, milliseconds: float, limit: float) -> Row:
        return Row("matrices", f"{count:,} × {count:,} cells: {case}", milliseconds, "ms", "no wait", limit, 1)

    with Viewer(many_channels(count)) as viewer:
        viewer.settle()
        opened = 1000 * timed(lambda: arrange_all(viewer))
        whole = fit(count, count, viewer.window.matrix.viewport)
        rows = [row("all channels and their overview", opened, WAIT)]
        for case, action in cases(viewer, count, whole).items():
            hand, look = action()
            rows += [row(case, look, WAIT), row(f"{case}, hand", hand, HAND)]
    return rows


def arrange_all(viewer: Viewer) -> None:
    viewer.state.arrange(Arrangement())
    viewer.settle()


def cases(viewer: Viewer, count: int, whole: Camera) -> dict[str, Callable[[], tuple[float, float]]]:
    return {
        "5 × 5 cells anywhere": lambda: everywhere(viewer, 5.0, count),
        "30 × 30 cells anywhere": lambda: everywhere(viewer, 30.0, count),
        "the whole": lambda: moved(viewer, whole),
    }


def measure() -> list[Row]:
    compile_kernels(POOL)
    return [row for count in SIZES for row in compare(count)]


if __name__ == "__main__":
    main(measure, __doc__)
