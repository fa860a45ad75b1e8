"""The average of some images at every layer, read in blocks of rows: a first one is there at once and refines."""

import math
import time
from collections.abc import Generator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from seeinin.pool import Token
from seeinin.store.access import DamageError
from seeinin.store.holes import Holes
from seeinin.store.reader import Cache
from seeinin.views.subjects import CROPS, INPUT, Subject, crop_of_layer
from seeinin.views.sums import Maps, Patches, shape_of

BLOCK = 4 << 20  # bytes read at a time: some milliseconds, after which a gesture or a newer request has its turn
PREFIX = 1 << 26  # bytes of a layer that stand for all where nobody asked and the cache holds no class means
SAMPLE = 1 << 24  # pixels that tell how far pixels spread
PAUSE = 0.1  # seconds between two looks at an average that refines
LIMIT = 0.995  # quantile of the magnitudes that gets the full colour


@dataclass(frozen=True, eq=False)
class Mean:
    """The average of `images` images of a subject at layer `number`: `values` float32 (D, H, W).

    `limit` is the 99.5 % quantile of their magnitudes, `limits` (D) that of 99.9 % of each channel's over all images;
    `signed` says whether the layer goes below zero for any image.
    `sums` is what the next mean goes on with; None once nothing is to be added. A difference goes on with its `sides`.
    `lost` of the images are damaged in the file, and left out; so are `missing` values that are not finite.
    """

    subject: Subject
    number: int
    values: NDArray[np.float32]
    images: int
    limit: float
    limits: NDArray[np.float32]
    signed: bool
    sums: Maps | Patches | None = None
    sides: tuple["Mean", ...] = ()
    lost: int = 0
    missing: int = 0

    @property
    def gone(self) -> bool:
        """Whether nothing is left to be shown."""
        return any(side.gone for side in self.sides) if self.sides else 0 < self.images <= self.lost

    @property
    def complete(self) -> bool:
        """Whether it holds all images that it is to hold."""
        return self.sums is None and all(side.complete for side in self.sides)

    @cached_property
    def nonfinite(self) -> int:
        """Values that are NaN or infinite. A crop has none: where it is NaN there is no image."""
        return 0 if self.number == CROPS or self.gone else int(np.count_nonzero(~np.isfinite(self.values)))

    @property
    def is_difference(self) -> bool:
        return bool(self.sides)

    @property
    def maps(self) -> int:
        """How many maps are shown: red, green and blue of the input are one picture."""
        return 1 if is_colour(self.subject, self.number, len(self.values)) else len(self.values)


def is_colour(subject: Subject | None, number: int, channels: int) -> bool:
    """Whether red, green and blue of the input are shown as one picture; not those of a difference."""
    compared = subject is not None and subject.rest is not None and number == INPUT
    return number < 0 and channels == 3 and not compared


def growing(
    token: Token, cache: Cache, subject: Subject, number: int, before: Mean | None = None
) -> Generator[None, None, Mean]:
    """The mean with more rows in it, or its difference from that of the rest: one block of rows at first, then as many
    as some time allows; yields between blocks.

    What is damaged in the file is left out; where what is needed for all images is, nothing is left.
    """
    try:
        return (yield from _mean_or_difference(token, cache, subject, number, before))
    except DamageError:
        values = np.full(shape_of(cache, number), np.nan, np.float32)
        images = subject.size
        return Mean(subject, number, values, images, 1.0, np.ones(len(values), np.float32), False, lost=images)


def _mean_or_difference(
    token: Token, cache: Cache, subject: Subject, number: int, before: Mean | None
) -> Generator[None, None, Mean]:
    if subject.rest is None or number == CROPS:
        return (yield from _growing(token, cache, subject, number, before))
    smaller, larger = sorted((replace(subject, rest=None), subject.rest), key=lambda side: len(side.rows))
    sides = before.sides if before else (None, None)
    less = yield from _growing(token, cache, smaller, number, sides[0])
    everything = None if subject.everything is None else _from_classes(cache, subject.everything, number)
    if everything is not None and not less.lost:
        more = _without(everything, less, larger)
    else:
        more = yield from _growing(token, cache, larger, number, sides[1])
    return _difference(cache, subject, less, more)


def _growing(
    token: Token, cache: Cache, subject: Subject, number: int, before: Mean | None
) -> Generator[None, None, Mean]:
    if before is not None and before.complete:
        return before
    if before is None and (exact := _from_classes(cache, subject, number)) is not None:
        return exact
    sums = before.sums if before is not None and before.sums is not None else _sums(cache, subject, number)
    rows = subject.rows if subject.asked else subject.rows[: max(PREFIX // sums.work, 1)]
    done, step = before.images if before else 0, max(BLOCK // sums.work, 1)
    end = time.monotonic() + (PAUSE if before else 0)
    while True:
        part = rows[done : done + step]
        sums.add(part)
        done += len(part)
        if done == len(rows) or time.monotonic() >= end:
            mean = _mean(cache, subject, number, sums.average(), done, None if done == len(rows) else sums)
            return replace(mean, lost=sums.lost, missing=sums.missing)
        yield
        token.check()


def _sums(cache: Cache, subject: Subject, number: int) -> Maps | Patches:
    if number != CROPS:
        return Maps(cache, number)
    assert subject.patches is not None
    return Patches(cache, subject.patches)


def shape_shown(cache: Cache, subject: Subject | None, number: int) -> tuple[int, int, int]:
    """(maps, H, W) of a layer, of the input or of what patches see of it."""
    if number == CROPS:
        assert subject is not None
        assert subject.patches is not None
        assert subject.patches.layer is not None
        crop = crop_of_layer(cache, subject.patches.layer)
        assert crop is not None
        channels, height, width = cache.pixel_shape[2], *crop.size
    else:
        channels, height, width = shape_of(cache, number)
    return (1 if is_colour(subject, number, channels) else channels), height, width


def _from_classes(cache: Cache, subject: Subject, number: int) -> Mean | None:
    """The exact average of whole classes, from the cache's class means where it holds them position by position."""
    if subject.weights is None or number < 0:
        return None
    layer = cache.layers[number]
    means = layer.class_mean
    if means.ndim != 4 or layer.nonfinite.any():  # the cache leaves out what is no number
        return None
    present = subject.weights > 0  # the mean of a class without images is no number
    share = subject.weights[present] / subject.weights.sum()
    values = sum((s * mean for s, mean in zip(share, means[present], strict=True)), np.zeros(means.shape[1:]))
    return _mean(cache, subject, number, values, len(subject.rows), None)


def _without(everything: Mean, part: Mean, subject: Subject) -> Mean:
    """The mean of what is not in the part, which is at most half: nothing but the rounding of the whole is lost."""
    count, less = everything.images, len(part.subject.rows)
    values = (everything.values.astype(np.float64) * count - part.values.astype(np.float64) * less) / (count - less)
    return replace(everything, subject=subject, values=values.astype(np.float32), images=count - less)


def _difference(cache: Cache, subject: Subject, *sides: Mean) -> Mean:
    """Of the chosen from the rest, in units of each channel's spread; 0 where a channel has none."""
    rest, chosen = sorted(sides, key=lambda side: side.subject is not subject.rest)
    spread = _spread(cache, chosen.number)[:, None, None]
    with np.errstate(invalid="ignore"):  # the same infinity on both sides
        apart = chosen.values.astype(np.float64) - rest.values
        values = np.where(spread > 0, apart / np.where(spread > 0, spread, 1), apart * 0).astype(np.float32)
    limit, images = _limit(values), chosen.images + rest.images
    limits = np.nan_to_num(np.abs(values), posinf=0).max(axis=(1, 2))
    if values[0].size == 1:  # its own magnitude would make every channel look alike
        limits[:] = limit
    limits = np.where(limits > 0, limits, 1)
    lost, missing = sum(side.lost for side in sides), sum(side.missing for side in sides)
    return Mean(subject, chosen.number, values, images, limit, limits, True, sides=sides, lost=lost, missing=missing)


def _spread(cache: Cache, number: int) -> NDArray[np.float64]:
    """The standard deviation of each channel (D)."""
    return _spread_of_pixels(cache) if number == INPUT else np.nan_to_num(cache.layers[number].std)


@lru_cache(1)
def _spread_of_pixels(cache: Cache) -> NDArray[np.float64]:
    """Of the first images, a fair sample."""
    rows = np.flatnonzero(cache.valid)[: max(SAMPLE // math.prod(cache.pixel_shape), 1)]
    holes = Holes()
    pixels = cache.pixels(rows, holes)
    pixels = pixels[~holes.among(rows)].reshape(-1, cache.pixel_shape[2])
    counts = np.stack([np.bincount(channel, minlength=256) for channel in pixels.T])
    levels, share = np.arange(256), counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return np.sqrt((share * (levels - (share @ levels)[:, None]) ** 2).sum(axis=1))


def _mean(
    cache: Cache,
    subject: Subject,
    number: int,
    values: NDArray[np.float64],
    images: int,
    sums: Maps | Patches | None,
) -> Mean:
    exact = values.astype(np.float32)
    if number < 0:
        images = subject.size if number == CROPS and sums is None else images
        return Mean(subject, number, exact, images, 255.0, np.full(len(values), 255, np.float32), False, sums)
    layer = cache.layers[number]
    limits = np.nan_to_num(np.abs(layer.quantiles[:, [0, -1]])).max(axis=1).astype(np.float32)
    signed = bool(np.nanmin(layer.minimum, initial=0.0) < 0)
    return Mean(subject, number, exact, images, _limit(values), np.where(limits > 0, limits, 1), signed, sums)


def _limit(values: NDArray[np.floating]) -> float:
    magnitudes = np.abs(values[np.isfinite(values)])
    limit = float(np.quantile(magnitudes, LIMIT)) if len(magnitudes) else 0.0
    return limit or float(magnitudes.max(initial=0.0)) or 1.0
