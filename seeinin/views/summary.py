"""One value for each cell of a matrix too large to plot: how strongly its two channels are correlated."""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seeinin.pool import Token
from seeinin.state.correlations import Correlations
from seeinin.state.named import Drawn
from seeinin.state.sources import Sources
from seeinin.views.frames import Request, Shot
from seeinin.views.scales import between, sequential
from seeinin.views.theme import rgba
from seeinin.views.tiles import coloured, packed


@dataclass(frozen=True)
class Summary:
    """What a picture of all correlations depends on: channels in the order shown, its height and width in pixels."""

    layer: int
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    shape: tuple[int, int]
    dark: bool


def painted(request: Summary, found: Correlations) -> NDArray[np.uint8]:
    """uint8 (height, width, 4): every pixel is the average over the cells that it covers, by the areas covered."""
    (height, width), values = request.shape, found.values[np.ix_(request.rows, request.columns)]
    down, across = (np.arange(n + 1) * (side / n) for n, side in zip(values.shape, (height, width), strict=True))
    return _pixels(coverage(down, height) @ values @ coverage(across, width).T, request.dark)


def summarised(token: Token, request: Request, sources: Sources, pause: float) -> Generator[float | None, None, Shot]:
    """The part of the matrix that `request` shows, at once."""
    yield pause
    matrix, (height, width) = request.matrix, request.shape
    found = sources.correlating.of(token, sources.cache.layers[request.layer], sources.cache.images)
    yield None
    rows, columns = matrix.visible_rows(), matrix.visible_columns()
    values = found.values[np.ix_(matrix.rows[rows.start : rows.stop], matrix.columns[columns.start : columns.stop])]
    left, top = matrix.origin
    down = coverage(top + np.arange(rows.start, rows.stop + 1) * matrix.cell, height)
    across = coverage(left + np.arange(columns.start, columns.stop + 1) * matrix.cell, width)
    pixels = _pixels(down @ values @ across.T, request.theme.dark).view(np.uint32)[..., 0]
    outside = np.add.outer(down.sum(axis=1) == 0, across.sum(axis=1) == 0)
    pixels[outside] = packed(np.rint(255 * np.array(rgba(request.theme.background)[:3])).astype(np.uint8))
    layer = sources.cache.layers[request.layer]
    drawn = Drawn(layer.points, layer.points, values.size, 0, 0, request.style, correlated=found.images)
    return Shot(request, pixels.view(np.uint8).reshape(height, width, 4), np.full((height, width), -1), drawn)


def coverage(edges: NDArray[np.floating], pixels: int) -> NDArray[np.float32]:
    """The share of each of `pixels` that lies in each cell, given where the cells begin and the last one ends."""
    first, last = np.arange(pixels)[:, None], np.arange(1, pixels + 1)[:, None]
    share = np.minimum(edges[1:], last) - np.maximum(edges[:-1], first)
    return np.maximum(share, 0).astype(np.float32)


def _pixels(values: NDArray[np.floating], dark: bool) -> NDArray[np.uint8]:
    pixels = coloured(values.astype(np.float32)[None], between(0.0, 1.0, sequential(dark)))
    return pixels.view(np.uint8).reshape(*values.shape, 4)
