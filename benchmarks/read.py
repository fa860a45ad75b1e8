"""One column, and the maps of one image at every layer: ours against numpy's `fromfile` of the same bytes.

Warm, from the page cache; and cold, as far as the operating system lets go of pages, each column and image for the
first time, so that ours also checks what it reads. At last, how many bytes were read for those that are shown.
"""

import os
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

import seeinin
from benchmarks.inputs import cache_of_images, config
from benchmarks.report import Row, alternate, main
from seeinin.store.files import Files
from seeinin.store.format import MAPS_PIECE
from seeinin.store.reader import Cache, open_cache


class Counted(Files):
    """Counts the bytes that reads gave."""

    def __init__(self) -> None:
        self.bytes = 0

    def preadv(self, descriptor: int, buffer: memoryview, offset: int) -> int:
        count = super().preadv(descriptor, buffer, offset)
        self.bytes += count
        return count


def column(cache: Cache) -> list[np.ndarray]:
    return [cache.layers[0].column(3)]


def image(cache: Cache) -> list[np.ndarray]:
    return [layer.maps([cache.images // 2]) for layer in cache.layers]


def scattered(cache: Cache) -> list[np.ndarray]:
    """The maps of every tenth image."""
    return [layer.maps(range(0, cache.images, 10)) for layer in cache.layers]


def evict(*paths: Path) -> None:
    """Ask the operating system to forget what it holds of some files."""
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


def compare(name: str, read: Callable[[Cache], list[np.ndarray]], folder: Path) -> list[Row]:
    path, raw = cache_of_images(), folder / name.replace(" ", "-")
    with seeinin.open(path) as cache:
        data = np.concatenate([part.reshape(-1).view(np.uint8) for part in read(cache)])
        data.tofile(raw)
        plain = partial(np.fromfile, raw, np.uint8)
        assert np.array_equal(data, plain())
        warm = alternate(partial(read, cache), plain)
    fresh = [open_cache(path) for _ in range(4)]  # one for each turn: what has been checked is not checked again
    turns = iter(fresh)
    cold = alternate(lambda: read(next(turns)), plain, rounds=len(fresh) - 1, before=partial(evict, path, raw))
    for cache in fresh:
        cache.close()
    case = f"{config().stem}, {name}, {data.size / 1e6:.3g} MB"
    return [
        Row("read", f"{case}, {state}", 1000 * ours, "ms", "numpy fromfile", 1000 * theirs)
        for state, (ours, theirs) in (("warm", warm), ("cold", cold))
    ]


def bytes_read(name: str, read: Callable[[Cache], list[np.ndarray]]) -> list[Row]:
    """When each piece is checked, which is when it is first read, and ever after."""
    files, rows = Counted(), []
    checked = f"with the table of checksums and the rest of each {MAPS_PIECE >> 10} KB that one is of"
    with open_cache(cache_of_images(), files=files) as cache:
        for when, note in (("for the first time", checked), ("again", "")):
            before = files.bytes
            shown = sum(part.nbytes for part in read(cache)) / 1e6
            count = (files.bytes - before) / 1e6
            rows.append(Row("read", f"{config().stem}, {name}, bytes, {when}", count, "MB", "shown", shown, 1.05, note))
    return rows


def measure() -> list[Row]:
    cases = {"a column": column, "an image": image, "every tenth image": scattered}
    with tempfile.TemporaryDirectory(dir=cache_of_images().parent) as folder:
        rows = [row for name, read in cases.items() for row in compare(name, read, Path(folder))]
    return rows + [row for name, read in cases.items() for row in bytes_read(name, read)]


if __name__ == "__main__":
    main(measure, __doc__)
