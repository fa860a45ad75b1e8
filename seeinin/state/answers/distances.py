"""How far images are from the class means of a layer."""

from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray

from seeinin.errors import DataError
from seeinin.geometry.classes import squared_distances, vectors
from seeinin.pool import Token, ranges
from seeinin.state.questions import STEP, VALUES, first_images, in_steps
from seeinin.store.reader import Cache, Layer


def centroids(layer: Layer) -> NDArray[np.float64]:
    """The class means as vectors (K, U): of every value of a map, or of each channel where the cache holds no more."""
    return layer.class_mean.astype(np.float64).reshape(len(layer.class_mean), -1)


def units(layer: Layer) -> NDArray[np.float64]:
    """What makes squared distances count in standard deviations of each channel (U): 0 for one that does not vary."""
    variance = np.nan_to_num(layer.std) ** 2
    weight = np.divide(1, variance, out=np.zeros(len(variance)), where=variance > 0)
    return np.repeat(weight, centroids(layer).shape[1] // len(weight))


def labelled(cache: Cache, layer: Layer) -> NDArray[np.int64]:
    """The rows of the images that have a class and could be read; of a layer too large the first ones.

    Raises DataError where there are none.
    """
    if not cache.classes or not (cache.label >= 0).any():
        raise DataError("The images of this cache have no classes, and this question is about classes.")
    return np.flatnonzero((cache.valid & (cache.label >= 0))[: first_images(cache, layer, VALUES)])


def distances(
    token: Token, layer: Layer, rows: NDArray[np.int64], weight: NDArray[np.float64]
) -> Generator[None, None, NDArray[np.float64]]:
    """Squared, of images to the mean of each class (n, K), NaN for a class without images; `weight` (U) of values."""
    mean = np.nan_to_num(layer.mean)
    centre = centroids(layer)
    centre -= np.repeat(mean, centre.shape[1] // len(mean))
    out = np.empty((len(rows), len(centre)))

    def measure(part: tuple[int, int]) -> None:
        x = vectors(layer.maps(rows[slice(*part)]), mean, whole=layer.class_mean.ndim == 4)
        out[slice(*part)] = squared_distances(x, centre, weight)

    parts = ranges(0, len(rows), max(1, STEP // (layer.shape[0] * layer.positions)))
    yield from in_steps(token, measure, parts, STEP, lambda share: None)
    return out
