"""What a channel sees at each level of its value: average images of eight equal bands."""

from collections.abc import Callable, Collection, Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.crops import NO_GROUP, Crops, crop_of
from seeinin.geometry.information import bins_of, class_counts, equal_widths
from seeinin.geometry.warp import Warp
from seeinin.pool import Token, ranges
from seeinin.state.questions import STEP
from seeinin.state.selection import Selection, chosen
from seeinin.state.sources import Sources
from seeinin.store.holes import Holes
from seeinin.store.reader import Cache, Layer

BANDS = 8
ADDED = 1 << 31  # pixels that are averaged, a second or two; of more points those of the first images, as many as fit


@dataclass(frozen=True, eq=False)
class Bands:
    """Equal bands of an axis range, the outer ones with what lies beyond it, and the points whose value lies there.

    Exact in count and classes; `pictures` are averages over the points of the first `images` of N, finer as it grows.
    """

    edges: NDArray[np.float64]  # (B + 1)
    count: NDArray[np.int64]  # (B) points
    classes: NDArray[np.int64]  # (B, K) points of each class
    pictures: NDArray[np.float32]  # (B, h, w, c): average image, or average crop of the field; NaN where none had it
    averaged: NDArray[np.int64]  # (B) points in the average
    images: int

    @property
    def leading(self) -> NDArray[np.int64]:
        """The class with the most points in each band (B), -1 where none has any."""
        if not self.classes.shape[1]:
            return np.full(len(self.count), -1)
        return np.where(self.classes.any(axis=1), self.classes.argmax(axis=1), -1)


def value_bands(
    token: Token,
    sources: Sources,
    layer: Layer,
    channel: int,
    warp: Warp,
    low: float,
    high: float,
    show: Callable[[Bands], object] = lambda bands: None,
    count: int = BANDS,
) -> Generator[None, None, Bands]:
    """The bands of a channel over [low, high] of its axis, low < high; a generator function for the pool.

    `show` gets, on the thread of the pool, what is known first without pictures, then each time from twice the images.
    """
    cache = sources.cache
    group = bins_of(sources.columns.get(layer, channel, warp), equal_widths(low, high, count))  # `count` for a NaN
    group[np.repeat(~cache.valid, layer.positions)] = NO_GROUP
    crops, read = _crops(cache, layer, count)
    points = np.bincount(group, minlength=NO_GROUP + 1)[:count]
    classes = class_counts(group, cache.label, count, len(cache.classes))
    averaged = np.zeros(count, np.int64)

    def known(images: int) -> Bands:
        return Bands(np.linspace(low, high, count + 1), points, classes, crops.averages, averaged.copy(), images)

    show(known(0))
    group = group.reshape(cache.images, *layer.shape[1:])
    added = layer.positions * crops.seen[0].size * cache.pixel_shape[2]
    images = min(cache.images, max(1, ADDED // added))
    shown = 0
    for start, stop in ranges(0, images, max(1, STEP // added)):
        token.check()
        yield
        holes = Holes()
        pixels = read(slice(start, stop), holes)
        group[start:stop][holes.among(np.arange(start, stop))] = NO_GROUP  # they are counted, but in no average
        crops.add(pixels, group[start:stop])
        averaged += np.bincount(group[start:stop].reshape(-1), minlength=NO_GROUP + 1)[:count]
        if 2 * shown <= stop < images:
            show(known(stop))
            shown = stop
    return known(images)


def band_points(
    sources: Sources,
    layer: Layer,
    channel: int,
    warp: Warp,
    low: float,
    high: float,
    band: int,
    hidden: Collection[int] = (),
) -> Selection:
    """The points of one of the eight bands of a channel over [low, high], but for those of hidden classes."""
    cache = sources.cache
    group = bins_of(sources.columns.get(layer, channel, warp), equal_widths(low, high, BANDS))
    drawn = cache.valid & ~np.isin(cache.label, list(hidden))
    return chosen(layer.number, (group == band) & np.repeat(drawn, layer.positions))


def _crops(cache: Cache, layer: Layer, count: int) -> tuple[Crops, Callable[[Any, Holes], NDArray[np.uint8]]]:
    """Where the crops go and the pictures come from: small ones where a crop is the whole image anyway."""
    crop = crop_of(layer.field, cache.pixel_shape)
    if crop.stride != (0, 0):
        return Crops(count, crop, cache.pixel_shape[2]), cache.pixels
    small = cache.thumbnail_shape
    return Crops(count, crop_of(layer.field, small), small[2]), cache.thumbnails
