"""Layouts where there is no graph to follow: by where rows of the image arrive, else by what kind of module gave it."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence

import numpy as np
from torch import nn

from seeinin.geometry import fields
from seeinin.geometry.fields import Axis
from seeinin.precompute.alone import tells
from seeinin.precompute.layout import Factor, Factors, Layout, Tokens, maps, normal, seen
from seeinin.precompute.probe import Lines

log = logging.getLogger(__name__)

Grid = tuple[int, int]  # height, width
MOST_BESIDE = 17  # tokens before the patches, where these are only taken to fill a square

_CHANNELS_FIRST = (
    nn.modules.conv._ConvNd, nn.modules.batchnorm._BatchNorm, nn.modules.instancenorm._InstanceNorm,
    nn.modules.pooling._MaxPoolNd, nn.modules.pooling._AvgPoolNd, nn.modules.pooling._AdaptiveAvgPoolNd,
    nn.modules.pooling._AdaptiveMaxPoolNd, nn.GroupNorm, nn.PixelShuffle, nn.Upsample, nn.Dropout2d,
    nn.LocalResponseNorm,
)  # fmt: skip
_CHANNELS_LAST = (nn.Linear, nn.LayerNorm, nn.RMSNorm)


def arrived(shape: Sequence[int], lines: tuple[Lines, Lines], extents: Grid) -> Layout | None:
    """The layout of a tensor (n, …) by where the rows and columns of the images arrive; None where they do not tell."""
    n = normal([Factor("n", shape[0])])
    at_y, at_x = ([m for m, along in enumerate(of_kind, 1) if tells(along)] for of_kind in lines)
    rows, columns = fields.image(extents[0]), fields.image(extents[1])
    if len(shape) == 2:
        return Layout((n, normal([Factor("c", shape[1])])), _seen(rows, lines[0]), _seen(columns, lines[1]))
    if len(at_y) == len(at_x) == 1 and at_y != at_x:
        axes: list[Factors] = [n, *(normal([Factor("c", size)]) for size in shape[1:])]
        y, x = lines[0][at_y[0] - 1], lines[1][at_x[0] - 1]
        axes[at_y[0]], axes[at_x[0]] = (Factor("y", y.shape[1]),), (Factor("x", x.shape[1]),)
        return Layout(tuple(axes), fields.probed(rows, y.T), fields.probed(columns, x.T))
    if len(at_y) == 1 and at_y == at_x and len(shape) == 3:
        return _tokens(shape, at_y[0], lines, rows, columns)
    return None


def taken(
    module: nn.Module, shape: Sequence[int], stand: tuple[Grid, int] | None, last: bool, extents: Grid
) -> tuple[Layout, bool]:
    """The layout that tensors (n, …) of such a module have, every position seeing the whole image; and whether it is
    sure. `last` says that channels are the last axis, `stand` on which grid tokens are, and how many before it.
    """
    n = normal([Factor("n", shape[0])])
    everything = fields.whole(fields.image(extents[0])), fields.whole(fields.image(extents[1]))
    last = last or isinstance(module, _CHANNELS_LAST)
    sure = last or isinstance(module, _CHANNELS_FIRST)
    if len(shape) == 4:
        height, width = shape[1:3] if last else shape[2:]
        y, x = _stand((height, width), everything)
        made = maps((shape[0], shape[3 if last else 1], height, width), n, y, x)
        order = (0, 2, 3, 1) if last else (0, 1, 2, 3)
        return Layout(tuple(made.axes[i] for i in order), y, x), sure
    if len(shape) == 3:
        axis = 2 if isinstance(module, _CHANNELS_FIRST) else 1
        height, width = stand[0] if stand else _square(shape[axis])
        beside = shape[axis] - height * width
        if 0 <= beside <= MOST_BESIDE:
            before = min(stand[1], beside) if stand else beside
            y, x = _stand((height, width), everything)
            return _on(shape, axis, (height, width), before, y, x), sure and stand is not None
    axes = [n, *(normal([Factor("c", size)]) for size in shape[1:])]
    return Layout(tuple(axes), everything[0], everything[1]), len(shape) == 2


def _stand(grid: Grid, everything: Sequence[Axis]) -> tuple[Axis, Axis]:
    y, x = (fields.probed(a, np.ones((n, a.positions), bool)) for a, n in zip(everything, grid, strict=True))
    return y, x


def _seen(axis: Axis, lines: Lines) -> Axis:
    """All rows that arrive anywhere; all there are where none does."""
    reads = np.atleast_2d(lines[0].any(axis=1))
    return fields.probed(axis, reads if reads.any() else ~reads)


def _tokens(shape: Sequence[int], axis: int, lines: tuple[Lines, Lines], rows: Axis, columns: Axis) -> Layout | None:
    """Tokens on a grid: those of one row see the same rows of the image, those of one column the same columns."""
    y, x = lines[0][axis - 1].T, lines[1][axis - 1].T  # bool (tokens, rows)
    inside = np.flatnonzero(y.any(axis=1) & x.any(axis=1) & ~(y.all(axis=1) & x.all(axis=1)))
    if not len(inside) or len(inside) != inside[-1] - inside[0] + 1:
        return None
    blind = not (np.delete(y, inside, axis=0).any() or np.delete(x, inside, axis=0).any())
    first, y, x = int(inside[0]), y[inside], x[inside]
    width = next((at for at in range(len(y)) if not np.array_equal(y[at], y[0])), len(y))
    height, odd = divmod(len(y), width)
    regular = np.array_equal(y, np.repeat(y[::width], width, axis=0)[: len(y)])
    if odd or not regular or not np.array_equal(x, np.tile(x[:width], (height, 1))):
        return None
    made = fields.probed(rows, y[::width]), fields.probed(columns, x[:width])
    return _on(shape, axis, (height, width), first, *made, blind=blind)


def _on(shape: Sequence[int], axis: int, grid: Grid, before: int, y: Axis, x: Axis, *, blind: bool = False) -> Layout:
    """Tokens on a grid, and others beside it, which see all that those do, or nothing of the image where `blind`."""
    n, c = normal([Factor("n", shape[0])]), normal([Factor("c", shape[3 - axis])])
    beside = shape[axis] > math.prod(grid)
    along = (Factor("t", shape[axis]),) if beside else normal([Factor("y", grid[0]), Factor("x", grid[1])])
    plain = Layout((n, along, c) if axis == 1 else (n, c, along), y, x)
    others = (fields.nothing(y), fields.nothing(x)) if blind else seen(plain)
    return Layout(plain.axes, y, x, Tokens(before, shape[axis], *others)) if beside else plain


def _square(tokens: int) -> Grid:
    """A square that the tokens fill, but for one before them; else a row."""
    for patches in (tokens, tokens - 1):
        side = math.isqrt(patches)
        if side * side == patches and side > 1:
            return side, side
    return 1, tokens
