"""Receptive fields and homes through a network's graph: what each torch operation does to the two axes."""

from __future__ import annotations

import logging
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import torch
from torch import fx

from seeinin.geometry import fields
from seeinin.geometry.fields import Axis
from seeinin.precompute import ops, windows
from seeinin.precompute.probe import Reads, probe

log = logging.getLogger(__name__)

T = TypeVar("T")
Axes = tuple[Axis, Axis]  # of y and x
Values = Mapping[fx.Node, Any]

_ELEMENTWISE = frozenset({
    "abs", "add", "batch_norm", "celu", "clamp", "clone", "contiguous", "div", "dropout", "dropout2d", "elu", "exp",
    "float", "gelu", "hardsigmoid", "hardswish", "hardtanh", "identity", "leaky_relu", "local_response_norm", "log",
    "log_sigmoid", "maximum", "minimum", "mish", "mul", "neg", "pow", "prelu", "relu", "relu6", "rsqrt", "rsub", "selu",
    "sigmoid", "silu", "softplus", "sqrt", "square", "sub", "tanh", "where",
})  # fmt: skip
_ADAPTIVE = frozenset({"adaptive_avg_pool2d", "adaptive_max_pool2d"})


def propagate(graph: fx.GraphModule, values: Values) -> dict[fx.Node, Axes]:
    """The axes of every node that depends on the images, in order of execution; `values` are those of a run on a few.

    A tensor (n, D, H, W) has H and W positions; any other has one, which stands for all that it was made from.
    """
    axes: dict[fx.Node, Axes] = {}
    for node in graph.graph.nodes:
        if node.op == "placeholder" and torch.is_tensor(values.get(node)):
            height, width = values[node].shape[-2:]
            axes[node] = fields.image(height), fields.image(width)
        elif node.op.startswith("call"):
            source = _computing(node, values)
            if read := {n: axes[n] for n in ops.tensors((source.args, source.kwargs)) if n in axes}:
                axes[node] = _through(node, graph, values, read)
    return axes


def _computing(node: fx.Node, values: Values) -> fx.Node:
    """The node itself, or the one of whose tuple it is an entry: a chunk, a pooling with its indices."""
    whole = node.args[0] if node.target is operator.getitem else None
    return whole if isinstance(whole, fx.Node) and isinstance(values[whole], tuple | list) else node


def _through(node: fx.Node, graph: fx.GraphModule, values: Values, read: Mapping[fx.Node, Axes]) -> Axes:
    if not _has_positions(values[node]):
        return _met([_both(fields.whole, axes) for axes in read.values()])
    source, first, positions = _computing(node, values), next(iter(read.values())), values[node].shape[2:]
    op = ops.of_node(source, graph)
    if (window := windows.of_node(op, source, graph, values)) is not None:
        return _both(fields.window, first, positions, window.kernel, window.stride, window.padding, window.dilation)
    if op in _ADAPTIVE:
        return _both(fields.adaptive, first, positions)
    if op in _ELEMENTWISE or (op == "cat" and _dimension(source) in (1, -3)):
        return _met(list(read.values()))
    placed = {source: axes for source, axes in read.items() if _has_positions(values[source])}
    if not placed:  # a vector shaped into maps
        return _both(fields.probed, _met(list(read.values())), _everything(positions, (1, 1)))
    return _met([_seen(node, graph, values, source, axes) for source, axes in placed.items()])


def _has_positions(value: Any) -> bool:
    return torch.is_tensor(value) and value.ndim == 4


def _both(make: Callable[..., T], *pairs: Any) -> tuple[T, T]:
    """`make` for y and for x."""
    y, x = (make(*each) for each in zip(*pairs, strict=True))
    return y, x


def _met(branches: list[Axes]) -> Axes:
    y, x = (fields.union(list(axes)) for axes in zip(*branches, strict=True))
    return y, x


def _dimension(node: fx.Node) -> Any:
    return node.args[1] if len(node.args) > 1 else node.kwargs.get("dim", 0)


def _seen(node: fx.Node, graph: fx.GraphModule, values: Values, source: fx.Node, axes: Axes) -> Axes:
    """Through an operation that is not known here: which outputs NaN in `source` reaches through it alone."""

    def run(x: torch.Tensor) -> list[torch.Tensor]:
        def given(n: fx.Node) -> Any:
            return x if n is source else values[n].clone() if torch.is_tensor(values[n]) else values[n]

        arguments, keywords = fx.map_arg((computing.args, computing.kwargs), given)
        result = getattr(fx.Interpreter(graph), computing.op)(computing.target, arguments, keywords)
        return [result if computing is node else result[node.args[1]]]

    computing = _computing(node, values)

    everything = _everything(values[node].shape[2:], values[source].shape[2:])
    try:
        (reads,) = probe(run, values[source])
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        log.warning("%s cannot be probed (%s); its receptive field is taken to be the whole image", node.name, error)
        reads = everything
    if not (reads[0].any() and reads[1].any()):
        log.warning("%s lets no NaN through; its receptive field is taken to be the whole image", node.name)
        reads = everything
    return _both(fields.probed, axes, reads)


def _everything(positions: Sequence[int], inputs: Sequence[int]) -> Reads:
    return _both(lambda *shape: np.ones(shape, bool), positions, inputs)
