"""Layers by torch.fx: every operation of the network, functional ones included."""

from __future__ import annotations

import fnmatch
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import fx, nn

from seeinin import config
from seeinin.errors import ModelError
from seeinin.precompute import exported, layers, ops, receptive, untold
from seeinin.precompute.layers import Capture, Node, Run
from seeinin.precompute.layout import Layout
from seeinin.precompute.parts import parts

log = logging.getLogger(__name__)

Values = Mapping[fx.Node, Any]


def capture(graph: fx.GraphModule, images: torch.Tensor, told: config.Layers = config.Layers()) -> Capture:  # noqa: B008
    """Every node that computes a tensor (n, …) from `images` (n, C, h, w) is a layer; a mere reshape is none."""
    seen = _Observed(graph)
    with torch.no_grad():
        seen.run(images.clone())
    layouts = receptive.propagate(graph, seen.values)
    names: dict[fx.Node, str] = {}
    for node in layouts:
        if _is_layer(node, graph, seen.values, layouts[node], len(images)):
            names[node] = layers.unique(_name(node, graph, seen.values), names.values())
    split = [
        (node, part)
        for node, name in names.items()
        for part in parts(name, _told(layouts[node], name, seen.values[node].shape, told))
    ]
    _say_lost(graph, seen.values, layouts, len(images))
    if not split:
        raise ModelError("nothing in the network gives a tensor for each image; return what it makes of them")
    found = [part.layer(ops.of_node(_source(node, graph, seen.values), graph)) for node, part in split]
    batch = (exported.takes(graph) or (None,))[0]

    def returning(numbers: Sequence[int]) -> Run:
        nodes, wanted = zip(*(split[i] for i in numbers), strict=True)
        giving = getattr(graph, "giving", None)  # of what does not run node by node
        # a GraphModule that is called prints a traceback of its own when it fails
        network = giving(nodes) if giving else _returning(graph, nodes, seen.overwritten()).forward
        return lambda x: [
            part.of(tensor)[: len(x)] for part, tensor in zip(wanted, network(_filled(x, batch)), strict=True)
        ]

    return Capture(tuple(found), tuple(_drawn(graph, layouts, names)), returning)


def _drawn(graph: fx.GraphModule, layouts: Mapping[fx.Node, Layout], names: Mapping[fx.Node, str]) -> Iterator[Node]:
    """The graph as the viewer draws it."""
    for node in layouts:
        inputs = [names.get(n, n.name) for n in ops.tensors((node.args, node.kwargs)) if n in layouts]
        yield Node(names.get(node, node.name), ops.of_node(node, graph), tuple(inputs), names.get(node))


def _filled(images: torch.Tensor, batch: int | None) -> torch.Tensor:
    """As many images as a network takes that was exported for one number of them."""
    if batch is None or len(images) == batch:
        return images
    return torch.cat([images, images.new_zeros(batch - len(images), *images.shape[1:])])


class _Observed(fx.Interpreter):
    """A run that keeps the value of every node, and the version that its memory had then."""

    def __init__(self, graph: fx.GraphModule) -> None:
        super().__init__(graph, garbage_collect_values=False)
        self.values: dict[fx.Node, Any] = {}
        self._versions: dict[fx.Node, int] = {}

    def run_node(self, n: fx.Node) -> Any:
        self.values[n] = value = super().run_node(n)
        if torch.is_tensor(value):
            self._versions[n] = value._version
        return value

    def overwritten(self) -> set[fx.Node]:
        """The nodes whose memory a later node wrote to: an in-place ReLU, `x += y`, an assignment to a slice."""
        return {node for node, version in self._versions.items() if self.values[node]._version != version}


def _is_layer(node: fx.Node, graph: fx.GraphModule, values: Values, layout: Layout, count: int) -> bool:
    value = values[node]
    if node.op == "placeholder" or not torch.is_tensor(value) or not value.is_floating_point():
        return False
    if value.ndim < 2 or (count > 1 and not layout.along("n")):
        return False
    return _source(node, graph, values) is not node or ops.of_node(node, graph) not in ops.RESHAPES


def _say_lost(graph: fx.GraphModule, values: Values, layouts: Mapping[fx.Node, Layout], count: int) -> None:
    """What is made of the images but cannot be given back to each of them, as after a batch was laid side by side."""
    lost = [
        node.name
        for node, layout in layouts.items()
        if not _is_layer(node, graph, values, layout, count) and _is_layer(node, graph, values, layout, 1)
    ]
    layers.say_lost(lost)


def _told(found: Layout, name: str, shape: Sequence[int], told: config.Layers) -> Layout:
    """Where rows and columns could not be followed, the config may say where they are; else all values are channels."""
    if found.along("y", "x", "t") or sum(n > 1 for n in shape[1:]) < 2:
        return found
    last = any(fnmatch.fnmatchcase(name, pattern) for pattern in told.channels_last)
    first = len(shape) == 4 and told.grid == tuple(shape[2:])
    if (len(shape) == 3 and told.grid) or first or (len(shape) == 4 and last):
        extents = tuple(int(axis.rf.max()) + 1 for axis in (found.y, found.x))
        stand = (told.grid, shape[1]) if told.grid else None  # what is beside the grid comes before it
        return untold.taken(nn.Identity() if first else nn.Linear(1, 1), shape, stand, last, (extents[0], extents[1]))[
            0
        ]
    log.warning(
        "%s: which axes of its tensor (%s) are rows and columns of the image cannot be followed through the network, "
        "so all its values are channels; layers.channels_last or layers.grid can say it",
        name, ", ".join(map(str, shape)),
    )  # fmt: skip
    return found


def _source(node: fx.Node, graph: fx.GraphModule, values: Values) -> fx.Node:
    """The node that computed this value: itself, or that of whose tuple it is an entry (an attention, a max with its
    indices); the pieces of a split are mere views.
    """
    whole = receptive.computing(node, values)
    return node if ops.of_node(whole, graph) in ops.RESHAPES else whole


def _name(node: fx.Node, graph: fx.GraphModule, values: Values) -> str:
    """As in the network: a module's path, or what torch.fx calls a functional operation; a graph may say it itself."""
    source = _source(node, graph, values)
    if "layer" in source.meta:
        return str(source.meta["layer"])
    return str(source.target) if source.op == "call_module" else source.name


def _returning(graph: fx.GraphModule, wanted: Sequence[fx.Node], overwritten: set[fx.Node]) -> fx.GraphModule:
    """A network of the same modules that returns these nodes, each as it was before anything wrote over it."""
    copy = fx.Graph()
    new: dict[fx.Node, fx.Node] = {}
    copy.graph_copy(graph.graph, new)
    for node in overwritten.intersection(wanted):
        with copy.inserting_after(new[node]):
            new[node] = copy.call_method("clone", (new[node],))
    copy.output(tuple(new[node] for node in wanted))
    return fx.GraphModule(graph, copy)
