"""A network of Caffe's as one of torch: a torch.fx graph of its layers, each by the name that the prototxt gives it."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

import torch
from torch import fx, nn

from seeinin.errors import ModelError
from seeinin.precompute.caffe import layers
from seeinin.precompute.caffe.blobs import Blobs
from seeinin.precompute.caffe.layers import Function
from seeinin.precompute.caffe.program import Program
from seeinin.precompute.caffe.prototxt import Layer
from seeinin.precompute.caffe.refused import Misfit, NoWeights, Unsupported

log = logging.getLogger(__name__)

Made = tuple[Layer, nn.Module | Function]


def build(program: Program, blobs: Blobs, weights: Path) -> fx.GraphModule:
    """The network from images (n, C, h, w) to its last blob; `weights` is the file that the blobs are from.

    The name of a node's layer is in `meta["layer"]`, because it need not be one that Python allows. Raises ModelError,
    which names every layer that is not supported, or has no weights, or others than it takes.
    """
    graph = fx.Graph()
    node = graph.placeholder("images")
    flowing = {program.images.blob: node}
    modules: dict[str, nn.Module] = {}
    for layer, computes in _made(program, blobs, weights):
        read = [flowing[blob] for blob in layer.bottoms]
        if isinstance(computes, nn.Module):
            target = str(len(modules))
            modules[target] = computes
            nodes = [graph.create_node("call_module", target, tuple(read), name=layer.name)] * len(layer.tops)
        else:
            tops = [(number,) for number in range(len(layer.tops))] if layer.kind == "slice" else [()]
            arguments = [(read, *computes.arguments, *top) for top in tops]
            nodes = [graph.create_node("call_function", computes.target, a, name=layer.name) for a in arguments]
        for node in nodes:
            node.meta["layer"] = layer.name
        # a layer in place takes the name of its blob over, and the value before it stays what it was
        flowing.update(zip(layer.tops, nodes, strict=True))
    graph.output(node)
    network = fx.GraphModule(modules, graph).eval()
    network.register_buffer("told", _digest(program))
    return network


def _digest(program: Program) -> torch.Tensor:
    """SHA-256 of what the layers are told: among the weights, so that a cache of other slopes or norms is another."""
    digest = hashlib.sha256()
    for layer in program.layers:
        digest.update(layer.parameters.SerializeToString(deterministic=True))
    return torch.tensor(list(digest.digest()), dtype=torch.uint8)


def _made(program: Program, blobs: Blobs, weights: Path) -> list[Made]:
    made: list[Made] = []
    unsupported, missing, misfits = [], [], []
    for layer in program.layers:
        try:
            made.append((layer, layers.make(layer, blobs.get(layer.name, []))))
        except Unsupported as what:
            unsupported.append(f"{layer} {what}".strip())
        except NoWeights:
            missing.append(layer.name)
        except Misfit as what:
            misfits.append(f"{layer} {what}")
    if unsupported:
        raise ModelError(f"{program.path} has layers that are not supported: {', '.join(unsupported)}")
    names = {layer.name for layer in program.layers}
    _check_names(missing, [name for name in blobs if name not in names], program, blobs, weights)
    if misfits:
        raise ModelError(f"{weights} does not fit {program.path}: {'; '.join(misfits)}")
    return made


def _check_names(missing: list[str], others: list[str], program: Program, blobs: Blobs, weights: Path) -> None:
    """Weights of other layers are as Caffe writes them, such as a second tower; but of others alone they are no use."""
    if missing or (others and len(others) == len(blobs)):
        lacks = [f"no weights of {', '.join(missing)}"] * bool(missing)
        has = [f"weights of {', '.join(others)}, which the network does not have"] * bool(others)
        raise ModelError(
            f"{weights} does not fit {program.path}: it has {', and '.join(lacks + has)}; name the files of one network"
        )
    if others:
        log.warning("%s also has weights of %s, which %s does not have", weights, ", ".join(others), program.path)
