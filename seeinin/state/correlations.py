"""How strongly every two channels of a layer are correlated, for cells too small to be plotted."""

import math
import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seeinin.pool import Token
from seeinin.store.holes import Holes
from seeinin.store.reader import Layer

VALUES = 1 << 23  # activations that are read at most
PRODUCTS = 4e9  # multiplications at most: about a second


@dataclass(frozen=True, eq=False)
class Correlations:
    """|Pearson's r| of every pair of channels of a layer, float32 (D, D), over its first `images` images."""

    layer: int
    images: int
    values: NDArray[np.float32]


class Correlating:
    """The correlations of the layer that was asked for last. Thread safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: Correlations | None = None

    def of(self, token: Token, layer: Layer, images: int) -> Correlations:
        """See `correlations`."""
        with self._lock:
            if self._last is None or self._last.layer != layer.number:
                self._last = correlations(token, layer, images)
            return self._last


def correlations(token: Token, layer: Layer, images: int) -> Correlations:
    """As many of the first images as fit in time and memory: rows are shuffled, so any prefix is a fair sample.

    0 where a channel is constant or holds what is no number. Damaged images are left out.
    """
    channels, positions = layer.shape[0], layer.positions
    most = min(VALUES // channels, int(PRODUCTS / channels**2)) // positions
    images = min(images, max(most, math.ceil(2 / positions)))
    holes = Holes()
    values = layer.maps(slice(0, images), holes)
    values = values[~holes.among(np.arange(images))].astype(np.float32)
    token.check()
    values = values.transpose(1, 0, 2, 3).reshape(channels, -1)  # (D, points)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        values -= values.mean(axis=1, keepdims=True, dtype=np.float64).astype(np.float32)
        values /= np.sqrt((values**2).sum(axis=1, keepdims=True, dtype=np.float64)).astype(np.float32)
    values[~np.isfinite(values).all(axis=1)] = 0
    return Correlations(layer.number, images, np.abs(values @ values.T))
