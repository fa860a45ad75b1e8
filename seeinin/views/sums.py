"""Sums over images, row by row: of their maps, and of what the selected patches see of them."""

import math

import numpy as np
from numpy.typing import NDArray

from seeinin.state.selection import Selection
from seeinin.store.holes import Holes
from seeinin.store.reader import Cache
from seeinin.views.subjects import INPUT, crop_of_layer


class Maps:
    """Of a layer, or of the input; `work` is the bytes of one image. Damaged images are left out, and `lost`."""

    def __init__(self, cache: Cache, number: int) -> None:
        self.cache, self.number = cache, number
        self.total = np.zeros(shape_of(cache, number))
        size = 1 if number == INPUT else np.dtype(cache.layers[number].dtype).itemsize
        self.work = max(math.prod(self.total.shape) * size, 1)
        self.lost = 0

    def add(self, rows: NDArray[np.int64]) -> None:
        from seeinin.geometry.averages import add_maps  # numba: not before a thread needs it

        holes = Holes()
        maps = read_maps(self.cache, self.number, rows, holes)
        if holes:
            kept = ~holes.among(rows)
            self.lost += int((~kept).sum())
            maps = maps[kept]
        add_maps(self.total, maps)

    def average(self, images: int) -> NDArray[np.float64]:
        """(D, H, W); NaN where no image is left."""
        return self.total / (images - self.lost) if images > self.lost else np.full_like(self.total, np.nan)


class Patches:
    """Of the parts of images that the selected points of a layer look at; `work` is the pixels of one image's crops."""

    def __init__(self, cache: Cache, patches: Selection) -> None:
        from seeinin.geometry.crops import Crops

        assert patches.layer is not None
        crop = crop_of_layer(cache, patches.layer)
        assert crop is not None
        layer = cache.layers[patches.layer]
        self.cache = cache
        self.strength = patches.strength.reshape(cache.images, *layer.shape[1:])
        self.crops = Crops(1, crop, cache.pixel_shape[2])
        self.work = max(layer.positions * math.prod(crop.size), math.prod(cache.pixel_shape))
        self.lost = 0

    def add(self, rows: NDArray[np.int64]) -> None:
        from seeinin.geometry.crops import NO_GROUP

        holes = Holes()
        pixels = self.cache.pixels(rows, holes)
        gone = holes.among(rows)
        self.lost += int(gone.sum())
        chosen = (self.strength[rows] > 0) & ~gone[:, None, None]
        self.crops.add(pixels, np.where(chosen, np.uint8(0), np.uint8(NO_GROUP)))

    def average(self, images: int) -> NDArray[np.float64]:
        """(c, height, width); NaN where every crop reaches beyond its image."""
        return self.crops.averages[0].transpose(2, 0, 1).astype(np.float64)


def shape_of(cache: Cache, number: int) -> tuple[int, int, int]:
    """(D, H, W) of a layer, or of the input."""
    if number != INPUT:
        return cache.layers[number].shape
    height, width, channels = cache.pixel_shape
    return channels, height, width


def read_maps(cache: Cache, number: int, rows: NDArray[np.int64], holes: Holes) -> NDArray[np.generic]:
    """(n, D, H, W) as stored: pixels are uint8."""
    if number == INPUT:
        return cache.pixels(rows, holes).transpose(0, 3, 1, 2)
    return cache.layers[number].maps(rows, holes)
