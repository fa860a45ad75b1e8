"""The average of some images at every layer, read in blocks of rows: a first one is there at once and refines."""

import math
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from seeinin.pool import POOL
from seeinin.state.selection import Selection
from seeinin.state.state import ViewerState
from seeinin.store.reader import Cache

INPUT = -1  # stands for the images themselves where a layer's number stands
BLOCK = 4 << 20  # bytes read at a time: some milliseconds, after which a gesture or a newer request has its turn
PREFIX = 1000  # rows that stand for all where nothing is selected and the cache holds no class means
KEPT = 1 << 25  # values of averages that are out of sight and may be wanted again
LIMIT = 0.995  # quantile of the magnitudes that gets the full colour


@dataclass(frozen=True, eq=False)
class Subject:
    """What is averaged: `rows` int64, ascending. `weights` (K): images of each class, where they are whole classes.

    `rows` of all images is cut to a prefix, since then nobody asked for them; the class means still give all.
    """

    rows: NDArray[np.int64]
    images: int
    title: str
    weights: NDArray[np.int64] | None = None

    @property
    def image(self) -> int | None:
        """The row of the image, where it is but one."""
        return int(self.rows[0]) if self.images == 1 else None


@dataclass(frozen=True, eq=False)
class Mean:
    """The average of `images` images of a subject at layer `number`: `values` float32 (D, H, W).

    `limit` is the 99.5 % quantile of their magnitudes; `signed` says whether the layer goes below zero for any image.
    """

    subject: Subject
    number: int
    values: NDArray[np.float32]
    images: int
    limit: float
    signed: bool
    total: NDArray[np.float64] | None = None  # None once nothing is to be added


def picked_image(cache: Cache, row: int) -> Subject:
    """The maps of a single image."""
    words = [f"image #{int(cache.index[row])}"]
    if cache.label[row] >= 0:
        words.append(cache.classes[cache.label[row]])
    return Subject(np.array([row]), 1, " · ".join(words))


def selected_images(cache: Cache, selection: Selection | None) -> Subject:
    """Every image of which any point is selected, all alike; without a selection, all images."""
    chosen = np.asarray(cache.valid)
    if selection is not None:
        chosen = chosen & selection.strength.reshape(cache.images, -1).any(axis=1)
    rows = np.flatnonzero(chosen)
    weights = _whole_classes(cache, rows)
    if selection is None:
        return Subject(rows[:PREFIX], len(rows), f"average of all {len(rows):,} images", weights)
    plural = "" if len(rows) == 1 else "s"
    return Subject(rows, len(rows), f"average of {len(rows):,} selected image{plural}", weights)


def _whole_classes(cache: Cache, rows: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """Images of each class if `rows` are all images of some classes and no others."""
    label, size = np.asarray(cache.label), len(cache.classes)
    if not size or not len(rows) or (label[rows] < 0).any():
        return None
    counts = np.bincount(label[rows], minlength=size)
    known = np.asarray(cache.valid) & (label >= 0)
    return counts if np.isin(counts - np.bincount(label[known], minlength=size), 0)[counts > 0].all() else None


def grown(cache: Cache, subject: Subject, number: int, before: Mean | None = None) -> Mean:
    """The mean with one more block of rows in it. Raises CacheError where the file is damaged."""
    from seeinin.geometry.averages import add_maps  # numba: not before a thread needs it

    if before is None and (exact := _from_classes(cache, subject, number)) is not None:
        return exact
    done = before.images if before else 0
    total = before.total.copy() if before and before.total is not None else np.zeros(shape_of(cache, number))
    step = max(BLOCK // max(_bytes_of(cache, number), 1), 1)
    add_maps(total, read_maps(cache, number, subject.rows[done : done + step]))
    done = min(done + step, len(subject.rows))
    return _mean(cache, subject, number, total / done, done, None if done == len(subject.rows) else total)


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
    return _mean(cache, subject, number, values, subject.images, None)


def _mean(
    cache: Cache,
    subject: Subject,
    number: int,
    values: NDArray[np.float64],
    images: int,
    total: NDArray[np.float64] | None,
) -> Mean:
    if number == INPUT:
        return Mean(subject, number, values.astype(np.float32), images, 255.0, False, total)
    magnitudes = np.abs(values[np.isfinite(values)])
    limit = float(np.quantile(magnitudes, LIMIT)) if len(magnitudes) else 0.0
    limit = limit or float(magnitudes.max(initial=0.0)) or 1.0
    signed = bool(np.nanmin(cache.layers[number].minimum, initial=0.0) < 0)
    return Mean(subject, number, values.astype(np.float32), images, limit, signed, total)


class Averages:
    """The means of the layers in sight, each growing on a thread of the pool; the newest subject wins.

    `changed()` is called on the state's thread when a mean has arrived. Until the first of a new subject is there, the
    old one stays, so that nothing flickers.
    """

    def __init__(self, state: ViewerState, changed: Callable[[], object]) -> None:
        self.state, self.changed = state, changed
        self.subject: Subject | None = None
        self.means: dict[int, Mean] = {}
        self._wanted: list[int] = []
        self._growing: dict[int, Future[Mean]] = {}

    def show(self, subject: Subject) -> None:
        """Average these images from now on."""
        self.subject = subject
        for future in self._growing.values():
            future.cancel()
        self._growing.clear()
        self._start()

    def want(self, numbers: Iterable[int]) -> None:
        """The layers in sight; the others are not read, and kept only while there is room."""
        numbers = list(numbers)
        if numbers != self._wanted:
            self._wanted = numbers
            self._forget()
            self._start()

    def settled(self) -> bool:
        """Whether all that is wanted is there, to the last row."""
        if self.subject is None or not len(self.subject.rows):
            return self.subject is not None
        return all(self._complete(n) for n in self._wanted)

    def progress(self) -> int:
        """Images averaged so far at every layer in sight."""
        return min((self._images(n) for n in self._wanted), default=0)

    def _images(self, number: int) -> int:
        mean = self.means.get(number)
        return mean.images if mean is not None and mean.subject is self.subject else 0

    def _complete(self, number: int) -> bool:
        mean = self.means.get(number)
        return mean is not None and mean.subject is self.subject and mean.total is None

    def _start(self) -> None:
        for number in self._wanted:
            if self.subject is not None and len(self.subject.rows) and number not in self._growing:
                self._grow(number)

    def _grow(self, number: int) -> None:
        assert self.subject is not None
        if self._complete(number):
            return
        before = self.means.get(number)
        before = before if before is not None and before.subject is self.subject else None
        submit = POOL.later if before else POOL.now  # a first answer goes ahead of every refinement
        self._growing[number] = submit(grown, self.state.cache, self.subject, number, before)
        self.state.inbox.deliver(self._growing[number], partial(self._arrived, number))

    def _arrived(self, number: int, mean: Mean) -> None:
        if mean.subject is not self.subject:
            return
        del self._growing[number]
        self.means.pop(number, None)
        self.means[number] = mean  # last in the dict: the most recent
        if number in self._wanted:
            self._grow(number)
        self.changed()

    def _forget(self) -> None:
        kept = 0
        for number in reversed(list(self.means)):
            kept += self.means[number].values.size
            if number not in self._wanted and (kept > KEPT or self.means[number].subject is not self.subject):
                del self.means[number]
