"""What each type of Caffe's layers computes: a module of torch with its weights, or a function."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from seeinin.precompute.caffe import functions, schema
from seeinin.precompute.caffe.fitting import Weights, fill, fitted
from seeinin.precompute.caffe.modules import BatchNorm, Linear, Mul, SpatialResponseNorm
from seeinin.precompute.caffe.pooling import AvgPool2d, MaxPool2d
from seeinin.precompute.caffe.prototxt import Layer
from seeinin.precompute.caffe.refused import Misfit, Unsupported
from seeinin.precompute.caffe.windows import pair, window


@dataclass(frozen=True)
class Function:
    """A layer without weights, to be called as target(bottoms, *arguments)."""

    target: Callable[..., torch.Tensor]
    arguments: tuple[Any, ...] = ()


def make(layer: Layer, weights: Weights) -> nn.Module | Function:
    """The layer with its weights. Raises Unsupported and Misfit."""
    maker = _MAKERS.get(layer.kind)
    if maker is None:
        raise Unsupported("")
    if len(layer.tops) != 1 and layer.kind not in ("slice", "split"):
        raise Unsupported(f"with {len(layer.tops)} tops")
    if len(layer.bottoms) > _MOST_BOTTOMS.get(layer.kind, 1):
        raise Unsupported(f"with {len(layer.bottoms)} bottoms")
    return maker(layer, weights)


def _convolution(layer: Layer, weights: Weights) -> nn.Module:
    told = layer.parameters.convolution_param
    transposed = layer.kind == "deconvolution"
    kernel, stride, padding = window(told)
    dilation = pair(told.dilation, 1)
    if told.axis != 1:
        raise Unsupported(f"along axis {told.axis}")
    if min(dilation) < 1 or told.group < 1 or told.num_output % told.group:
        raise Misfit(f"cannot have {told.num_output} outputs in {told.group} groups, dilated by {dilation}")
    channels = (None, told.num_output // told.group) if transposed else (told.num_output, None)
    weight, bias = _with_bias(told, weights, (*channels, *kernel))
    inputs = weight.shape[0] if transposed else weight.shape[1] * told.group
    module = (nn.ConvTranspose2d if transposed else nn.Conv2d)(
        inputs, told.num_output, kernel, stride, padding,
        dilation=dilation, groups=told.group, bias=bias is not None, device="meta",
    )  # fmt: skip
    return fill(module, weight, bias)


def _inner_product(layer: Layer, weights: Weights) -> nn.Module:
    told = layer.parameters.inner_product_param
    shape = (None, told.num_output) if told.transpose else (told.num_output, None)
    weight, bias = _with_bias(told, weights, shape)
    if told.transpose:
        weight = weight.T.contiguous()
    return fill(Linear(weight.shape[1], told.num_output, bias is not None, _axis(told.axis)), weight, bias)


def _with_bias(told: Any, weights: Weights, shape: tuple[int | None, ...]) -> tuple[torch.Tensor, torch.Tensor | None]:
    weight, *bias = fitted(weights, shape, *([(told.num_output,)] if told.bias_term else []))
    return weight, bias[0] if bias else None


def _pooling(layer: Layer, weights: Weights) -> nn.Module:
    told = layer.parameters.pooling_param
    method = schema.value_name(told, "pool")
    if method not in ("MAX", "AVE"):
        raise Unsupported(method)
    if told.global_pooling:
        return nn.AdaptiveAvgPool2d(1) if method == "AVE" else nn.AdaptiveMaxPool2d(1)
    kernel, stride, padding = window(told)
    if padding[0] >= kernel[0] or padding[1] >= kernel[1]:
        raise Misfit(f"pads by {padding}, which must be less than its kernel of {kernel}")
    ceil = schema.value_name(told, "round_mode") == "CEIL"
    return (AvgPool2d if method == "AVE" else MaxPool2d)(kernel, stride, padding, ceil_mode=ceil)


def _lrn(layer: Layer, weights: Weights) -> nn.Module:
    told = layer.parameters.lrn_param
    if told.local_size % 2 == 0:
        raise Misfit(f"has an even local_size, {told.local_size}")
    if schema.value_name(told, "norm_region") == "WITHIN_CHANNEL":
        return SpatialResponseNorm(told.local_size, told.alpha, told.beta)
    return nn.LocalResponseNorm(told.local_size, told.alpha, told.beta, told.k)


def _batch_norm(layer: Layer, weights: Weights) -> nn.Module:
    told = layer.parameters.batch_norm_param
    if told.HasField("use_global_stats") and not told.use_global_stats:
        raise Unsupported("by the statistics of each batch")
    mean, variance, total = fitted(weights, (None,), (None,), (1,))
    factor = 1 / total if total else torch.zeros(1)  # both are sums, of so many (fading) batches
    return BatchNorm(mean * factor, variance * factor, told.eps)


def _scale(layer: Layer, weights: Weights) -> nn.Module:
    told = layer.parameters.scale_param
    learnt = len(layer.bottoms) == 1
    axes = told.num_axes if told.num_axes >= 0 and learnt else max((tensor.ndim for tensor in weights), default=0)
    factor_and_bias = fitted(weights, *[(None,) * axes] * (learnt + told.bias_term))
    factor = factor_and_bias[0] if learnt else None
    return Mul(factor, factor_and_bias[-1] if told.bias_term else None, told.axis)


def _relu(layer: Layer, weights: Weights) -> nn.Module:
    slope = layer.parameters.relu_param.negative_slope
    return nn.LeakyReLU(slope) if slope else nn.ReLU()


def _prelu(layer: Layer, weights: Weights) -> nn.Module:
    shared = layer.parameters.prelu_param.channel_shared
    (slope,) = fitted(weights, (1 if shared else None,))
    return fill(nn.PReLU(len(slope), device="meta"), slope, None)


def _eltwise(layer: Layer, weights: Weights) -> Function:
    told = layer.parameters.eltwise_param
    operation = schema.value_name(told, "operation")
    if operation != "SUM":
        return Function(functions.mul if operation == "PROD" else functions.maximum)
    if len(told.coeff) not in (0, len(layer.bottoms)):
        raise Misfit(f"has {len(told.coeff)} coefficients for {len(layer.bottoms)} bottoms")
    return Function(functions.add, (tuple(told.coeff),))


def _concat(layer: Layer, weights: Weights) -> Function:
    told = layer.parameters.concat_param
    return Function(torch.cat, (_axis(told.axis if told.HasField("axis") else told.concat_dim),))


def _slice(layer: Layer, weights: Weights) -> Function:
    """What gives a top of a Slice, once its number is added to the arguments."""
    told = layer.parameters.slice_param
    points, pieces = tuple(told.slice_point), len(layer.tops)
    if points and len(points) != pieces - 1:
        raise Misfit(f"has {len(points)} slice points for {pieces} tops")
    return Function(functions.narrow, (_axis(told.axis if told.HasField("axis") else told.slice_dim), points, pieces))


def _power(layer: Layer, weights: Weights) -> Function:
    told = layer.parameters.power_param
    return Function(functions.pow, (told.power, told.scale, told.shift))


def _flatten(layer: Layer, weights: Weights) -> Function:
    told = layer.parameters.flatten_param
    return Function(functions.flatten, (_axis(told.axis), told.end_axis))


def _reshape(layer: Layer, weights: Weights) -> Function:
    told = layer.parameters.reshape_param
    return Function(functions.reshape, (tuple(told.shape.dim), told.axis, told.num_axes))


def _padding(layer: Layer, weights: Weights) -> Function:
    """Only V0 has such a layer; later generations pad in the convolution."""
    return Function(functions.pad, tuple(layer.parameters.convolution_param.pad))


def _axis(axis: int) -> int:
    if axis == 0:
        raise Unsupported("along axis 0, across images")
    return axis


_MOST_BOTTOMS = {"concat": math.inf, "eltwise": math.inf, "scale": 2}

_MAKERS: dict[str, Callable[[Layer, Weights], nn.Module | Function]] = {
    "batchnorm": _batch_norm,
    "concat": _concat,
    "convolution": _convolution,
    "deconvolution": _convolution,
    "dropout": lambda layer, weights: nn.Dropout(),
    "eltwise": _eltwise,
    "flatten": _flatten,
    "innerproduct": _inner_product,
    "lrn": _lrn,
    "padding": _padding,
    "pooling": _pooling,
    "power": _power,
    "prelu": _prelu,
    "relu": _relu,
    "reshape": _reshape,
    "scale": _scale,
    "sigmoid": lambda layer, weights: nn.Sigmoid(),
    "slice": _slice,
    "softmax": lambda layer, weights: nn.Softmax(_axis(layer.parameters.softmax_param.axis)),
    "split": lambda layer, weights: nn.Identity(),
    "tanh": lambda layer, weights: nn.Tanh(),
}
