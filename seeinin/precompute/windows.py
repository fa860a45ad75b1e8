"""The windows of convolutions and poolings, as modules or as functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import fx, nn

Pair = tuple[int, int]  # of y and x


@dataclass(frozen=True)
class Window:
    kernel: Pair
    stride: Pair
    padding: Pair
    dilation: Pair


def of_node(op: str, node: fx.Node, graph: fx.GraphModule, values: Mapping[fx.Node, Any]) -> Window | None:
    """The window through which `node` reads; None where it has none, or where its padding repeats the image."""
    bind = _SIGNATURES.get(op)
    if bind is None:
        return None
    if node.op == "call_module":
        return _of_module(graph.get_submodule(str(node.target)))
    arguments, keywords = fx.map_arg((node.args, node.kwargs), lambda n: values[n])
    return bind(*arguments, **keywords)


def _of_module(module: Any) -> Window | None:
    if (isinstance(module, nn.Conv2d) and module.padding_mode != "zeros") or not hasattr(module, "kernel_size"):
        return None
    padding, dilation = getattr(module, "padding", 0), getattr(module, "dilation", 1)
    return _window(module.kernel_size, module.stride, padding, dilation)


# These have torch's own signatures, so that Python binds the arguments.
def _conv2d(
    input: Any,  # noqa: A002
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    *more: Any,  # of aten.convolution
) -> Window:
    return _window(weight.shape[2:], stride, padding, dilation)


def _conv_transpose2d(
    input: Any,  # noqa: A002
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Window:
    return _window(weight.shape[2:], stride, padding, dilation)


def _max_pool2d(
    input: Any,  # noqa: A002
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Window:
    return _window(kernel_size, stride, padding, dilation)


def _avg_pool2d(
    input: Any,  # noqa: A002
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: Any = None,
) -> Window:
    return _window(kernel_size, stride, padding, 1)


def _lp_pool2d(input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Window:  # noqa: A002
    return _window(kernel_size, stride, 0, 1)


def _window(kernel: Any, stride: Any, padding: Any, dilation: Any) -> Window:
    kernel, dilation = _pair(kernel), _pair(dilation)
    if padding == "same":  # where that is uneven, torch puts the odd one at the end
        padding = tuple((k - 1) * d // 2 for k, d in zip(kernel, dilation, strict=True))
    return Window(kernel, _pair(stride or kernel), _pair(0 if padding == "valid" else padding), dilation)


def _pair(value: Any) -> Pair:
    pair = tuple(value) if isinstance(value, tuple | list) else (value,)
    return int(pair[0]), int(pair[-1])


_SIGNATURES: dict[str, Callable[..., Window]] = {
    "conv2d": _conv2d,
    "conv_transpose2d": _conv_transpose2d,
    "max_pool2d": _max_pool2d,
    "avg_pool2d": _avg_pool2d,
    "lp_pool2d": _lp_pool2d,
}
KNOWN = frozenset(_SIGNATURES)
