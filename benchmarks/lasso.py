"""A lasso over scattered points: which are inside? Ours against matplotlib's Path and shapely.

Every answer must equal the peer's, but for points on the outline itself, of which random values have none. A peer that
is slow answers for the first of the points only; its time is multiplied, and its row says so.
"""

import time
from functools import partial

import numpy as np
import shapely
from matplotlib.path import Path
from numpy.typing import NDArray

from benchmarks.report import Row, alternate, main
from seeinin.geometry.polygon import inside
from seeinin.geometry.warm import compile_kernels
from seeinin.pool import POOL

COUNTS, VERTICES = (1_000_000, 10_000_000, 100_000_000), (20, 200)
SOME = 1_000_000  # points that a peer is given in place of more than MOST
MOST = 10_000_000
SLOW = 1.0  # s from which a peer has one turn, not three
PROMISE = 1 / 50  # of matplotlib's time, for 10 M points and 200 vertices


def lasso(vertices: int) -> NDArray[np.float64]:
    """A hand-drawn shape around the centre of the points, (V, 2): bays, and a fifth of the points inside."""
    angle = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    radius = 0.7 + 0.2 * np.sin(5 * angle) + 0.05 * np.random.default_rng(1).random(vertices)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def compare(x: NDArray[np.floating], y: NDArray[np.floating], vertices: int) -> list[Row]:
    count, polygon = len(x), lasso(vertices)
    path, shape = Path(polygon), shapely.Polygon(polygon)
    shapely.prepare(shape)
    some = count if count <= MOST else SOME
    points = np.stack([x[:some], y[:some]], axis=1, dtype=np.float64)
    peers = {
        "matplotlib Path": partial(path.contains_points, points),
        "shapely, prepared": partial(shapely.contains_xy, shape, points),
    }
    ours, rows = partial(inside, POOL, polygon, x, y), []
    found, note = ours(), "" if some == count else f"of the first {some / 1e6:g} M, times {count // some}"
    for name, peer in peers.items():
        start = time.perf_counter()
        assert np.array_equal(found[:some], peer()), f"{name} finds other points"
        mine, theirs = alternate(ours, peer, rounds=3 if time.perf_counter() - start < SLOW else 1)
        promise = PROMISE if (name, count, vertices) == ("matplotlib Path", 10_000_000, 200) else None
        case = f"{count / 1e6:g} M points, {x.dtype}, {vertices} vertices"
        rows.append(Row("lasso", case, 1000 * mine, "ms", name, 1000 * theirs * (count // some), promise, note))
    return rows


def measure() -> list[Row]:
    compile_kernels(POOL)
    x, y = np.random.default_rng(0).standard_normal((2, max(COUNTS)), np.float32)
    rows = compare(x[:MOST], y[:MOST], max(VERTICES))
    x, y = x.astype(np.float16), y.astype(np.float16)
    return [row for n in COUNTS for v in VERTICES for row in compare(x[:n], y[:n], v)] + rows


if __name__ == "__main__":
    main(measure, __doc__)
