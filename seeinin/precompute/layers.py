"""What is found in a network: its layers, its graph, and a way to run it that returns the layers asked for."""

from __future__ import annotations

import difflib
import fnmatch
import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

import torch

from seeinin.errors import ModelError, SettingError
from seeinin.geometry import fields
from seeinin.geometry.fields import Axis
from seeinin.precompute.layout import Factor, Layout

Shape = tuple[int, int, int]  # D, H, W
Run = Callable[[torch.Tensor], list[torch.Tensor]]  # images (n, C, h, w) to tensors (n, D, H, W)


@dataclass(frozen=True)
class Layer:
    """One activation of the network, and where the positions along its axes look."""

    name: str
    op: str
    shape: Shape
    y: Axis
    x: Axis

    def thinned(self, every: int) -> Layer:
        y, x = fields.every(self.y, every), fields.every(self.x, every)
        return replace(self, shape=(self.shape[0], y.positions, x.positions), y=y, x=x)


@dataclass(frozen=True)
class Node:
    """One node of the graph that the viewer draws; `layer` is the name of the layer that it gives, if it does."""

    name: str
    op: str
    inputs: tuple[str, ...]
    layer: str | None = None


@dataclass(frozen=True)
class Capture:
    """The layers in order of execution; `returning(numbers)` makes the network return those."""

    layers: tuple[Layer, ...]
    nodes: tuple[Node, ...]
    returning: Callable[[Sequence[int]], Run]

    def chosen(self, include: Sequence[str] = ("*",), exclude: Sequence[str] = (), every: int = 1) -> Chosen:
        """The layers whose names match, and each `every`-th position of theirs along y and x."""
        names = [layer.name for layer in self.layers]
        for pattern in (*include, *exclude):
            if not fnmatch.filter(names, pattern):
                near = difflib.get_close_matches(pattern, names, n=1, cutoff=0)[0]
                raise SettingError(f"layers: no layer is called {pattern!r}; did you mean {near!r}? --plan lists them")
        numbers = [i for i, name in enumerate(names) if _matches(name, include) and not _matches(name, exclude)]
        if not numbers:
            raise SettingError("layers: include and exclude leave no layer; include one")
        run = self.returning(numbers)
        return Chosen(
            tuple(self.layers[i].thinned(every) for i in numbers),
            self.nodes,
            lambda images: [tensor[:, :, ::every, ::every] for tensor in run(images)],
        )


@dataclass(frozen=True)
class Chosen:
    """The layers that go into the cache; `run` returns them."""

    layers: tuple[Layer, ...]
    nodes: tuple[Node, ...]
    run: Run


@dataclass(frozen=True)
class Part:
    """What of a tensor is one layer: all of it, or the patches of a transformer, its class token, one of its registers.

    `sizes` are those of the tensor's factors, in its own order, with -1 for that of the images.
    """

    name: str
    shape: Shape
    y: Axis
    x: Axis
    layout: Layout
    token: int | None = None  # of those beside the grid

    def of(self, tensor: torch.Tensor) -> torch.Tensor:
        """The layer (n, D, H, W); a view wherever torch can give one. Raises ModelError where the size is another."""
        self._check(tensor)
        factors = [factor for axis in self.layout.axes for factor in axis]
        apart = tensor.reshape([-1 if factor.kind == "n" else factor.size for factor in factors])
        order = sorted(range(len(factors)), key=lambda i: ("nctyx".index(factors[i].kind), _turn(factors[i]) or i))
        apart = apart.permute(order)
        count = apart.shape[0] if any(factor.kind == "n" for factor in factors) else 1
        if tokens := self.layout.tokens:
            apart = apart.reshape(count, -1, tokens.size)
            first, length = (
                (tokens.before, self.y.positions * self.x.positions) if self.token is None else (self.token, 1)
            )
            apart = apart[..., first : first + length]
        return apart.reshape(count, *self.shape)

    def _check(self, tensor: torch.Tensor) -> None:
        expected = [math.prod(factor.size for factor in axis if factor.kind != "n") for axis in self.layout.axes]
        counts = [any(factor.kind == "n" for factor in axis) for axis in self.layout.axes]
        found = list(tensor.shape)
        if len(found) == len(expected) and all(
            size % wanted == 0 if images else size == wanted
            for size, wanted, images in zip(found, expected, counts, strict=True)
        ):
            return
        one, other = (
            " × ".join(str(n) for n, images in zip(sizes, [*counts, *found], strict=False) if images is not True)
            for sizes in (found, expected)
        )
        raise ModelError(
            f"layer {self.name} is {one} for some images, {other} for others; "
            "give all images one size with preprocess.size, or leave it out with layers.exclude"
        )


def _turn(factor: Factor) -> int:
    return -factor.step if factor.kind in "yx" else 0


def parts(name: str, layout: Layout) -> list[Part]:
    """The layers in a tensor: tokens beside a grid of patches are layers of their own."""
    depth = math.prod(factor.size for _, factor in layout.along("c"))
    tokens = layout.tokens
    whole = Part(name, (depth, *layout.grid), layout.y, layout.x, layout)
    if tokens is None:
        return [whole]
    before, after = tokens.before, tokens.before + math.prod(layout.grid)
    beside = [*range(before), *range(after, tokens.size)]
    names = (
        ["/cls", *(f"/reg{i}" for i in range(len(beside) - 1))] if before else [f"/reg{i}" for i in range(len(beside))]
    )
    alone = [
        Part(name + suffix, (depth, 1, 1), tokens.y, tokens.x, layout, token)
        for suffix, token in zip(names, beside, strict=True)
    ]
    return [whole, *alone]


def layer(part: Part, op: str) -> Layer:
    return Layer(part.name, op, part.shape, part.y, part.x)


def unique(name: str, taken: Collection[str]) -> str:
    """`name`, or name_1, name_2 … where a module is used again."""
    number, free = 0, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
