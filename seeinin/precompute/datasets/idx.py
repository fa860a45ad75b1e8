"""IDX files, as MNIST comes in."""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seeinin import config
from seeinin.errors import DataError
from seeinin.precompute import files
from seeinin.precompute.datasets.memory import Images, images


def idx(dataset: config.Idx) -> Images:
    pixels = read_idx(Path(dataset.images), "images", dimensions=(3, 4))
    label = None if dataset.labels is None else read_idx(Path(dataset.labels), "labels", dimensions=(1,))
    named = dataset.images if dataset.labels is None else f"{dataset.images} and {dataset.labels}"
    return images(pixels, label, dataset.classes, named)


def read_idx(path: Path, what: str, dimensions: tuple[int, ...]) -> NDArray[np.uint8]:
    """An IDX file of bytes, plain or gzip, as it stands: uint8, big-endian sizes in its header."""
    files.check(path, cure := f"correct dataset.{what}", DataError)
    with files.reading(path, cure, DataError):
        shape, content = _read(path, what, dimensions)
    expected = math.prod(shape)
    if len(content) < expected:
        raise DataError(f"{path} is cut short: {len(content):,} of {expected:,} bytes of {what}; fetch it again")
    if len(content) > expected:
        raise DataError(f"{path} holds more than the {expected:,} bytes that its header declares; fetch it again")
    return np.frombuffer(content, np.uint8).reshape(shape)


def _read(path: Path, what: str, dimensions: tuple[int, ...]) -> tuple[tuple[int, ...], bytearray]:
    """What the header declares, and what there is of it, in pieces: a header may claim any size."""
    with path.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
    try:
        with gzip.open(path) if zipped else path.open("rb") as file:
            head = file.read(4)
            if head[:3] != b"\0\0\x08" or head[3:] not in [bytes([n]) for n in dimensions]:
                state = "is empty" if not head else f"does not begin as IDX {what} do"
                raise DataError(f"{path} {state}; dataset.{what} must be an IDX file of bytes, plain or gzip")
            sizes = file.read(4 * head[3]).ljust(4 * head[3], b"\xff")  # a header cut short declares more than there is
            shape = tuple(int(n) for n in np.frombuffer(sizes, ">u4"))
            if zipped:
                files.check_memory(path, math.prod(shape))
            content = bytearray()
            while len(content) <= math.prod(shape) and (piece := file.read(1 << 22)):
                content += piece
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path} is cut short or damaged ({error}); fetch it again") from None
    return shape, content
