"""Receptive fields and homes as exact integer tables, one axis at a time.

Everything an operation does to an axis is a table of *taps*: which positions of its input each position of its output
reads. Fields and homes follow by hulls over taps; padding is no tap, so fields end where the image does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.int32]
Taps = NDArray[np.integer[Any]]

# The first pixel of a field of nothing (a position that reads padding only); its last is -1, so hulls leave it out.
NOTHING = np.int32(2**30)


@dataclass(frozen=True, slots=True)
class Field:
    """The unclipped receptive field of a layer in input pixels, each as (y, x).

    `size` pixels wide, moving by `stride` from one position to the next; that of position 0 begins at `first`.
    """

    size: tuple[int, int]
    stride: tuple[int, int]
    first: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of one layer: int32 (positions, 2) tables of first and last input pixel, and the unclipped field."""

    rf: Table
    home: Table
    size: int
    stride: int
    first: int

    @property
    def positions(self) -> int:
        return len(self.rf)


def image(extent: int) -> Axis:
    """The axis of the input itself: every pixel sees itself."""
    pixels = np.repeat(np.arange(extent, dtype=np.int32), 2).reshape(-1, 2)
    return Axis(pixels, pixels, size=1, stride=1, first=0)


def gather(axis: Axis, taps: Taps, home_taps: Taps) -> Axis:
    """Hulls of `axis` over taps, int (positions, any) with -1 for no tap; the unclipped field is left to the caller."""
    return replace(axis, rf=_hull(axis.rf, taps), home=_hull(axis.home, home_taps))


def window(axis: Axis, positions: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> Axis:
    """A convolution or a pooling with `positions` outputs; windows may hang over either end.

    The home of a position is the home of the `stride` inputs in the middle of its window, so homes tile.
    """
    reach = (kernel - 1) * dilation + 1
    starts = np.arange(positions)[:, None] * stride - padding
    taps = starts + np.arange(kernel) * dilation
    middle = starts + (reach - stride) // 2
    home_taps = np.clip(middle + np.arange(stride), 0, axis.positions - 1)
    return replace(
        gather(axis, np.where((taps >= 0) & (taps < axis.positions), taps, -1), home_taps),
        size=axis.size + (reach - 1) * axis.stride,
        stride=axis.stride * stride,
        first=axis.first - padding * axis.stride,
    )


def transposed(axis: Axis, positions: int, kernel: int, stride: int, padding: int, dilation: int) -> Axis:
    """A transposed convolution: input i is spread over the outputs i · stride - padding + k · dilation."""
    at = np.arange(positions)[:, None] + padding - np.arange(kernel) * dilation
    taps = np.where(at % stride == 0, at // stride, -1)
    return probed(axis, (taps[:, :, None] == np.arange(axis.positions)).any(axis=1))


def whole(axis: Axis) -> Axis:
    """One position that reads all of them, and stands for all: a fully connected layer, a global pooling."""
    taps = np.arange(axis.positions)[None]
    rf, home = _hull(axis.rf, taps), _hull(axis.home, taps)
    return replace(axis, rf=rf, home=home) if rf[0, 1] < 0 else _fixed(replace(axis, rf=rf, home=rf))


def nothing(axis: Axis) -> Axis:
    """One position that reads none of them, and stands for all: a class token before any attention."""
    home = _hull(axis.home, np.arange(axis.positions)[None])
    extent = int(home[0, 1] - home[0, 0]) + 1
    return Axis(np.array([[NOTHING, -1]], np.int32), home, size=0, stride=extent, first=int(home[0, 0]))


def blurred(axis: Axis, reads: NDArray[np.bool_]) -> Axis:
    """Positions that stay where they are, and read others too, bool (positions, positions): a normalisation."""
    return axis if reads.shape == (1, 1) else replace(probed(axis, reads), home=axis.home)


def adaptive(axis: Axis, positions: int) -> Axis:
    """Adaptive pooling: window o is floor(o n / m) up to ceil((o + 1) n / m), as torch defines it."""
    if positions == 1:
        return whole(axis)
    edges = np.arange(positions + 1) * axis.positions
    starts, stops = edges[:-1] // positions, -(-edges[1:] // positions)
    inputs = np.arange(axis.positions)
    taps = np.where((inputs >= starts[:, None]) & (inputs < stops[:, None]), inputs, -1)
    return Axis(
        _hull(axis.rf, taps),
        _stretched(axis.home, positions),
        size=axis.size + int((stops - starts).max() - 1) * axis.stride,
        stride=max(1, round(axis.stride * axis.positions / positions)),
        first=axis.first,
    )


def union(axes: list[Axis]) -> Axis:
    """Addition, concatenation and the like, position by position; an axis of one position is broadcast."""
    positions = max(axis.positions for axis in axes)
    wide = [axis for axis in axes if axis.positions == positions]
    rfs = np.stack([np.broadcast_to(axis.rf, (positions, 2)) for axis in axes])
    homes = np.stack([axis.home for axis in wide])  # what is broadcast has no say in where a position stands
    first = min(axis.first for axis in axes)
    return Axis(
        rf=np.stack([rfs[..., 0].min(0), rfs[..., 1].max(0)], axis=1),
        home=np.stack([homes[..., 0].min(0), homes[..., 1].max(0)], axis=1),
        size=max(axis.first + axis.size for axis in axes) - first,
        stride=max(axis.stride for axis in wide),
        first=first,
    )


def probed(axis: Axis, reads: NDArray[np.bool_]) -> Axis:
    """Any operation, given which inputs each output was seen to read, bool (positions, inputs).

    Where the reads move by whole steps it is a window, and its homes are those of one; elsewhere homes stretch with
    the axis. The unclipped field is that of the output in the middle.
    """
    positions, inputs = reads.shape
    rf = _hull(axis.rf, np.where(reads, np.arange(inputs), -1))
    low, high = reads.argmax(axis=1), inputs - 1 - reads[:, ::-1].argmax(axis=1)
    middle, a, b = positions // 2, positions // 4, 3 * positions // 4
    reach = int(high[middle] - low[middle]) + 1
    if positions == 1 or reach == inputs:
        home = _stretched(axis.home, positions)
        return _fixed(Axis(rf, home, axis.size, max(1, round(axis.stride * inputs / positions)), axis.first))
    step = float(low[b] - low[a]) / (b - a)
    start = low[middle] - middle * step
    if step >= 1 and step.is_integer():
        fitted = window(axis, positions, reach, int(step), padding=-int(start))
        return replace(fitted, rf=rf)
    return Axis(
        rf,
        _stretched(axis.home, positions),
        size=axis.size + (reach - 1) * axis.stride,
        stride=max(1, round(axis.stride * step)),
        first=axis.first + round(start * axis.stride),
    )


def every(axis: Axis, step: int) -> Axis:
    """Keep each `step`-th position; homes grow to the middle between those kept, so that they tile again."""
    if step == 1 or axis.positions == 1:
        return axis
    kept = np.arange(0, axis.positions, step)[:, None]
    near = kept - (step - 1) // 2 + np.arange(step)
    near[-1] = np.maximum(near[-1], near[-1, 0] + np.arange(step))
    grown = gather(axis, kept, np.clip(near, 0, axis.positions - 1))
    tail = grown.home.copy()
    tail[-1, 1] = max(tail[-1, 1], axis.home[-1, 1])
    return replace(grown, home=tail, stride=axis.stride * step)


def stored(table: Table) -> Table:
    """`table` as the cache keeps it: a field of nothing is 0 to -1."""
    empty = table[:, 1:] < 0
    return np.where(empty, np.array([0, -1], np.int32), table).astype(np.int32)


def _hull(table: Table, taps: Taps) -> Table:
    tapped = taps >= 0
    first = np.where(tapped, table[taps, 0], NOTHING).min(axis=1)
    last = np.where(tapped, table[taps, 1], -1).max(axis=1)
    return np.stack([first, last], axis=1).astype(np.int32)


def _fixed(axis: Axis) -> Axis:
    """Fields that do not move; one position alone moves by its own width."""
    first, last = int(axis.rf[:, 0].min()), int(axis.rf[:, 1].max())
    size = last - first + 1
    return replace(axis, size=size, stride=axis.stride if axis.positions > 1 else size, first=first)


def _stretched(home: Table, positions: int) -> Table:
    """The tiles of `home` cut or joined into as many as there are `positions`."""
    if positions == len(home):
        return home
    edges = np.append(home[:, 0], home[-1, 1] + 1)
    cuts = np.interp(np.linspace(0, len(home), positions + 1), np.arange(len(home) + 1), edges)
    cuts = np.floor(cuts + 1e-9).astype(np.int32)
    return np.stack([cuts[:-1], np.maximum(cuts[1:] - 1, cuts[:-1])], axis=1)
