"""Time and memory at N, 2N, 4N and 8N points, and the slope of a line through their logarithms: 1 is proportional.

`bytes` are what stays allocated while the answer is worked out, beyond the columns themselves, as Python counts them.
"""

import tracemalloc
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

import seeinin
from benchmarks.averages import ours as averages
from benchmarks.inputs import ten_million
from benchmarks.lasso import lasso
from benchmarks.ours import seeinin_frame
from benchmarks.report import Row, alternate, main
from benchmarks.scene import Scene
from seeinin.geometry.linking import share_of_images
from seeinin.geometry.polygon import inside
from seeinin.geometry.warm import compile_kernels
from seeinin.pool import POOL

TIMES = (1, 2, 4, 8)
POINTS, IMAGES = 1_000_000, 1_000

Action = Callable[[], object]


def matrix(n: int) -> Action:
    """10 × 10 cells, a tenth of the points in each."""
    return seeinin_frame(Scene(side=10, points=n * POINTS // 10))


def cell(n: int) -> Action:
    return seeinin_frame(Scene(side=1, points=n * POINTS))


def polygon(n: int) -> Action:
    x, y = np.random.default_rng(0).standard_normal((2, n * POINTS), np.float32).astype(np.float16)
    return partial(inside, POOL, lasso(200), x, y)


def linking(n: int) -> Action:
    strength = np.random.default_rng(0).integers(0, 2, n * POINTS, np.uint8) * np.uint8(255)
    return partial(share_of_images, strength, 500)


def column(n: int) -> Action:
    layer, out = seeinin.open(ten_million()).layers[0], np.zeros(n * POINTS, np.float16)
    return lambda: layer.read_column(0, 0, n * POINTS, out)


def images(n: int) -> Action:
    return partial(averages, seeinin.open(ten_million()), np.arange(n * IMAGES))


CASES = {
    "10 × 10 cells counted and painted": matrix,
    "one cell counted and painted": cell,
    "lasso, 200 vertices": polygon,
    "selection linked to images": linking,
    "column read, warm": column,
    "average of images": images,
}


def peak(action: Action) -> int:
    """Bytes allocated at most while it runs, and that numpy and Python told of."""
    tracemalloc.start()
    action()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def slope(values: Sequence[float]) -> float:
    return float(np.polyfit(np.log(TIMES), np.log(np.maximum(values, 1e-9)), 1)[0])


def measure() -> list[Row]:
    compile_kernels(POOL)
    rows = []
    for name, make in CASES.items():
        actions = [make(n) for n in TIMES]
        seconds, memory = alternate(*actions, rounds=5), [peak(action) for action in actions]
        for what, values, told in (
            ("time", seconds, " · ".join(f"{1000 * s:.3g} ms" for s in seconds)),
            ("memory", memory, " · ".join(f"{m / 1e6:.3g} MB" for m in memory)),
        ):
            rows.append(Row("growth", f"{name}: slope of {what}", slope(values), "", "proportional", 1, note=told))
    return rows


if __name__ == "__main__":
    main(measure, __doc__)
