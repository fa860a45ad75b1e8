"""What is found in a network: its layers, its graph, and a way to run it that returns the layers asked for."""

from __future__ import annotations

import difflib
import fnmatch
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

import torch

from seeinin.errors import SettingError
from seeinin.geometry import fields
from seeinin.geometry.fields import Axis
from seeinin.precompute.failing import on_images
from seeinin.precompute.patience import patience

log = logging.getLogger(__name__)

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
        run = on_images()(patience()(self.returning(numbers)))
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


def unique(name: str, taken: Collection[str]) -> str:
    """`name`, or name_1, name_2 … where a module is used again."""
    number, free = 0, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free


def say_lost(names: Sequence[str]) -> None:
    """What is made of the images but cannot be given back to each of them, as after a batch was laid side by side."""
    if names:
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        log.warning("no layers, because their images cannot be told apart: %s%s", ", ".join(names[:5]), more)


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
