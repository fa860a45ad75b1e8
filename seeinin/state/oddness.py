"""How unlike its class each image is, in a layer's own space."""

import math
from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray

from seeinin.pool import POOL, Token, ranges
from seeinin.state.questions import STEP, VALUES, first_images
from seeinin.store.reader import Cache, Layer


def oddness(token: Token, cache: Cache, layer: Layer) -> Generator[None, None, NDArray[np.float32]]:
    """How many times as far from the mean of its class an image lies as the images of that class do: float32 (N).

    The distance is Euclid's, between all D·H·W values of the image and the class's mean of them, in the layer's own
    units; between averages over the positions where the cache holds no more of the mean. It is divided by the root of
    the class's mean squared distance, so that classes that are spread differently can be compared: 1 is usual.
    NaN for images without a label, with values that are no number, and beyond the first ones in layers of more than
    2³⁰ values.
    """
    images = first_images(cache, layer, VALUES)
    label = np.where(cache.valid, cache.label, -1)[:images]
    squares = np.full(cache.images, np.nan)

    def measure(part: tuple[int, int]) -> None:
        squares[slice(*part)] = _squares(layer, slice(*part), label[slice(*part)])

    parts = ranges(0, images, max(1, STEP // (layer.shape[0] * layer.positions)))
    for k in range(0, len(parts), POOL.size):
        POOL.share(measure, parts[k : k + POOL.size])
        token.check()
        yield
    known = np.isfinite(squares[:images]) & (label >= 0)
    classes = len(cache.classes)
    total = np.bincount(label[known], squares[:images][known], classes)
    usual = total / np.maximum(np.bincount(label[known], minlength=classes), 1)
    out = np.full(cache.images, np.nan, np.float32)
    of_class = usual[label[known]]
    out[np.flatnonzero(known)] = np.sqrt(squares[:images][known] / np.where(of_class > 0, of_class, 1))
    return out


def _squares(layer: Layer, rows: slice, label: NDArray[np.int32]) -> NDArray[np.float64]:
    """Squared distances of some images from the means of their classes; NaN without a label."""
    from seeinin.geometry.halves import decode  # kernels, which the window starts without

    means, maps = layer.class_mean, decode(layer.maps(rows))
    if means.ndim == 2:
        maps = maps.mean(axis=(2, 3))
    labelled = np.flatnonzero(label >= 0)
    squares = np.full(len(label), np.nan)
    with np.errstate(invalid="ignore", over="ignore"):
        apart = (maps[labelled] - means[label[labelled]]).reshape(len(labelled), math.prod(means.shape[1:]))
        squares[labelled] = np.einsum("ij,ij->i", apart, apart)
    return squares
