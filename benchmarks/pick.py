"""Which point is under the cursor? Ours, before and after the picture's ids are there, against a k-d tree and numpy.

All must name a point as near as numpy's. The tree answers fast once it is built; its building stands beside it, for
every cell of the matrix would need a tree of its own.
"""

from functools import partial

import numpy as np
from scipy.spatial import cKDTree

from benchmarks.report import Row, alternate, main
from seeinin.geometry.axis import Axis
from seeinin.geometry.colouring import Colouring
from seeinin.geometry.counting import counting
from seeinin.geometry.frame import Frame
from seeinin.geometry.nearest import from_ids, nearest
from seeinin.pool import POOL

SIZE, REACH = 1000, 8
PLACES = np.random.default_rng(2).integers(300, 700, (20, 2))  # where the points are


def compare(count: int) -> list[Row]:
    x, y = np.random.default_rng(0).normal(size=(2, count)).astype(np.float16)
    axes = Axis(SIZE / 10, SIZE / 2, -5, 5), Axis(-SIZE / 10, SIZE / 2, -5, 5)
    palette = np.full((256, 3), 255, np.uint8)
    colouring = Colouring(np.zeros(count, np.uint8), 1, palette, np.ones(256, bool))
    along, down, clip = (x, axes[0]), (y, axes[1]), (0, SIZE, 0, SIZE)
    frame = Frame(SIZE, SIZE)
    for _ in counting(POOL, frame, [along], [down], [(0, 0, *clip)], colouring, 0, count):
        pass

    column = np.clip(np.floor(x.astype(np.float64) * axes[0].scale + axes[0].offset), 0, SIZE - 1)
    row = np.clip(np.floor(y.astype(np.float64) * axes[1].scale + axes[1].offset), 0, SIZE - 1)
    pixels = np.stack([row, column], axis=1)
    tree = cKDTree(pixels)

    def each(find):
        return [find(*place) for place in PLACES.tolist()]

    ours = {
        "ids there": partial(each, partial(from_ids, frame.ids, reach=REACH)),
        "before": partial(each, partial(nearest, POOL, along, down, clip, colouring, reach=REACH)),
    }
    peers = {
        "numpy argmin": partial(each, lambda i, j: int(np.argmin((row - i) ** 2 + (column - j) ** 2))),
        "scipy cKDTree, built": partial(each, lambda i, j: int(tree.query((i, j))[1])),
    }
    expected = [
        np.hypot(*(pixels[point] - place)) for point, place in zip(peers["numpy argmin"](), PLACES, strict=True)
    ]
    for name, find in (ours | peers).items():
        points = find()
        assert np.allclose(np.hypot(*(pixels[points] - PLACES).T), expected), f"{name} finds points farther off"
    times = [1000 * seconds / len(PLACES) for seconds in alternate(*ours.values(), *peers.values(), rounds=3)]
    building = 1000 * alternate(partial(cKDTree, pixels), rounds=1)[0]

    case, rows = f"{count / 1e6:g} M points", []
    for name, milliseconds, limit in zip(ours, times[:2], (1, 50), strict=True):
        for peer, other in zip(peers, times[2:], strict=True):
            rows.append(Row("pick", f"{case}, {name}", milliseconds, "ms", peer, other))
        rows.append(Row("pick", f"{case}, {name}", milliseconds, "ms", "building the tree", building))
        rows.append(Row("pick", f"{case}, {name}", milliseconds, "ms", "the promise", limit, promise=1))
    return rows


def measure() -> list[Row]:
    return [*compare(1_000_000), *compare(10_000_000)]


if __name__ == "__main__":
    main(measure, __doc__)
