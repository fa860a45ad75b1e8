"""Operations that only move values, whatever they are called: a reshape, a permutation, a slice, a roll, a window.

Such an operation, run on the number of each element instead of its value, says where every value came from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from seeinin.geometry import fields
from seeinin.geometry.fields import Axis
from seeinin.precompute.layout import Factor, Integers, Layout, lost, normal

Piece = tuple[int | None, Integers]  # a factor of the source, and the steps along it, from 0; None repeats
Pieces = list[list[Piece]]  # of every axis, the slowest first


class _UnfollowableError(Exception):
    """The positions are no longer products."""


def moved(layout: Layout, source: Integers) -> Layout:
    """The layout of a tensor whose elements are those of a tensor of `layout`, numbered in the order of its memory."""
    factors = [factor for axis in layout.axes for factor in axis]
    if not factors or not source.size:
        return lost(layout, source.shape, None)
    # of views, numpy 2.4's unravel_index gives wrong numbers
    places = np.unravel_index(np.ascontiguousarray(source), [factor.size for factor in factors])
    origin = [int(place.flat[0]) for place in places]
    pieces = [_repeated(factors, axis) for axis in _pieces(places, origin)]
    try:
        return _made(layout, factors, origin, pieces, places, source.shape)
    except _UnfollowableError:
        return lost(layout, source.shape, _images(factors, pieces, places))


def _pieces(places: Sequence[Integers], origin: Sequence[int]) -> list[list[Piece] | None]:
    """What each axis runs through; None where that is no product."""
    found = []
    for axis in range(places[0].ndim):
        line = tuple(slice(None) if i == axis else 0 for i in range(places[0].ndim))
        steps = np.stack([place[line] - first for place, first in zip(places, origin, strict=True)], axis=1)
        found.append(_product(steps))
    return found


def _product(steps: Integers) -> list[Piece] | None:
    """`steps` (positions, factors) along one axis, from 0, as nested runs."""
    varying = np.flatnonzero(steps.any(axis=0))
    if len(steps) == 1:
        return []
    if len(varying) < 2:
        return [(int(varying[0]), steps[:, varying[0]]) if len(varying) else (None, steps[:, 0])]
    regular = np.arange(len(steps))[:, None] * steps[1]
    run = int((steps != regular).any(axis=1).argmax())
    inner = np.flatnonzero(steps[1])
    if len(inner) > 1 or len(steps) % run:
        return None
    blocks = steps.reshape(-1, run, steps.shape[1])
    outer = _product(blocks[:, 0])
    if outer is None or (blocks - blocks[:, :1] != regular[:run]).any():
        return None
    return [*outer, (int(inner[0]) if len(inner) else None, np.arange(run) * steps[1].sum())]


def _repeated(factors: list[Factor], pieces: list[Piece] | None) -> list[Piece] | None:
    """Rows that are repeated, each or all of them, are more rows: an enlargement without a name."""
    numbers = {number for number, _ in pieces or ()}
    rows = [k for k in numbers if k is not None and factors[k].kind in ("y", "x")]
    if pieces is None or len(rows) != 1 or numbers != {rows[0], None}:
        return pieces
    total = np.zeros(1, np.int64)
    for _, steps in pieces:
        total = (total[:, None] + steps).ravel()
    return [(rows[0], total)]


def _separable(place: Integers) -> bool:
    """Whether it is a sum of what each axis adds."""
    total = place[(slice(0, 1),) * place.ndim].copy()
    for axis in range(place.ndim):
        line = place[tuple(slice(None) if i == axis else slice(0, 1) for i in range(place.ndim))]
        total = total + (line - place.flat[0])
    return bool((total == place).all())


def _made(
    layout: Layout,
    factors: list[Factor],
    origin: list[int],
    pieces: Sequence[list[Piece] | None],
    places: Sequence[Integers],
    shape: Sequence[int],
) -> Layout:
    known = [axis for axis in pieces if axis is not None]
    followed = [k for k, factor in enumerate(factors) if factor.kind != "c"]
    if len(known) < len(pieces) or not all(_separable(places[k]) for k in followed):
        raise _UnfollowableError
    images = [k for k in followed if factors[k].kind == "n"]
    if any(len(_of(known, {k})) != 1 or not _whole(_of(known, {k})[0], factors[k].size) for k in images):
        raise _UnfollowableError
    axes: list[list[Factor]] = [[_factor(factors, piece) for piece in axis] for axis in known]
    if layout.tokens:
        return _of_tokens(layout, factors, origin, known, axes)
    y = _gathered(layout.y, "y", factors, origin, known, axes)
    x = _gathered(layout.x, "x", factors, origin, known, axes)
    return Layout(tuple(map(normal, axes)), y, x)


def _factor(factors: list[Factor], piece: Piece) -> Factor:
    number, steps = piece
    if number is None or factors[number].kind == "c":
        return Factor("c", len(steps))
    source = factors[number]
    return Factor(source.kind, len(steps), int(steps[1]) * source.step)


def _of(pieces: Pieces, numbers: set[int]) -> list[Integers]:
    return [steps for axis in pieces for number, steps in axis if number in numbers]


def _whole(steps: Integers, size: int) -> bool:
    return np.array_equal(steps, np.arange(size))


def _gathered(
    axis: Axis, kind: str, factors: list[Factor], origin: list[int], pieces: Pieces, axes: list[list[Factor]]
) -> Axis:
    """The rows (columns) that are left, in their new order; the factors in `axes` come to count them."""
    numbers = {k for k, factor in enumerate(factors) if factor.kind == kind}
    first = sum(origin[k] * factors[k].step for k in numbers)
    found = [factor for one in axes for factor in one if factor.kind == kind]
    if not numbers:
        return axis
    if len(found) > 1:
        if first or not all(map(_regular, _of(pieces, numbers))) or not _cover(found, axis.positions):
            raise _UnfollowableError
        return axis
    rows = np.array([first])
    for number, steps in ((n, s) for one in pieces for n, s in one if n in numbers):
        assert number is not None
        rows = first + steps * factors[number].step
    for one in axes:
        one[:] = [Factor(f.kind, f.size, 1) if f.kind == kind else f for f in one]
    if np.array_equal(rows, np.arange(axis.positions)):
        return axis
    return fields.probed(axis, rows[:, None] == np.arange(axis.positions))


def _regular(steps: Integers) -> bool:
    return np.array_equal(steps, np.arange(len(steps)) * steps[1])


def _cover(found: list[Factor], positions: int) -> bool:
    """Whether several factors count every row once."""
    total = 1
    for factor in sorted(found, key=lambda factor: factor.step):
        if factor.step != total:
            return False
        total *= factor.size
    return total == positions


def _of_tokens(
    layout: Layout, factors: list[Factor], origin: list[int], pieces: Pieces, axes: list[list[Factor]]
) -> Layout:
    """What is left of an axis of tokens: all, the grid, the grid with fewer beside it, or one token alone."""
    tokens, (height, width) = layout.tokens, layout.grid
    assert tokens is not None
    (number,) = (k for k, factor in enumerate(factors) if factor.kind == "t")
    found = _of(pieces, {number})
    if len(found) > 1:
        raise _UnfollowableError
    taken = origin[number] + (found[0] if found else np.array([0]))
    grid = np.arange(tokens.before, tokens.before + height * width)
    if not np.intersect1d(taken, grid).size and not found:
        return Layout(tuple(map(normal, axes)), tokens.y, tokens.x)
    if not found:
        place = divmod(int(taken[0]) - tokens.before, width)
        y, x = (
            fields.probed(a, np.arange(a.positions)[None] == p)
            for a, p in zip((layout.y, layout.x), place, strict=True)
        )
        return Layout(tuple(map(normal, axes)), y, x)
    begin = int(taken[0])
    if not np.array_equal(taken, begin + np.arange(len(taken))) or not np.isin(grid, taken).all():
        raise _UnfollowableError
    bare = len(taken) == len(grid)
    for one in axes:
        wanted = [Factor("y", height), Factor("x", width)] if bare else [Factor("t", len(taken))]
        one[:] = [new for f in one for new in (wanted if f.kind == "t" else [f])]
    left = None if bare else replace(tokens, before=tokens.before - begin, size=len(taken))
    return Layout(tuple(map(normal, axes)), layout.y, layout.x, left)


def _images(factors: list[Factor], pieces: Sequence[list[Piece] | None], places: Sequence[Integers]) -> int | None:
    """The axis that counts the images and nothing else, if there is one."""
    for number, factor in enumerate(factors):
        if factor.kind == "n" and _separable(places[number]):
            for axis, found in enumerate(pieces):
                if found and len(found) == 1 and found[0][0] == number and _whole(found[0][1], factor.size):
                    return axis
    return None
