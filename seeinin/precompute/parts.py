"""From a tensor, whatever its axes count, to layers of channels × rows × columns."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from seeinin.errors import ModelError
from seeinin.geometry.fields import Axis
from seeinin.precompute.layers import Layer, Shape
from seeinin.precompute.layout import Factor, Layout

_ORDER = "nctyx"  # of the factors of a layer: its tokens, if any, become rows and columns


@dataclass(frozen=True)
class Part:
    """What of a tensor is one layer: all of it; or the patches of a transformer, its class token, one of its registers,
    each by its place among the tokens.
    """

    name: str
    layout: Layout
    token: int | None = None

    @property
    def fields(self) -> tuple[Axis, Axis]:
        tokens = None if self.token is None else self.layout.tokens
        return (tokens.y, tokens.x) if tokens else (self.layout.y, self.layout.x)

    @property
    def shape(self) -> Shape:
        y, x = self.fields
        return math.prod(factor.size for _, factor in self.layout.along("c")), y.positions, x.positions

    def layer(self, op: str) -> Layer:
        return Layer(self.name, op, self.shape, *self.fields)

    def of(self, tensor: torch.Tensor) -> torch.Tensor:
        """The layer (n, D, H, W); a view wherever torch can give one. Raises ModelError where the size is another."""
        self._check(tensor)
        factors = [factor for axis in self.layout.axes for factor in axis]
        apart = tensor.reshape([-1 if factor.kind == "n" else factor.size for factor in factors])
        apart = apart.permute(sorted(range(len(factors)), key=lambda i: (*_turn(factors[i]), i)))
        count = apart.shape[0] if self.layout.along("n") else 1
        if tokens := self.layout.tokens:
            first = tokens.before if self.token is None else self.token
            apart = apart.reshape(count, -1, tokens.size)[..., first : first + math.prod(self.shape[1:])]
        return apart.reshape(count, *self.shape)

    def _check(self, tensor: torch.Tensor) -> None:
        axes = self.layout.axes
        own = [math.prod(factor.size for factor in axis if factor.kind != "n") for axis in axes]
        images = {i for i, _ in self.layout.along("n")}
        found, expected = ([n for i, n in enumerate(sizes) if i not in images] for sizes in (tensor.shape, own))
        if tensor.ndim != len(axes) or found != expected or any(tensor.shape[i] % own[i] for i in images):
            one, other = (" × ".join(map(str, sizes)) for sizes in (found, expected))
            raise ModelError(
                f"layer {self.name} is {one} for some images, {other} for others; "
                "give all images one size with preprocess.size, or leave it out with layers.exclude"
            )


def parts(name: str, layout: Layout) -> list[Part]:
    """The layers in a tensor: tokens beside a grid of patches are layers of their own."""
    tokens = layout.tokens
    if tokens is None:
        return [Part(name, layout)]
    beside = [*range(tokens.before), *range(tokens.before + math.prod(layout.grid), tokens.size)]
    names = [*["/cls"][: tokens.before], *(f"/reg{i}" for i in range(len(beside)))]
    return [Part(name, layout), *(Part(name + suffix, layout, at) for suffix, at in zip(names, beside, strict=False))]


def _turn(factor: Factor) -> tuple[int, int]:
    """Kind after kind; of rows and of columns the coarse before the fine."""
    return _ORDER.index(factor.kind), -factor.step if factor.kind in ("y", "x") else 0
