"""One operation run alone, to see what it does to the places of its values.

A NaN in one value, or in all of one row, shows by where it arrives what reads it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from seeinin.geometry import fields
from seeinin.geometry.fields import Axis
from seeinin.precompute.layout import Counted, Factor, Factors, Layout, lost, normal, seen

Run = Callable[[torch.Tensor], torch.Tensor]  # the operation, given another tensor for one of those that it reads
Mask = NDArray[np.bool_]


_ROWS: tuple[Counted, Counted] = ("y", "x")


class SilentError(Exception):
    """It lets no NaN through, so nothing is seen."""


def carried(run: Run, x: torch.Tensor) -> list[int | None]:
    """For an operation that does to every value what it does to one: which axis of its output counts what each axis of
    `x` counts, where any does. The others are mixed: all along them is read.
    """
    code = np.arange(x.ndim)[:, None] >> np.arange(max(1, (x.ndim - 1).bit_length())) & 1  # of each axis, a few bits
    places: list[list[int]] = []
    shape: tuple[int, ...] = ()
    for bits in code.T:
        tainted = x.clone()
        tainted[tuple(int(bit) if n > 1 else 0 for bit, n in zip(bits, x.shape, strict=True))] = float("nan")
        nan = run(tainted).isnan().cpu().numpy()
        if not nan.any():
            raise SilentError
        lines = [nan.any(axis=tuple(set(range(nan.ndim)) - {axis})) for axis in range(nan.ndim)]
        places.append([int(line.argmax()) if line.sum() == 1 else -1 for line in lines])
        shape = nan.shape
    found = np.array(places).T  # (axes of the output, probes)
    return [
        next((m for m, n in enumerate(shape) if n == x.shape[k] > 1 and np.array_equal(found[m], code[k])), None)
        for k in range(x.ndim)
    ]


def through(layout: Layout, to: Sequence[int | None], dimensions: int) -> Layout:
    """The layout as the output of such an operation has it; rows that are mixed have no axis of their own any more."""
    axes: list[Factors] = [()] * dimensions
    for axis, place in zip(layout.axes, to, strict=True):
        if place is not None:
            axes[place] = axis
    y, x = seen(layout)
    if layout.tokens:
        kept = any(factor.kind == "t" for axis in axes for factor in axis)
        return replace(layout, axes=tuple(axes)) if kept else Layout(tuple(axes), y, x)
    rows, columns = _kept(layout, "y", to), _kept(layout, "x", to)
    return Layout(
        tuple(axes),
        _blurred(layout.y, rows) if rows or not layout.along("y") else y,
        _blurred(layout.x, columns) if columns or not layout.along("x") else x,
    )


def mixed(layout: Layout, to: Sequence[int | None]) -> Layout:
    """Every value where it was, but having read all along the axes that are mixed: what a normalisation gives."""
    if layout.tokens is None:
        y, x = _blurred(layout.y, _kept(layout, "y", to)), _blurred(layout.x, _kept(layout, "x", to))
        return replace(layout, y=y, x=x)
    if all(to[i] is not None for i, _ in layout.along("t")):
        return layout
    above, left = seen(layout)
    return Layout(layout.axes, _blurred(layout.y, []), _blurred(layout.x, []), replace(layout.tokens, y=above, x=left))


def _kept(layout: Layout, kind: Counted, to: Sequence[int | None]) -> list[Factor]:
    return [factor for i, factor in layout.along(kind) if to[i] is not None]


def _blurred(axis: Axis, kept: Sequence[Factor]) -> Axis:
    """The rows, each having read all those that differ from it in none of the factors that are kept."""
    if math.prod(factor.size for factor in kept) == axis.positions:
        return axis
    rows = np.arange(axis.positions)
    reads = np.ones((axis.positions,) * 2, bool)
    for factor in kept:
        digit = rows // factor.step % factor.size
        reads &= digit[:, None] == digit
    return fields.blurred(axis, reads)


def reached(run: Run, x: torch.Tensor, layout: Layout) -> Layout:
    """Through an operation of which nothing is known, by NaN in all of each image, row and column."""
    kinds: tuple[Counted, ...] = ("n", *_ROWS)
    before = {kind: list(_lines(layout, kind)) for kind in kinds}
    after = {kind: _arrived(run, x, layout, kind) for kind in kinds}
    if not any(line.any() for lines in after.values() for line in lines):
        raise SilentError
    shape = tuple(line.shape[1] for line in after["n"])
    return _told(layout, before, after, shape)


@torch.no_grad()
def reached_maps(run: Run, x: torch.Tensor, y_axis: Axis, x_axis: Axis) -> tuple[Axis, Axis]:
    """The same of one that is known to make maps (1, D, H, W) of such: its rows and its columns."""
    found: list[Mask] = []
    for dimension in (2, 3):
        arrived = []
        for row in range(x.shape[dimension]):
            tainted = x.clone()
            tainted.select(dimension, row).fill_(float("nan"))
            arrived.append(run(tainted).isnan().movedim(dimension, 0).flatten(1).any(dim=1).cpu().numpy())
        found.append(np.stack(arrived))
    if not (found[0].any() and found[1].any()):
        raise SilentError
    return _read(y_axis, found[0]), _read(x_axis, found[1])


def _told(
    layout: Layout, before: dict[Counted, list[Mask]], after: dict[Counted, list[Mask]], shape: Sequence[int]
) -> Layout:
    """What the axes of the output count, by which rows arrive where along them."""
    axes: list[Factors | None] = [None] * len(shape)
    for m in range(len(shape)):
        for k, axis in enumerate(layout.axes):
            same = all(np.array_equal(before[kind][k], after[kind][m]) for kind in before)
            if same and any(f.kind != "c" for f in axis) and axis not in axes:
                axes[m] = axis
    tables: dict[Counted, Axis] = dict(zip(_ROWS, seen(layout), strict=True))
    for kind, table in zip(_ROWS, (layout.y, layout.x), strict=True):
        taken = [f for a in axes for f in a or () if f.kind in (kind, "t")]
        along = [m for m, lines in enumerate(after[kind]) if tells(lines)]
        if taken and taken == [f for a in layout.axes for f in a if f.kind in (kind, "t")]:
            tables[kind] = table
        elif len(along) == 1 and axes[along[0]] is None and not taken:
            axes[along[0]] = (Factor(kind, shape[along[0]]),)
            tables[kind] = _read(table, after[kind][along[0]])
        elif along:
            count = normal(factor for _, factor in layout.along("n"))
            return lost(layout, shape, axes.index(count) if count and count in axes else None)
    made = [normal([Factor("c", n)]) if a is None else a for a, n in zip(axes, shape, strict=True)]
    tokens = layout.tokens if any(f.kind == "t" for a in made for f in a) else None
    return Layout(tuple(made), tables["y"], tables["x"], tokens)


def tells(lines: Mask) -> bool:
    """Whether it depends on the row where along an axis it arrives, bool (rows, size); of rows that arrive at all."""
    arriving = lines[lines.any(axis=1)]
    return len(arriving) > 0 and not np.array_equiv(arriving, arriving[0])


def _read(axis: Axis, lines: Mask) -> Axis:
    """`lines` (rows of the input, rows of the output)."""
    return fields.probed(axis, lines.T if lines.any() else np.ones_like(lines.T))


def _lines(layout: Layout, kind: Counted) -> Iterator[Mask]:
    """For each axis of the input, where along it there is anything of each row: bool (rows, size)."""
    place = layout.coordinate(kind)
    count = _extent(layout, kind)
    for k, axis in enumerate(layout.axes):
        size = int(np.prod([f.size for f in axis])) if axis else 1
        others = tuple(set(range(place.ndim)) - {k})
        found = np.stack([(place == row).any(axis=others) for row in range(count)])
        yield np.broadcast_to(found, (count, size))


def _extent(layout: Layout, kind: Counted) -> int:
    if kind == "n":
        return max([factor.size for _, factor in layout.along("n")], default=1)
    return int(getattr(layout, kind).positions)


@torch.no_grad()
def _arrived(run: Run, x: torch.Tensor, layout: Layout, kind: Counted) -> list[Mask]:
    """For each axis of the output, where along it a NaN in each row arrives: bool (rows, size)."""
    place = torch.from_numpy(np.ascontiguousarray(layout.coordinate(kind))).to(x.device)
    found: list[list[Mask]] = []
    for row in range(_extent(layout, kind)):
        nan = run(x.masked_fill(place == row, float("nan"))).isnan()[..., None]
        found.append([nan.movedim(m, 0).flatten(1).any(dim=1).cpu().numpy() for m in range(nan.ndim - 1)])
    return [np.stack(lines) for lines in zip(*found, strict=True)]
