"""What is found in a network: its layers, its graph, and a way to run it that returns the layers asked for."""

from __future__ import annotations

import difflib
import fnmatch
import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from seeinin.errors import SettingError
from seeinin.geometry import fields
from seeinin.geometry.fields import Axis

Shape = tuple[int, int, int]  # D, H, W
MOST_REGISTERS = 17  # tokens before the patches, where the grid is known
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

    Tokens are (n, tokens, D): from `first` on, as many as `shape` has positions.
    """

    suffix: str
    shape: Shape
    first: int = 0
    tokens: int = 0  # of the whole tensor

    def of(self, tensor: torch.Tensor) -> torch.Tensor:
        """The layer (n, D, H, W); a view wherever torch can give one."""
        if tensor.ndim != 3:
            return tensor if tensor.ndim == 4 else tensor.reshape(*tensor.shape[:2], 1, -1)
        channels_first = tensor.movedim(-1, 1)
        if tensor.shape[1] != self.tokens:  # not what it was for other images: its own shape tells
            return channels_first[:, :, None]
        _, height, width = self.shape
        return channels_first[..., self.first : self.first + height * width].unflatten(2, (height, width))


def parts(tensor: torch.Tensor, grid: tuple[int, int] | None) -> list[Part]:
    """The layers in a tensor. Patch tokens stand on `grid`, else on a square where they fill one, else in a row."""
    if tensor.ndim != 3:
        depth, *positions = tensor.shape[1:]
        height, width = positions if len(positions) == 2 else (1, math.prod(positions))
        return [Part("", (depth, height, width))]
    tokens, depth = tensor.shape[1:]
    height, width = grid or _square(tokens)
    before = tokens - height * width
    if not 0 <= before <= MOST_REGISTERS:
        height, width, before = 1, tokens, 0
    names = ["/cls", *(f"/reg{i}" for i in range(before - 1))][:before]
    alone = [Part(name, (depth, 1, 1), i, tokens) for i, name in enumerate(names)]
    return [Part("", (depth, height, width), before, tokens), *alone]


def _square(tokens: int) -> tuple[int, int]:
    for patches in (tokens, tokens - 1):
        side = math.isqrt(patches)
        if side * side == patches and side > 1:
            return side, side
    return 1, tokens


def placed(name: str, op: str, part: Part, y: Axis, x: Axis) -> Layer:
    """A layer with axes as long as its shape; what has lost its place sees everything, and homes share the image."""
    axes = [
        axis if axis.positions == n else fields.probed(axis, np.ones((n, axis.positions), bool))
        for axis, n in zip((y, x), part.shape[1:], strict=True)
    ]
    return Layer(name + part.suffix, op, part.shape, *axes)


def unique(name: str, taken: Collection[str]) -> str:
    """`name`, or name_1, name_2 … where a module is used again."""
    number, free = 0, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
