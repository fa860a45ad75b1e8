"""Receptive fields and homes through a network's graph: what each torch operation does to an axis."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import fx, nn

from seeinin.geometry import fields
from seeinin.geometry.fields import Axis
from seeinin.precompute import ops

log = logging.getLogger(__name__)

Axes = tuple[Axis, Axis]  # of y and x
Reads = tuple[NDArray[np.bool_], NDArray[np.bool_]]  # of y and x: which input rows (columns) each output one reads

_ELEMENTWISE = frozenset({
    "abs", "add", "batch_norm", "celu", "clamp", "clone", "contiguous", "div", "dropout", "dropout2d", "elu", "exp",
    "float", "gelu", "hardsigmoid", "hardswish", "hardtanh", "identity", "leaky_relu", "local_response_norm", "log",
    "log_sigmoid", "mish", "mul", "neg", "pow", "prelu", "relu", "relu6", "rsqrt", "rsub", "selu", "sigmoid",
    "silu", "softplus", "sqrt", "square", "sub", "tanh",
})  # fmt: skip
_POOLS = frozenset(["max_pool2d", "avg_pool2d", "lp_pool2d"])
_ADAPTIVE = frozenset(["adaptive_avg_pool2d", "adaptive_max_pool2d"])


@dataclass(frozen=True)
class _Window:
    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int]


def propagate(graph: fx.GraphModule, values: Mapping[fx.Node, Any]) -> dict[fx.Node, Axes]:
    """The axes of every node of `graph` that depends on the images; `values` are those of a run on a few images.

    A tensor (n, D, H, W) has H and W positions; any other has one, which stands for all that it was made from.
    """
    axes: dict[fx.Node, Axes] = {}
    for node in graph.graph.nodes:
        if node.op == "placeholder" and torch.is_tensor(values.get(node)):
            axes[node] = (fields.image(values[node].shape[-2]), fields.image(values[node].shape[-1]))
        elif node.op.startswith("call") and (read := [n for n in ops.tensors((node.args, node.kwargs)) if n in axes]):
            axes[node] = _through(node, graph, values, {n: axes[n] for n in read})
    return axes


def _through(node: fx.Node, graph: fx.GraphModule, values: Mapping[fx.Node, Any], read: dict[fx.Node, Axes]) -> Axes:
    value = values[node]
    if not (torch.is_tensor(value) and value.ndim == 4):
        whole = [tuple(map(fields.whole, axes)) for axes in read.values()]
        return tuple(fields.union(list(axis)) for axis in zip(*whole, strict=True))  # type: ignore[return-value]
    op, positions = ops.of_node(node, graph), tuple(value.shape[2:])
    first = next(iter(read.values()))
    if (window := _window(op, node, graph, values)) is not None:
        rows = zip(first, positions, window.kernel, window.stride, window.padding, window.dilation, strict=True)
        return tuple(fields.window(*row) for row in rows)  # type: ignore[return-value]
    if op in _ADAPTIVE:
        return tuple(map(fields.adaptive, first, positions))  # type: ignore[return-value]
    met = [fields.union(list(axis)) for axis in zip(*read.values(), strict=True)]
    fits = all(axis.positions == n for axis, n in zip(met, positions, strict=True))
    if fits and (op in _ELEMENTWISE or _joins_channels(op, node)):
        return met[0], met[1]
    found = [_probed(node, graph, values, source, axes) for source, axes in read.items() if values[source].ndim == 4]
    return tuple(fields.union(list(axis)) for axis in zip(*found, strict=True)) if found else _spread(met, positions)


def _joins_channels(op: str, node: fx.Node) -> bool:
    dimension = node.args[1] if len(node.args) > 1 else node.kwargs.get("dim", 0)
    return op == "cat" and dimension in (1, -3)


def _window(op: str, node: fx.Node, graph: fx.GraphModule, values: Mapping[fx.Node, Any]) -> _Window | None:
    """The window of a convolution or a pooling, or None where padding is more than a border of nothing."""
    if op not in _POOLS and op != "conv2d":
        return None
    if node.op == "call_module":
        module = graph.get_submodule(str(node.target))
        return _conv_module(module) if isinstance(module, nn.Conv2d) else _pool_module(module)
    arguments = fx.map_arg((node.args, node.kwargs), lambda n: values[n])
    return {"conv2d": _conv2d, "avg_pool2d": _avg_pool2d}.get(op, _pool2d)(*arguments[0], **arguments[1])


def _conv_module(module: nn.Conv2d) -> _Window | None:
    if module.padding_mode != "zeros":
        return None
    return _checked(module.kernel_size, module.stride, module.padding, module.dilation)


def _pool_module(module: Any) -> _Window | None:
    padding, dilation = getattr(module, "padding", 0), getattr(module, "dilation", 1)
    return _checked(module.kernel_size, module.stride, padding, dilation)


# With torch's own signatures, so that Python binds the arguments.
def _conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1) -> _Window | None:  # type: ignore[no-untyped-def]  # noqa: A002
    return _checked(weight.shape[2:], stride, padding, dilation)


def _avg_pool2d(input, kernel_size, stride=None, padding=0, *_: Any, **__: Any) -> _Window | None:  # type: ignore[no-untyped-def]  # noqa: A002
    return _checked(kernel_size, stride, padding, 1)


def _pool2d(input, kernel_size, stride=None, padding=0, dilation=1, *_: Any, **__: Any) -> _Window | None:  # type: ignore[no-untyped-def]  # noqa: A002
    return _checked(kernel_size, stride, padding, dilation)


def _checked(kernel: Any, stride: Any, padding: Any, dilation: Any) -> _Window | None:
    kernel, dilation = _pair(kernel), _pair(dilation)
    if padding == "same":  # torch puts the odd one at the end
        padding = tuple((k - 1) * d // 2 for k, d in zip(kernel, dilation, strict=True))
    return _Window(kernel, _pair(stride or kernel), _pair(0 if padding == "valid" else padding), dilation)


def _pair(value: Any) -> tuple[int, int]:
    pair = tuple(int(v) for v in value) if isinstance(value, tuple | list) else (int(value),)
    return (pair[0], pair[-1])


def _probed(
    node: fx.Node, graph: fx.GraphModule, values: Mapping[fx.Node, Any], source: fx.Node, axes: Axes
) -> tuple[Axis, Axis]:
    """Through an operation that is not known here: see which outputs NaN in `source` alone reaches."""

    def run(x: torch.Tensor) -> list[torch.Tensor]:
        def given(n: fx.Node) -> Any:
            return x if n is source else values[n].clone() if torch.is_tensor(values[n]) else values[n]

        arguments, keywords = fx.map_arg((node.args, node.kwargs), given)
        return [getattr(fx.Interpreter(graph), node.op)(node.target, arguments, keywords)]

    positions = values[node].shape[2:]
    try:
        (reads,) = probe(run, values[source])
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        log.warning("%s cannot be probed (%s): its receptive field is taken to be the whole image", node.name, error)
        return _spread(axes, positions)
    if not reads[0].any() or not reads[1].any():
        log.warning("%s lets no NaN through: its receptive field is taken to be the whole image", node.name)
        return _spread(axes, positions)
    return fields.probed(axes[0], reads[0]), fields.probed(axes[1], reads[1])


def _spread(axes: Any, positions: Any) -> Axes:
    """Every position reads everything."""
    full = [np.ones((n, axis.positions), bool) for axis, n in zip(axes, positions, strict=True)]
    return fields.probed(axes[0], full[0]), fields.probed(axes[1], full[1])


@torch.no_grad()
def probe(run: Callable[[torch.Tensor], list[torch.Tensor]], x: torch.Tensor) -> list[Reads]:
    """Put NaN into each row and then each column of `x` (n, D, H, W), one an image, and see where it arrives.

    `run` gives tensors (n, D', H', W') or (n, D'); for each, which of its rows (columns) read which of those of `x`.
    """
    seen = [_arrivals(run, x, dimension) for dimension in (2, 3)]
    return list(zip(*seen, strict=True))


def _arrivals(
    run: Callable[[torch.Tensor], list[torch.Tensor]], x: torch.Tensor, dimension: int
) -> list[NDArray[np.bool_]]:
    extent, found = x.shape[dimension], []
    for begin in range(0, extent, len(x)):
        lines = torch.arange(begin, min(begin + len(x), extent))
        tainted = x[: len(lines)].clone() if len(lines) < len(x) else x.clone()
        tainted.movedim(dimension, 1)[torch.arange(len(lines)), lines] = float("nan")
        found.append([_nan_lines(y[: len(lines)], dimension) for y in run(tainted)])
    return [np.concatenate(rows).T for rows in zip(*found, strict=True)]


def _nan_lines(y: torch.Tensor, dimension: int) -> NDArray[np.bool_]:
    """Per image, which rows (columns) of `y` hold a NaN: bool (n, positions)."""
    y = y if y.ndim == 4 else y.flatten(1)[..., None, None]
    return y.isnan().any(dim=tuple({1, 2, 3} - {dimension})).cpu().numpy()
