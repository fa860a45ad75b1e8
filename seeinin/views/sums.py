"""Sums over images, row by row: of their maps, and of what the selected patches see of them."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seeinin.state.selection import Selection
from seeinin.store.holes import Holes
from seeinin.store.reader import Cache
from seeinin.views.subjects import INPUT, crop_of_layer


class Maps:
    """Of a layer, or of the input; `work` is the bytes of one image. Damaged images are left out, and `lost`.

    A value that is not finite is left out, and `missing`, where any image has a finite one in its place.
    """

    def __init__(self, cache: Cache, number: int) -> None:
        self.cache, self.number = cache, number
        self.total = np.zeros(shape_of(cache, number))
        size = 1 if number == INPUT else np.dtype(cache.layers[number].dtype).itemsize
        self.work = max(math.prod(self.total.shape) * size, 1)
        self.lost = self._added = 0
        strange = number != INPUT and cache.layers[number].nonfinite.any()
        self._strange = _Strange(self.total.shape) if strange else None

    @property
    def missing(self) -> int:
        """Values that the average leaves out."""
        return 0 if self._strange is None else int(self._strange.count[self._strange.count < self._added].sum())

    def add(self, rows: NDArray[np.int64]) -> None:
        from seeinin.geometry.averages import add_maps  # numba: not before a thread needs it

        holes = Holes()
        maps = read_maps(self.cache, self.number, rows, holes)
        if holes:
            kept = ~holes.among(rows)
            self.lost += int((~kept).sum())
            maps = maps[kept]
        self._added += len(maps)
        add_maps(self.total, maps if self._strange is None else self._strange.taken(maps))

    def average(self) -> NDArray[np.float64]:
        """(D, H, W); NaN where no image is left."""
        if self._strange is not None:
            return self._strange.average(self.total, self._added)
        return self.total / self._added if self._added else np.full_like(self.total, np.nan)


class _Strange:
    """The values of a layer that are not finite: one of them would be all that is left of an average."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.count, self._total = np.zeros(shape, np.int64), np.zeros(shape)

    def taken(self, maps: NDArray[Any]) -> NDArray[Any]:
        """The maps (n, D, H, W) with zeros instead."""
        finite = np.isfinite(maps)
        if finite.all():
            return maps
        self.count += (~finite).sum(axis=0)
        with np.errstate(invalid="ignore"):  # infinities of both signs
            self._total += np.where(finite, 0, maps).sum(axis=0, dtype=np.float64)
        return np.where(finite, maps, maps.dtype.type(0))

    def average(self, total: NDArray[np.float64], images: int) -> NDArray[np.float64]:
        """Of the finite values among so many images; of the others where there is no finite one."""
        finite = images - self.count
        return np.where(finite > 0, total / np.maximum(finite, 1), self._total if images else np.nan)


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
        self.lost = self.missing = 0

    def add(self, rows: NDArray[np.int64]) -> None:
        from seeinin.geometry.crops import NO_GROUP

        holes = Holes()
        pixels = self.cache.pixels(rows, holes)
        gone = holes.among(rows)
        self.lost += int(gone.sum())
        chosen = (self.strength[rows] > 0) & ~gone[:, None, None]
        self.crops.add(pixels, np.where(chosen, np.uint8(0), np.uint8(NO_GROUP)))

    def average(self) -> NDArray[np.float64]:
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
