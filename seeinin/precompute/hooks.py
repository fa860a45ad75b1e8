"""Layers by hooks, for a network that cannot be traced: the output of every innermost module, functional ones not."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import nn

from seeinin.errors import ModelError
from seeinin.geometry import fields
from seeinin.precompute import layers, ops, probe
from seeinin.precompute.layers import Capture, Layer, Node, Part, Run

Seen = Callable[[str, nn.Module, torch.Tensor], None]


def capture(network: nn.Module, images: torch.Tensor, grid: tuple[int, int] | None = None) -> Capture:
    """Run `network` on `images` (n, C, h, w) and keep what its innermost modules return, in order of execution."""
    outputs: dict[str, tuple[nn.Module, torch.Tensor, int]] = {}

    def keep(name: str, module: nn.Module, output: torch.Tensor) -> None:
        if output.is_floating_point() and output.ndim >= 2 and len(output) == len(images) and not _reshapes(module):
            outputs[layers.unique(name, outputs)] = (module, output, output._version)

    with torch.no_grad(), _watched(network, keep):
        network(images.clone())
    if not outputs:
        raise ModelError("no module of the network returns a tensor for each image; build it of torch.nn modules")
    overwritten = {name for name, (_, output, version) in outputs.items() if output._version != version}

    split = [(name, part) for name, (_, output, _) in outputs.items() for part in layers.parts(output, grid)]

    def returning(numbers: Sequence[int]) -> Run:
        return _Returning(network, list(outputs), [split[i] for i in numbers], overwritten)

    reads = probe.probe(returning(range(len(split))), images)
    found = [
        _layer(name, outputs[name][0], part, images, read) for (name, part), read in zip(split, reads, strict=True)
    ]
    names = ["input", *outputs]
    chain = [Node(name, ops.of_module(outputs[name][0]), (before,), name) for before, name in itertools.pairwise(names)]
    return Capture(tuple(found), (Node("input", "input", ()), *chain), returning)


class _Returning:
    """The network, returning the chosen ones of its layers."""

    def __init__(
        self, network: nn.Module, names: list[str], wanted: list[tuple[str, Part]], overwritten: set[str]
    ) -> None:
        self._network, self._names, self._wanted = network, names, wanted
        self._overwritten = overwritten

    def __call__(self, images: torch.Tensor) -> list[torch.Tensor]:
        outputs: dict[str, torch.Tensor] = {}

        def keep(name: str, module: nn.Module, output: torch.Tensor) -> None:
            if output.is_floating_point() and output.ndim >= 2 and len(output) == len(images) and not _reshapes(module):
                name = layers.unique(name, outputs)
                outputs[name] = output.clone() if name in self._overwritten else output

        with _watched(self._network, keep):
            self._network(images)
        if list(outputs) != self._names:
            odd = sorted(outputs.keys() ^ set(self._names)) or list(outputs)
            raise ModelError(
                f"the network runs other layers for some images than for others ({', '.join(odd[:5])}); "
                "leave these out with layers.exclude"
            )
        return [part.of(outputs[name]) for name, part in self._wanted]


@contextlib.contextmanager
def _watched(network: nn.Module, seen: Seen) -> Iterator[None]:
    """Call `seen` with each innermost module's output; afterwards the network is as it was."""
    handles = [
        module.register_forward_hook(
            lambda module, _, output, name=name: seen(name, module, output) if torch.is_tensor(output) else None
        )
        for name, module in network.named_modules()
        if name and not any(module.children())
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _reshapes(module: nn.Module) -> bool:
    return ops.of_module(module) in ops.RESHAPES


def _layer(name: str, module: nn.Module, part: Part, images: torch.Tensor, reads: probe.Reads) -> Layer:
    axes = []
    for extent, read in zip(images.shape[2:], reads, strict=True):
        everything = np.ones_like(read)
        axes.append(fields.probed(fields.image(extent), read if read.any() else everything))
    return layers.placed(name, ops.of_module(module), part, *axes)
