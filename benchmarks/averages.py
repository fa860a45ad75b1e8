"""The average feature maps of some images at every layer, from the file: ours against numpy over h5py.

The images are scattered over the file, and it is in the page cache. Both must agree to rounding.
"""

from functools import partial

import h5py
import numpy as np
from numpy.typing import NDArray

import seeinin
from benchmarks.inputs import cache_of_images, config
from benchmarks.report import Row, alternate, main
from seeinin.geometry.averages import add_maps
from seeinin.pool import POOL, ranges
from seeinin.store.reader import Cache, Layer

COUNTS = (10, 100, 1_000, 10_000)
BLOCK = 4 << 20  # bytes that a thread reads and adds at once, as the viewer does


def ours(cache: Cache, rows: NDArray[np.int64]) -> list[NDArray[np.float64]]:
    work = []
    for layer in cache.layers:
        size = int(np.prod(layer.shape)) * layer.dtype.itemsize
        work += [(layer, rows[start:stop]) for start, stop in ranges(0, len(rows), max(BLOCK // size, 1))]
    parts: dict[str, list[NDArray[np.float64]]] = {layer.name: [] for layer in cache.layers}

    def add(job: tuple[Layer, NDArray[np.int64]]) -> None:
        layer, some = job
        total = np.zeros(layer.shape)
        add_maps(total, layer.maps(some))
        parts[layer.name].append(total)

    POOL.share(add, work)
    return [np.sum(totals, axis=0) / len(rows) for totals in parts.values()]


def theirs(file: h5py.File, rows: NDArray[np.int64]) -> list[NDArray[np.float64]]:
    return [group["maps"][rows].mean(axis=0, dtype=np.float64) for group in file["layers"].values()]


def measure() -> list[Row]:
    rows: list[Row] = []
    path = cache_of_images()
    with seeinin.open(path) as cache, h5py.File(path) as file:
        for count in COUNTS:
            if count > cache.images:
                break
            some = np.sort(np.random.default_rng(count).choice(cache.images, count, replace=False))
            for one, other in zip(ours(cache, some), theirs(file, some), strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)
            case = f"{config().stem}, {count:,} of {cache.images:,} images, every layer"
            actions = partial(ours, cache, some), partial(theirs, file, some)
            milliseconds, other = (1000 * seconds for seconds in alternate(*actions, rounds=3))
            rows.append(Row("averages", case, milliseconds, "ms", "numpy over h5py", other))
            if count == 1_000 and config().stem == "mnist_siamese":
                rows.append(Row("averages", case, milliseconds, "ms", "the promise", 30, promise=1))
    return rows


if __name__ == "__main__":
    main(measure, __doc__)
