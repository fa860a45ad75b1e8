"""A layer's weights, in the shapes that the layer asks for."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from seeinin.precompute.caffe.refused import Misfit, NoWeights

Weights = Sequence[torch.Tensor]
Shape = tuple[int | None, ...]  # None for any number


def fitted(weights: Weights, *shapes: Shape) -> list[torch.Tensor]:
    """The tensors that must be there, one of each shape. Raises Misfit."""
    if shapes and not weights:
        raise NoWeights
    if len(weights) != len(shapes):
        raise Misfit(f"takes {len(shapes)} blobs of weights, but has {len(weights)}")
    return [_fitted(tensor, shape) for tensor, shape in zip(weights, shapes, strict=True)]


def fill(module: nn.Module, weight: torch.Tensor, bias: torch.Tensor | None) -> nn.Module:
    """Give `module`, made without memory, its parameters."""
    for name, tensor in (("weight", weight), ("bias", bias)):
        if tensor is not None:
            setattr(module, name, nn.Parameter(tensor, requires_grad=False))
    return module


def _fitted(tensor: torch.Tensor, shape: Shape) -> torch.Tensor:
    """Blobs of old have four axes whatever they hold, a bias being 1 × 1 × 1 × n."""
    own = tuple(tensor.shape)
    while len(own) > len(shape) and own[0] == 1:
        own = own[1:]
    own = (1,) * (len(shape) - len(own)) + own
    if len(own) != len(shape) or any(want not in (None, size) for want, size in zip(shape, own, strict=True)):
        raise Misfit(f"takes weights of {_text(shape)}, but has {_text(tuple(tensor.shape))}")
    return tensor.reshape(own)


def _text(shape: Shape) -> str:
    return " × ".join("any" if size is None else str(size) for size in shape) or "one value"
