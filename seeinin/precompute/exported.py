"""Programs of torch.export as graphs of torch.fx: of a network that torch.fx itself cannot trace, or from a file."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import fx, nn

from seeinin.errors import ModelError
from seeinin.precompute import archive, ops

if TYPE_CHECKING:  # it takes a second to import, which networks that torch.fx can trace do not pay
    from torch.export import ExportedProgram

Size = tuple[int | None, ...]  # n, C, h, w; None where any will do


def export(network: nn.Module, images: torch.Tensor) -> fx.GraphModule:
    """The graph of `network` for any number of images of this size; raises whatever its code raises."""
    with warnings.catch_warnings(action="ignore"), _quiet():
        any_number = ({0: torch.export.Dim.AUTO},)
        graph = graph_of(torch.export.export(network, (images.clone(),), dynamic_shapes=any_number))
    for node in graph.graph.nodes:
        if isinstance(node.target, torch._ops.HigherOrderOperator):  # torch.cond, autocast: what is inside is not seen
            raise ValueError(f"{node.target} hides a part of it")
    return graph


def load(path: Path) -> fx.GraphModule:
    """The program that torch.export.save wrote to `path`; nothing in the file is run.

    Raises ModelError where the file is none, holds more than tensors and torch's own operations, or was exported while
    training.
    """
    clean = archive.read(path)
    try:
        with warnings.catch_warnings(action="ignore"), _quiet():
            program = torch.export.load(clean)
            graph = graph_of(program)
    except Exception as error:  # a graph that means nothing fails anywhere in torch
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise ModelError(f"{path} cannot be read by torch {torch.__version__}: {reason}; export it again") from error
    if any(map(_trains, graph.graph.nodes)):
        raise ModelError(f"{path} was exported while training; call network.eval() before torch.export.export")
    if takes(graph) is None:
        raise ModelError(f"{path} does not take images alone (n, channels, height, width); export it with one input")
    return graph


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without torch's own account, pages long, of what it could not do."""
    loggers = [logging.getLogger(name) for name in ("torch.export", "torch.fx.experimental.symbolic_shapes")]
    before = [logger.disabled for logger in loggers]
    try:
        for logger in loggers:
            logger.disabled = True
        with contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        for logger, disabled in zip(loggers, before, strict=True):
            logger.disabled = disabled


def graph_of(program: ExportedProgram) -> fx.GraphModule:
    """Its operations without its guards; `meta["layer"]` of a node is its module's path where it is all of a module."""
    module = program.module(check_guards=False)
    copy = fx.Graph()
    new: dict[fx.Node, fx.Node] = {}
    for node in module.graph.nodes:
        if node.op == "output":
            copy.output(fx.map_arg(_single(node.args[0]), new.__getitem__))
        elif node.op != "call_function" or node.users or _writes(node):  # not an assertion
            new[node] = copy.node_copy(node, new.__getitem__)
    computing = [node for node in copy.nodes if _computes(node, module)]
    modules = Counter(map(_module, computing))
    for node in computing:
        key, path = _module(node)
        if path and modules[key, path] == 1:
            node.meta["layer"] = path
    return fx.GraphModule(module, copy)


def takes(network: nn.Module) -> Size | None:
    """The size of images that an exported network takes; None for any other network, or other inputs than one image."""
    graph = network.graph if isinstance(network, fx.GraphModule) else fx.Graph()
    inputs = [node for node in graph.nodes if node.op == "placeholder"]
    shape = getattr(inputs[0].meta.get("val"), "shape", ()) if len(inputs) == 1 else ()
    return tuple(n if isinstance(n, int) else None for n in shape) if len(shape) == 4 else None


def _single(outputs: object) -> object:
    return outputs[0] if isinstance(outputs, tuple | list) and len(outputs) == 1 else outputs


def _module(node: fx.Node) -> tuple[str, str]:
    """Of the innermost module that the node came from: a key of each call of it, and its path ('' of the network)."""
    key, (path, _) = next(reversed(node.meta.get("nn_module_stack", {"": ("", "")}).items()))
    return key, "" if path.startswith("_empty") else path


def _computes(node: fx.Node, module: fx.GraphModule) -> bool:
    return node.op == "call_function" and ops.of_node(node, module) not in ops.RESHAPES


def _writes(node: fx.Node) -> bool:
    return isinstance(node.target, torch._ops.OpOverload) and node.target._schema.is_mutable


def _trains(node: fx.Node) -> bool:
    """aten.dropout(input, p, train) and aten.batch_norm(input, weight, bias, mean, var, training, …)."""
    place = {"dropout": 2, "batch_norm": 5}.get(getattr(node.target, "__name__", "").partition(".")[0])
    return place is not None and len(node.args) > place and node.args[place] is True
