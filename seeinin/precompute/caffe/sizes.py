"""The size of every layer for images as a prototxt declares them, found without computing; or which layer does not fit.

Torch's own meta tensors know as much, but loading what they need takes seconds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import fx, nn

from seeinin.errors import ModelError
from seeinin.precompute.caffe import functions
from seeinin.precompute.caffe.modules import BatchNorm, Linear, Mul, SpatialResponseNorm
from seeinin.precompute.caffe.pooling import AvgPool2d, MaxPool2d, windows
from seeinin.precompute.caffe.program import Program

LARGEST = 2**31  # values of one layer for one image: more than any network means
_BATCH = 2

_OF_MAPS = (
    nn.Conv2d, nn.ConvTranspose2d, MaxPool2d, AvgPool2d, nn.AdaptiveMaxPool2d, nn.AdaptiveAvgPool2d,
    nn.LocalResponseNorm, SpatialResponseNorm,
)  # fmt: skip

Shape = tuple[int, ...]


def declared(network: fx.GraphModule, program: Program) -> dict[str, Shape]:
    """The shape of each layer for one image, by name; none where the prototxt declares no size of its input.

    Raises ModelError where a layer cannot read what those before it give.
    """
    shape = program.images.shape
    if shape is None:
        return {}
    if len(shape) != 4 or min(shape) < 1 or math.prod(shape[1:]) > LARGEST:
        raise ModelError(
            f"{program.path} declares its input {program.images.blob} as {_text(shape)}; "
            "it must be batch × channels × height × width"
        )
    values: dict[fx.Node, torch.Tensor] = {}
    for node in network.graph.nodes:
        if node.op == "placeholder":
            values[node] = torch.empty(_BATCH, *shape[1:], device="meta")
        elif node.op != "output":
            values[node] = torch.empty(_given(node, network, values, f"{program.path}"), device="meta")
    return {node.meta["layer"]: tuple(x.shape[1:]) for node, x in values.items() if "layer" in node.meta}


def _given(node: fx.Node, network: fx.GraphModule, values: dict[fx.Node, torch.Tensor], path: str) -> Shape:
    called = node.op == "call_function"
    read = [values[bottom] for bottom in (node.args[0] if called else node.args)]
    named = f"{path}: layer {node.meta['layer']}"
    try:
        if called:
            shape = _of_function(node.target, read, node.args[1:])
        else:
            shape = _of_module(network.get_submodule(str(node.target)), *read)
    except (ValueError, IndexError, RuntimeError) as error:
        sizes = " and ".join(_text(x.shape[1:]) for x in read)
        raise ModelError(f"{named} cannot read {sizes}: {str(error).splitlines()[0]}") from None
    if shape[0] != _BATCH:
        raise ModelError(f"{named} mixes the images of a batch, so what it gives belongs to none of them")
    if math.prod(shape[1:]) > LARGEST:
        raise ModelError(f"{named} would give {_text(shape[1:])} values for each image; correct its parameters")
    return shape


def _of_function(target: Any, read: Sequence[torch.Tensor], arguments: tuple[Any, ...]) -> Shape:
    if target is torch.cat:
        return _joined([tuple(x.shape) for x in read], *arguments)
    if target in (functions.add, functions.mul, functions.maximum, functions.pow):
        return tuple(functions.alike(read)[0].shape)
    return tuple(target(read, *arguments).shape)  # a mere view


def _joined(shapes: Sequence[Shape], axis: int) -> Shape:
    rank = len(shapes[0])
    if not -rank <= axis < rank:
        raise ValueError(f"it has no axis {axis}")
    before, after = axis % rank, axis % rank + 1
    if len({(shape[:before], shape[after:]) for shape in shapes}) > 1:
        raise ValueError("its bottoms differ in size")
    return (*shapes[0][:before], sum(shape[before] for shape in shapes), *shapes[0][after:])


def _of_module(module: nn.Module, x: torch.Tensor, *others: torch.Tensor) -> Shape:
    _must(x.ndim == 4 or not isinstance(module, _OF_MAPS), "it takes maps")
    match module:
        case nn.Conv2d() | nn.ConvTranspose2d():
            return (len(x), module.out_channels, *_convolved(module, x))
        case MaxPool2d() | AvgPool2d():
            return (*x.shape[:2], *windows(module, x))
        case nn.AdaptiveMaxPool2d() | nn.AdaptiveAvgPool2d():
            return (*x.shape[:2], 1, 1)
        case Linear():
            flat = x.flatten(module.axis)
            _must(flat.shape[-1] == module.in_features, f"it takes {module.in_features:,} values")
            return (*flat.shape[:-1], module.out_features)
        case BatchNorm() | nn.PReLU():
            channels = len(module.mean if isinstance(module, BatchNorm) else module.weight)
            _must(channels in (1, x.shape[1]), f"it takes {channels} channels")
        case Mul():
            for factor in (*others, module.factor, module.bias):
                if factor is not None:
                    module.beside(x, factor)
        case nn.Softmax(dim=axis):
            _must(axis is None or -x.ndim <= axis < x.ndim, f"it has no axis {axis}")
    return tuple(x.shape)


def _convolved(module: nn.Conv2d | nn.ConvTranspose2d, x: torch.Tensor) -> list[int]:
    _must(x.shape[1] == module.in_channels, f"it takes {module.in_channels} channels")
    sizes = []
    axes = zip(x.shape[2:], module.kernel_size, module.stride, module.padding, module.dilation, strict=True)
    for extent, kernel, stride, padding, dilation in axes:
        beyond = (kernel - 1) * dilation + 1 - 2 * int(padding)
        if isinstance(module, nn.ConvTranspose2d):
            sizes.append((extent - 1) * stride + beyond)
        else:
            sizes.append((extent - beyond) // stride + 1)
    _must(min(sizes) > 0, "its windows do not fit the input")
    return sizes


def _must(true: bool, otherwise: str) -> None:
    if not true:
        raise ValueError(otherwise)


def _text(shape: Any) -> str:
    return " × ".join(map(str, shape))
