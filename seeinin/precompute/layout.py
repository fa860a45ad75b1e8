"""What the axes of a tensor count: images, channels, rows and columns of maps, tokens.

A tensor's axes are products of *factors*, as a reshape makes and splits them: an axis of patch tokens is rows times
columns, the first axis of Swin's windows is images times coarse rows times coarse columns. So where each value of a
layer stands is known whatever the network does to the order of its axes, and never guessed from their number.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry import fields
from seeinin.geometry.fields import Axis

Kind = Literal["n", "c", "y", "x", "t"]  # images, channels, rows, columns, and tokens: a grid with others beside it
Counted = Literal["n", "y", "x"]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Factor:
    """Part of an axis: `size` steps, each of `step` rows (columns)."""

    kind: Kind
    size: int
    step: int = 1


Factors = tuple[Factor, ...]  # of one axis, the slowest first


@dataclass(frozen=True, slots=True)
class Tokens:
    """An axis of `size` tokens: from `before` on the grid, row by row; the others see what `y` and `x` say."""

    before: int
    size: int
    y: Axis
    x: Axis


@dataclass(frozen=True, slots=True)
class Layout:
    """The axes of a tensor, and what its rows and columns see. A kind that no axis counts has one position."""

    axes: tuple[Factors, ...]
    y: Axis
    x: Axis
    tokens: Tokens | None = None

    @property
    def grid(self) -> tuple[int, int]:
        return self.y.positions, self.x.positions

    def along(self, *kinds: Kind) -> list[tuple[int, Factor]]:
        """The factors of these kinds, each with the number of its axis."""
        return [(i, factor) for i, axis in enumerate(self.axes) for factor in axis if factor.kind in kinds]

    def coordinate(self, kind: Counted) -> Integers:
        """Which image, row or column each element is of, -1 for a token beside the grid; broadcasts to the tensor."""
        total = np.zeros((1,) * len(self.axes), np.int64)
        for i, axis in enumerate(self.axes):
            sizes = [factor.size for factor in axis]
            digits = np.unravel_index(np.arange(math.prod(sizes)), sizes) if axis else ()
            for factor, digit in zip(axis, digits, strict=True):
                if factor.kind == kind or (factor.kind == "t" and kind != "n"):
                    values = digit * factor.step if factor.kind == kind else self._on_grid(digit, kind)
                    total = total + values.reshape([-1 if j == i else 1 for j in range(total.ndim)])
        return total

    def _on_grid(self, token: Integers, kind: Counted) -> Integers:
        assert self.tokens is not None
        (height, width), place = self.grid, token - self.tokens.before
        outside = (place < 0) | (place >= height * width)
        return np.where(outside, -1, place // width if kind == "y" else place % width)


def of_images(shape: Sequence[int]) -> Layout:
    """Images (n, C, h, w)."""
    y, x = map(fields.image, shape[2:])
    return maps(shape, normal([Factor("n", shape[0])]), y, x)


def maps(shape: Sequence[int], images: Factors, y: Axis, x: Axis) -> Layout:
    """A tensor (n, D, H, W)."""
    _, channels, height, width = shape
    factors = Factor("c", channels), Factor("y", height), Factor("x", width)
    return Layout((images, *(normal([factor]) for factor in factors)), y, x)


def are_maps(layout: Layout) -> bool:
    """Whether it is (n, D, H, W), of any D, H and W."""
    if len(layout.axes) != 4 or layout.tokens:
        return False
    (images, channels, *rest), (height, width) = layout.axes, layout.grid
    wanted = [normal([Factor("y", height)]), normal([Factor("x", width)])]
    return rest == wanted and all(f.kind == "n" for f in images) and all(f.kind == "c" for f in channels)


def normal(factors: Iterable[Factor]) -> Factors:
    """Without what does not count, and in one piece where that means the same."""
    found: list[Factor] = []
    for factor in factors:
        last = found[-1] if found else None
        if factor.size == 1:
            continue
        if last and last.kind == factor.kind and (factor.kind == "c" or last.step == factor.size * factor.step):
            found[-1] = Factor(factor.kind, last.size * factor.size, factor.step)
        else:
            found.append(factor)
    return tuple(found)


def lost(layout: Layout, shape: Sequence[int], images: int | None) -> Layout:
    """What is left where rows and columns cannot be followed: values of an image, which see all that it saw.

    `images` is the axis that counts these, None where none does.
    """
    count = normal(factor for _, factor in layout.along("n"))
    axes = [count if i == images else normal([Factor("c", size)]) for i, size in enumerate(shape)]
    return Layout(tuple(axes), *seen(layout))


def seen(layout: Layout) -> tuple[Axis, Axis]:
    """All that any position sees, as one position."""
    beside = layout.tokens
    y, x = fields.whole(layout.y), fields.whole(layout.x)
    return (fields.union([y, beside.y]), fields.union([x, beside.x])) if beside else (y, x)


def together(layouts: Sequence[Layout], shape: Sequence[int]) -> Layout:
    """Tensors met position by position, the shorter ones broadcast, as in an addition.

    Where two differ in what an axis counts, the first is believed, and each of its positions sees all of the other.
    """
    axes: list[Factors] = [()] * len(shape)
    agreeing: list[Layout] = []
    for layout in layouts:
        own = [*[()] * (len(shape) - len(layout.axes)), *layout.axes]
        if _fit(own, axes, shape) and _same_tokens(layout, agreeing):
            axes = [mine if _places(mine) else its for mine, its in zip(axes, own, strict=True)]
            agreeing.append(layout)
    made = tuple(axis if _places(axis) else normal([Factor("c", n)]) for axis, n in zip(axes, shape, strict=True))
    kinds, agreed = {factor.kind for axis in made for factor in axis}, set(map(id, agreeing))
    first = next((layout for layout in agreeing if layout.tokens and "t" in kinds), None)
    height, width = (_counted(made, kind) for kind in ("y", "x"))
    if first is not None:
        height, width = first.grid
    y = fields.union([_as_long(layout.y, height if id(layout) in agreed else 1) for layout in layouts])
    x = fields.union([_as_long(layout.x, width if id(layout) in agreed else 1) for layout in layouts])
    if first is None or first.tokens is None:
        return Layout(made, y, x)
    beside = [(at.tokens.y, at.tokens.x) if at.tokens and id(at) in agreed else seen(at) for at in layouts]
    above, left = (fields.union(list(axes)) for axes in zip(*beside, strict=True))
    return Layout(made, y, x, replace(first.tokens, y=above, x=left))


def with_tokens(grid: Layout, others: Sequence[Layout], axis: int, before: int, shape: Sequence[int]) -> Layout | None:
    """A grid, or tokens, with other tokens beside it along `axis`; None where it is no whole grid, or they have one."""
    own = grid.axes[axis]
    whole = normal([Factor("y", grid.y.positions), Factor("x", grid.x.positions)])
    if grid.tokens is None and own != whole:
        return None
    if any(layout.along("y", "x", "t") for layout in others):
        return None
    tokens = grid.tokens
    y, x = (tokens.y, tokens.x) if tokens else (fields.nothing(grid.y), fields.nothing(grid.x))
    beside = [(y, x), *map(seen, others)]
    y, x = (fields.union(list(axes)) for axes in zip(*beside, strict=True))
    size = shape[axis]
    made = Tokens(before + (tokens.before if tokens else 0), size, y, x)
    axes = [(Factor("t", size),) if i == axis else other for i, other in enumerate(grid.axes)]
    return Layout(tuple(axes), grid.y, grid.x, made)


def clashing(layout: Layout, to: Sequence[int | None], made: Layout | None) -> list[int | None]:
    """`to`, the axes that those of a tensor come to, without those which count what `made` counts elsewhere already."""
    if made is None:
        return list(to)
    taken = {factor.kind for axis in made.axes for factor in axis} - {"c"}
    taken |= {"y", "x"} if "t" in taken else set()
    return [
        place if place is None or made.axes[place] == axis or not taken & _told(axis) else None
        for axis, place in zip(layout.axes, to, strict=True)
    ]


def _told(axis: Factors) -> set[str]:
    kinds: set[str] = {factor.kind for factor in axis}
    return kinds | ({"y", "x"} if "t" in kinds else set())


def _as_long(axis: Axis, positions: int) -> Axis:
    return axis if axis.positions == positions else fields.whole(axis)


def _counted(axes: Iterable[Factors], kind: str) -> int:
    return math.prod(factor.size for axis in axes for factor in axis if factor.kind == kind)


def _fit(own: Sequence[Factors], axes: Sequence[Factors], shape: Sequence[int]) -> bool:
    """Whether what a tensor's axes count is what they count in the result, as far as that is known yet."""
    for kinds in ("n", "yt", "xt"):
        mine, its = ([[f for f in axis if f.kind in kinds] for axis in all_] for all_ in (own, axes))
        if any(its) and any(of_axis and of_axis != there for of_axis, there in zip(mine, its, strict=True)):
            return False
    sizes = [math.prod(factor.size for factor in axis) for axis in own]
    return all(not _places(axis) or size == n for axis, size, n in zip(own, sizes, shape, strict=True))


def _same_tokens(layout: Layout, others: Iterable[Layout]) -> bool:
    """Whether its grid begins where that of the others does."""
    befores = {at.tokens.before for at in (layout, *others) if at.tokens}
    return len(befores) < 2


def _places(axis: Factors) -> bool:
    return any(factor.kind != "c" for factor in axis)
