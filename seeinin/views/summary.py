"""One value for each cell of a matrix too large to plot: how strongly its two channels are correlated."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seeinin.pool import Token
from seeinin.store.holes import Holes
from seeinin.store.reader import Layer
from seeinin.views.scales import between, sequential
from seeinin.views.tiles import coloured

VALUES = 1 << 23  # activations that are read at most
PRODUCTS = 4e9  # multiplications at most: about a second


@dataclass(frozen=True)
class Summary:
    """What a picture of correlations depends on: channels in the order shown, its height and width in pixels."""

    layer: int
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    shape: tuple[int, int]
    dark: bool


@dataclass(frozen=True, eq=False)
class Correlations:
    """|Pearson's r| of every pair of channels of a layer, float32 (D, D), over its first `images` images."""

    layer: int
    images: int
    values: NDArray[np.float32]


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


def painted(token: Token, request: Summary, found: Correlations) -> NDArray[np.uint8]:
    """uint8 (height, width, 4): every pixel is the average over the cells that it covers, by the areas covered."""
    values = found.values[np.ix_(request.rows, request.columns)]
    height, width = request.shape
    small = coverage(len(request.rows), height) @ values @ coverage(len(request.columns), width).T
    token.check()
    pixels = coloured(small.astype(np.float32)[None], between(0.0, 1.0, sequential(request.dark)))
    return pixels.view(np.uint8).reshape(height, width, 4)


def coverage(cells: int, pixels: int) -> NDArray[np.float32]:
    """The share of each of `pixels` that lies in each of `cells` of the same whole length: (pixels, cells)."""
    edges = np.arange(cells + 1) * (pixels / cells)
    first, last = np.arange(pixels)[:, None], np.arange(1, pixels + 1)[:, None]
    share = np.minimum(edges[1:], last) - np.maximum(edges[:-1], first)
    return np.maximum(share, 0).astype(np.float32)
