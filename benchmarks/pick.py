"""Which point is under the cursor? Ours, before and after the picture's ids are there, against a k-d tree and numpy.

All must name a point as near as numpy's. The tree answers fast once it is built; its building stands beside it, for
every cell of the matrix would need a tree of its own. Of 100 M points none is built: it takes minutes.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from benchmarks.report import Row, alternate, main
from seeinin.geometry.axis import Axis
from seeinin.geometry.colouring import Colouring
from seeinin.geometry.counting import counting
from seeinin.geometry.frame import Frame
from seeinin.geometry.nearest import from_ids, nearest
from seeinin.geometry.warm import compile_kernels
from seeinin.pool import POOL

SIZE, REACH = 1000, 8
COUNTS, BUILT = (1_000_000, 10_000_000, 100_000_000), 10_000_000  # points; of so many a tree is built
LIMITS = {"ids there": 1.0, "before": 50.0}  # ms, promised for 10 M points
PLACES = np.random.default_rng(2).integers(300, 700, (5, 2))  # where the points are


def compare(count: int) -> list[Row]:
    x, y = np.random.default_rng(0).standard_normal((2, count), np.float32).astype(np.float16)
    axes = Axis(SIZE / 10, SIZE / 2, -5, 5), Axis(-SIZE / 10, SIZE / 2, -5, 5)
    palette = np.full((256, 3), 255, np.uint8)
    colouring = Colouring(np.zeros(count, np.uint8), 1, palette, np.ones(256, bool))
    along, down, clip = (x, axes[0]), (y, axes[1]), (0, SIZE, 0, SIZE)
    frame = Frame(SIZE, SIZE)
    for _ in counting(POOL, frame, [along], [down], [(0, 0, *clip)], colouring, 0, count):
        pass
    column, row = pixels_of(x, axes[0]), pixels_of(y, axes[1])
    ids = frame.ids
    ours = {
        "ids there": partial(each, partial(from_ids, ids, reach=REACH)),
        "before": partial(each, partial(nearest, POOL, along, down, clip, colouring, reach=REACH)),
    }
    peers = {"numpy argmin": partial(each, lambda i, j: int(np.argmin((row - i) ** 2 + (column - j) ** 2)))}
    built = Row("pick", f"{count / 1e6:g} M points", None, "ms", "building scipy's cKDTree", note="takes minutes")
    if count <= BUILT:
        pixels, start = np.stack([row, column], axis=1), time.perf_counter()
        tree = cKDTree(pixels)
        built = replace(built, theirs=1000 * (time.perf_counter() - start), note="ours has nothing to build")
        peers["scipy cKDTree, built"] = partial(each, lambda i, j: int(tree.query((i, j))[1]))
    check(ours | peers, row, column)
    return [*(line for case in ours.items() for line in rows(count, *case, peers)), built]


def pixels_of(values: NDArray[np.float16], axis: Axis) -> NDArray[np.float32]:
    places = np.floor(values.astype(np.float64) * axis.scale + axis.offset)
    return np.clip(places, 0, SIZE - 1).astype(np.float32)


def each(find: Callable[[int, int], int]) -> list[int]:
    return [find(*place) for place in PLACES.tolist()]


def check(finders: dict[str, Callable[[], list[int]]], row: NDArray[np.float32], column: NDArray[np.float32]) -> None:
    """All are as near as numpy's."""
    distance = {
        name: np.hypot(row[points] - PLACES[:, 0], column[points] - PLACES[:, 1])
        for name, points in ((name, find()) for name, find in finders.items())
    }
    for name, found in distance.items():
        assert np.allclose(found, distance["numpy argmin"]), f"{name} finds points farther off"


def rows(count: int, name: str, find: Callable[[], list[int]], peers: dict[str, Callable[[], object]]) -> list[Row]:
    case, found = f"{count / 1e6:g} M points, {name}", []
    for peer, other in peers.items():
        mine, theirs = (1000 * s / len(PLACES) for s in alternate(find, other, rounds=1 if count > BUILT else 3))
        found.append(Row("pick", case, mine, "ms", peer, theirs))
    return [*found, replace(found[0], peer="the promise", theirs=LIMITS[name], promise=1 if count <= BUILT else None)]


def measure() -> list[Row]:
    compile_kernels(POOL)
    return [row for count in COUNTS for row in compare(count)]


if __name__ == "__main__":
    main(measure, __doc__)
