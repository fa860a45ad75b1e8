"""A lasso of 200 vertices over scattered points: which are inside? Ours against matplotlib's Path and shapely.

Every answer must equal matplotlib's, but for points on the outline itself, of which random values have none.
"""

from functools import partial

import numpy as np
import shapely
from matplotlib.path import Path
from numpy.typing import NDArray

from benchmarks.report import Row, alternate, main
from seeinin.geometry.polygon import inside
from seeinin.pool import POOL

VERTICES = 200
MANY = 10_000_000


def lasso() -> NDArray[np.float64]:
    """A hand-drawn shape around the centre of the points, (V, 2): bays, and a fifth of the points inside."""
    angle = np.linspace(0, 2 * np.pi, VERTICES, endpoint=False)
    radius = 0.7 + 0.2 * np.sin(5 * angle) + 0.05 * np.random.default_rng(1).random(VERTICES)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def compare(count: int, dtype: type[np.floating]) -> list[Row]:
    x, y = np.random.default_rng(0).normal(size=(2, count)).astype(dtype)
    points, polygon = np.stack([x, y], axis=1, dtype=np.float64), lasso()
    path, shape = Path(polygon), shapely.Polygon(polygon)
    shapely.prepare(shape)
    ours = partial(inside, POOL, polygon, x, y)
    peers = {
        "matplotlib Path": partial(path.contains_points, points),
        "shapely, prepared": partial(shapely.contains_xy, shape, points),
    }
    for name, peer in peers.items():
        assert np.array_equal(ours(), peer()), f"{name} finds other points"
    milliseconds, *others = (1000 * seconds for seconds in alternate(ours, *peers.values(), rounds=3))
    case = f"{count / 1e6:g} M points, {dtype.__name__}"
    promises = (1 / 50 if count == MANY else None, None)
    return [
        Row("lasso", case, milliseconds, "ms", name, other, promise)
        for name, other, promise in zip(peers, others, promises, strict=True)
    ]


def measure() -> list[Row]:
    return [row for count in (1_000_000, MANY) for dtype in (np.float16, np.float32) for row in compare(count, dtype)]


if __name__ == "__main__":
    main(measure, __doc__)
