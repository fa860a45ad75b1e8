"""The average of some images at every layer, read in blocks of rows: a first one is there at once and refines."""

import math
import time
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seeinin.pool import Token
from seeinin.state.selection import Selection
from seeinin.store.reader import Cache

INPUT = -1  # stands for the images themselves where a layer's number stands
BLOCK = 4 << 20  # bytes read at a time: some milliseconds, after which a gesture or a newer request has its turn
PREFIX = 1 << 26  # bytes of a layer that stand for all where nobody asked and the cache holds no class means
PAUSE = 0.1  # seconds between two looks at an average that refines
LIMIT = 0.995  # quantile of the magnitudes that gets the full colour


@dataclass(frozen=True, eq=False)
class Subject:
    """What is averaged: `rows` int64, ascending. `weights` (K): images of each class, where they are whole classes.

    Where nobody `asked`, a large layer is averaged over its first images only, a fair sample since rows are shuffled.
    """

    rows: NDArray[np.int64]
    title: str
    weights: NDArray[np.int64] | None = None
    asked: bool = True

    @property
    def image(self) -> int | None:
        """The row of the image, where it is but one."""
        return int(self.rows[0]) if self.asked and len(self.rows) == 1 else None


@dataclass(frozen=True, eq=False)
class Mean:
    """The average of `images` images of a subject at layer `number`: `values` float32 (D, H, W).

    `limit` is the 99.5 % quantile of their magnitudes, `limits` (D) that of 99.9 % of each channel's over all images;
    `signed` says whether the layer goes below zero for any image.
    `total` is the sum that the next mean goes on with; None once nothing is to be added.
    """

    subject: Subject
    number: int
    values: NDArray[np.float32]
    images: int
    limit: float
    limits: NDArray[np.float32]
    signed: bool
    total: NDArray[np.float64] | None = None


def picked_image(cache: Cache, row: int) -> Subject:
    """The maps of a single image."""
    words = [f"image #{int(cache.index[row])}"]
    if cache.label[row] >= 0:
        words.append(cache.classes[cache.label[row]])
    return Subject(np.array([row]), " · ".join(words))


def selected_images(cache: Cache, selection: Selection | None) -> Subject:
    """Every image of which any point is selected, all alike; without a selection, all images."""
    chosen = np.asarray(cache.valid)
    if selection is not None:
        chosen = chosen & selection.strength.reshape(cache.images, -1).any(axis=1)
    rows = np.flatnonzero(chosen)
    weights = _whole_classes(cache, rows)
    if selection is None:
        return Subject(rows, f"average of all {len(rows):,} images", weights, asked=False)
    plural = "" if len(rows) == 1 else "s"
    return Subject(rows, f"average of {len(rows):,} selected image{plural}", weights)


def _whole_classes(cache: Cache, rows: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """Images of each class if `rows` are all images of some classes and no others."""
    label, size = np.asarray(cache.label), len(cache.classes)
    if not size or not len(rows) or (label[rows] < 0).any():
        return None
    counts = np.bincount(label[rows], minlength=size)
    known = np.asarray(cache.valid) & (label >= 0)
    return counts if np.isin(counts - np.bincount(label[known], minlength=size), 0)[counts > 0].all() else None


def growing(
    token: Token, cache: Cache, subject: Subject, number: int, before: Mean | None = None
) -> Generator[None, None, Mean]:
    """The mean with more rows in it: one block at first, then as many as some time allows; yields between blocks.

    Raises CacheError where the file is damaged.
    """
    from seeinin.geometry.averages import add_maps  # numba: not before a thread needs it

    if before is None and (exact := _from_classes(cache, subject, number)) is not None:
        return exact
    total = before.total if before is not None and before.total is not None else np.zeros(shape_of(cache, number))
    size = max(_bytes_of(cache, number), 1)
    rows = subject.rows if subject.asked else subject.rows[: max(PREFIX // size, 1)]
    done, step = before.images if before else 0, max(BLOCK // size, 1)
    end = time.monotonic() + (PAUSE if before else 0)
    while True:
        part = rows[done : done + step]
        add_maps(total, read_maps(cache, number, part))
        done += len(part)
        if done == len(rows) or time.monotonic() >= end:
            return _mean(cache, subject, number, total / done, done, None if done == len(rows) else total)
        yield
        token.check()


def shape_of(cache: Cache, number: int) -> tuple[int, int, int]:
    """(D, H, W) of a layer, or of the input."""
    if number != INPUT:
        return cache.layers[number].shape
    height, width, channels = cache.pixel_shape
    return channels, height, width


def read_maps(cache: Cache, number: int, rows: NDArray[np.int64]) -> NDArray[np.generic]:
    """(n, D, H, W) as stored: pixels are uint8."""
    return cache.pixels(rows).transpose(0, 3, 1, 2) if number == INPUT else cache.layers[number].maps(rows)


def _bytes_of(cache: Cache, number: int) -> int:
    """Of the maps of one image."""
    return math.prod(shape_of(cache, number)) * (
        1 if number == INPUT else np.dtype(cache.layers[number].dtype).itemsize
    )


def _from_classes(cache: Cache, subject: Subject, number: int) -> Mean | None:
    """The exact average of whole classes, from the cache's class means where it holds them position by position."""
    if subject.weights is None or number == INPUT:
        return None
    layer = cache.layers[number]
    means = layer.class_mean
    if means.ndim != 4 or layer.nonfinite.any():  # the cache leaves out what is no number
        return None
    present = subject.weights > 0  # the mean of a class without images is no number
    share = subject.weights[present] / subject.weights.sum()
    values = sum((s * mean for s, mean in zip(share, means[present], strict=True)), np.zeros(means.shape[1:]))
    return _mean(cache, subject, number, values, len(subject.rows), None)


def _mean(
    cache: Cache,
    subject: Subject,
    number: int,
    values: NDArray[np.float64],
    images: int,
    total: NDArray[np.float64] | None,
) -> Mean:
    exact = values.astype(np.float32)
    if number == INPUT:
        return Mean(subject, number, exact, images, 255.0, np.full(len(values), 255, np.float32), False, total)
    magnitudes = np.abs(values[np.isfinite(values)])
    limit = float(np.quantile(magnitudes, LIMIT)) if len(magnitudes) else 0.0
    layer = cache.layers[number]
    limits = np.nan_to_num(np.abs(layer.quantiles[:, [0, -1]])).max(axis=1).astype(np.float32)
    signed = bool(np.nanmin(layer.minimum, initial=0.0) < 0)
    limit = limit or float(magnitudes.max(initial=0.0)) or 1.0
    return Mean(subject, number, exact, images, limit, np.where(limits > 0, limits, 1), signed, total)
