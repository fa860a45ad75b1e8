"""The average feature maps of some images at every layer, from the file: ours against numpy over h5py.

The images are scattered over the file, and it is in the page cache. Both must agree to rounding. Then the average of a
class, which the cache holds: as the window asks for it, all layers together in a frame.
"""

from collections.abc import Generator
from functools import partial
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

import seeinin
from benchmarks.inputs import cache_of_images, config
from benchmarks.report import Row, alternate, main
from seeinin.geometry.averages import add_maps
from seeinin.pool import POOL, Token, ranges
from seeinin.state.selection import chosen
from seeinin.store.reader import Cache, Layer
from seeinin.views.averages import Mean, growing
from seeinin.views.subjects import subject_of

COUNTS = (10, 100, 1_000, 10_000)
FRAME = 33.0  # ms
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
        rows += classes(cache, path)
    return rows


def classes(cache: Cache, path: Path) -> list[Row]:
    """The first class at every layer, from its mean and from its images."""
    subject = subject_of(cache, chosen(None, cache.label == 0))

    def mine() -> list[NDArray[np.float32]]:
        steps = [growing(Token(), cache, subject, layer.number) for layer in cache.layers]
        return [finished(one).values for one in steps]

    with h5py.File(path) as file:
        other = partial(theirs, file, subject.rows)
        for one, two in zip(mine(), other(), strict=True):
            np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-5)
        took, peer = (1000 * seconds for seconds in alternate(mine, other, rounds=3))
    case = f"{config().stem}, a class of {len(subject.rows):,} images, every layer"
    return [
        Row("averages", case, took, "ms", "numpy over h5py", peer),
        Row("averages", case, took, "ms", "a frame", FRAME, promise=1),
    ]


def finished(steps: Generator[None, None, Mean]) -> Mean:
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value


if __name__ == "__main__":
    main(measure, __doc__)
