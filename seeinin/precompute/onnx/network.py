"""An ONNX graph as one of torch.fx: each node to be looked at alone; all of them run together by onnxruntime."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import onnx
import onnxruntime
import torch
from torch import fx

from seeinin.errors import ModelError
from seeinin.precompute.halving import is_short
from seeinin.precompute.onnx.files import Model
from seeinin.precompute.onnx.operation import ERRORS, Operation, answer, said, session

_DOMAINS = ("", "ai.onnx", "ai.onnx.ml", "com.microsoft")  # what onnxruntime comes with
_TYPES = {
    onnx.TensorProto.FLOAT: torch.float32, onnx.TensorProto.FLOAT16: torch.float16,
    onnx.TensorProto.DOUBLE: torch.float64, onnx.TensorProto.UINT8: torch.uint8,
}  # fmt: skip


@dataclass(frozen=True)
class Images:
    """The input that takes the images."""

    name: str
    last: bool  # whether channels are the last axis
    type: torch.dtype
    shape: tuple[int | None, ...]  # (n, C, h, w), None where any will do

    def enter(self, x: Any) -> Any:
        """Images (n, C, h, w) as the network takes them: a tensor, or the node of a graph."""
        x = x.permute(0, 2, 3, 1) if self.last else x
        return x if self.type == torch.float32 else x.to(self.type)


class Network(fx.GraphModule):
    """Takes images (n, C, h, w), whatever order of axes and type the file wants."""

    def __init__(self, modules: dict[str, Operation], graph: fx.Graph, model: Model, images: Images) -> None:
        super().__init__(modules, graph)
        self.model, self.images = model, images
        self.register_buffer("told", torch.tensor(list(model.digest), dtype=torch.uint8))

    def giving(self, nodes: Sequence[fx.Node]) -> Callable[[torch.Tensor], list[torch.Tensor]]:
        """What runs all of the network at once and returns what these nodes give."""
        names = [str(node.meta["output"]) for node in nodes]
        wanted = list(dict.fromkeys(names))
        proto = onnx.ModelProto()
        proto.CopyFrom(self.model.proto)
        del proto.graph.output[:]
        proto.graph.output.extend(onnx.ValueInfoProto(name=name) for name in wanted)
        running = session(proto, self.model.weights)

        def run(x: torch.Tensor) -> list[torch.Tensor]:
            try:
                outputs = answer(running, wanted, {self.images.name: self.images.enter(x).cpu().numpy()})
            except ERRORS as error:
                if is_short(error):
                    raise MemoryError(said(error)) from None
                raise ModelError(f"{self.model.path} fails on these images: {said(error)}") from None
            found = dict(zip(wanted, map(torch.from_numpy, outputs), strict=True))
            return [found[name] for name in names]

        return run


def build(model: Model) -> Network:
    """Raises ModelError where onnxruntime cannot run it, or where it takes other inputs than images."""
    _check_operations(model)
    images = _images(model)
    try:
        session(model.proto, model.weights)
    except ERRORS as error:
        version = onnxruntime.__version__
        raise ModelError(
            f"{model.path} cannot be run by onnxruntime {version}: {said(error)}; export it again"
        ) from None
    graph, modules = fx.Graph(), {}
    input_ = graph.placeholder("images")
    input_.meta["val"] = SimpleNamespace(shape=images.shape)
    flowing = {images.name: images.enter(fx.Proxy(input_)).node}
    weights = {weight.name: weight for weight in model.proto.graph.initializer}
    for number, node in enumerate(_in_order(model.proto.graph.node, {images.name, *weights}, model)):
        used = dict.fromkeys(name for name in (*node.input, *_from_outside(node)) if name)
        reads = [name for name in used if name in flowing]
        modules[str(number)] = Operation(node, reads, [weights[name] for name in used if name in weights], model)
        made = graph.call_module(str(number), tuple(flowing[name] for name in reads))
        outputs = [name for name in node.output if name]
        for i, name in enumerate(outputs):
            flowing[name] = made if len(outputs) == 1 else graph.call_function(operator.getitem, (made, i))
            flowing[name].meta["output"] = name
        made.meta["layer"] = modules[str(number)].layer_name
    graph.output(tuple(flowing[output.name] for output in model.proto.graph.output if output.name in flowing))
    network = Network(modules, graph, model, images)
    network.eval()
    return network


def _check_operations(model: Model) -> None:
    """Name everything at once that onnxruntime will not know."""
    own = {(function.domain, function.name) for function in model.proto.functions}
    unknown = [
        f"{node.name or node.output[0]} ({'.'.join(filter(None, (node.domain, node.op_type)))})"
        for node in model.proto.graph.node
        if (node.domain, node.op_type) not in own
        and (
            node.domain not in _DOMAINS
            or (node.domain in _DOMAINS[:3] and not onnx.defs.has(node.op_type, node.domain))
        )
    ]
    if unknown:
        raise ModelError(f"{model.path} has nodes that are not supported: {', '.join(unknown)}")


def _images(model: Model) -> Images:
    weights = {weight.name for weight in model.proto.graph.initializer}
    inputs = [given for given in model.proto.graph.input if given.name not in weights]
    names = ", ".join(given.name for given in inputs) or "none"
    told = inputs[0].type.tensor_type if len(inputs) == 1 else None
    shape = tuple(d.dim_value if d.dim_value > 0 else None for d in told.shape.dim) if told is not None else ()
    if told is None or len(shape) != 4:
        raise ModelError(
            f"{model.path} takes {names}, not images alone (n, channels, height, width); export it with one input"
        )
    if told.elem_type not in _TYPES:
        kind = onnx.TensorProto.DataType.Name(told.elem_type)
        raise ModelError(f"{model.path} takes images of type {kind}, which is not supported; export it for floats")
    last = shape[3] in (1, 3) and shape[1] not in (1, 3)
    order = (0, 3, 1, 2) if last else (0, 1, 2, 3)
    return Images(inputs[0].name, last, _TYPES[told.elem_type], tuple(shape[i] for i in order))


def _in_order(nodes: Iterable[Any], known: set[str], model: Model) -> Iterator[Any]:
    """Each node after those that it reads; the file may have them in another order."""
    waiting = list(nodes)
    while waiting:
        ready = [node for node in waiting if known.issuperset(filter(None, (*node.input, *_from_outside(node))))]
        if not ready:
            lacks = next(name for name in (*waiting[0].input, *_from_outside(waiting[0])) if name and name not in known)
            node = waiting[0].name or waiting[0].output[0]
            raise ModelError(f"{model.path}: node {node} reads {lacks}, which no other gives; export it again")
        yield from ready
        known = known.union(*(node.output for node in ready))
        waiting = [node for node in waiting if not any(node is done for done in ready)]


def _from_outside(node: Any) -> Iterator[str]:
    """What the branches of an If, or the body of a Loop, read of the graph around them."""
    for attribute in node.attribute:
        for graph in (attribute.g, *attribute.graphs):
            inside = {value.name for value in (*graph.input, *graph.initializer)}
            for inner in graph.node:
                yield from (n for n in (*inner.input, *_from_outside(inner)) if n and n not in inside)
                inside.update(inner.output)
            yield from (value.name for value in graph.output if value.name not in inside)
