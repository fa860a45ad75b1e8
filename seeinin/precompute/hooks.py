"""Layers by hooks, for a network that cannot be traced: the output of every innermost module, functional ones not."""

from __future__ import annotations

import contextlib
import fnmatch
import itertools
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import nn

from seeinin import config
from seeinin.errors import ModelError
from seeinin.geometry import fields
from seeinin.precompute import layers, ops, probe, untold
from seeinin.precompute.failing import reason, staying
from seeinin.precompute.layers import Capture, Node, Run
from seeinin.precompute.layout import Layout
from seeinin.precompute.parts import parts
from seeinin.precompute.patience import patience

log = logging.getLogger(__name__)

Seen = Callable[[str, nn.Module, torch.Tensor, torch.Tensor | None], None]


@dataclass(frozen=True)
class _Output:
    """What a module gave, and which of the earlier ones it read, if it read one as it was."""

    module: nn.Module
    tensor: torch.Tensor
    version: int
    source: str | None


def capture(network: nn.Module, images: torch.Tensor, told: config.Layers = config.Layers()) -> Capture:  # noqa: B008
    """Run `network` on `images` (n, C, h, w) and keep what its innermost modules return, in order of execution."""
    outputs: dict[str, _Output] = {}
    lost: dict[str, None] = {}  # in order

    def keep(name: str, module: nn.Module, output: torch.Tensor, read: torch.Tensor | None) -> None:
        if _computes(module, output) and len(output) != len(images):
            lost[name] = None
        elif _is_layer(module, output, len(images)):
            source = next((name for name, at in outputs.items() if at.tensor is read), None)
            outputs[layers.unique(name, outputs)] = _Output(module, output, output._version, source)

    with torch.no_grad(), _watched(network, keep):
        network(images.clone())
    layers.say_lost(list(lost))
    if not outputs:
        raise ModelError("no module of the network returns a tensor for each image; build it of torch.nn modules")
    overwritten = {name for name, at in outputs.items() if at.tensor._version != at.version}
    given = {name: at.tensor for name, at in outputs.items()}
    lines = _lines(_Returning(network, list(outputs), overwritten, given), given, images)
    layouts = _layouts(outputs, lines, images, told)
    split = [(name, part) for name in outputs for part in parts(name, layouts[name])]

    def returning(numbers: Sequence[int]) -> Run:
        wanted = [split[i] for i in numbers]
        run = _Returning(network, [name for name, _ in wanted], overwritten)
        return lambda x: [part.of(tensor) for (_, part), tensor in zip(wanted, run(x), strict=True)]

    found = [part.layer(ops.of_module(outputs[name].module)) for name, part in split]
    names = ["input", *outputs]
    chain = [
        Node(name, ops.of_module(outputs[name].module), (before,), name) for before, name in itertools.pairwise(names)
    ]
    return Capture(tuple(found), (Node("input", "input", ()), *chain), returning)


def _lines(run: Run, given: Mapping[str, torch.Tensor], images: torch.Tensor) -> list[tuple[probe.Lines, probe.Lines]]:
    """Where rows of the image arrive in each of the layers; nowhere, in a network that does not run on NaN."""
    try:
        with patience(), staying():
            return probe.probe(run, images)
    except Exception as error:  # noqa: BLE001 - the network's own code
        log.warning(
            "the network does not run on NaN (%s): its layers are taken to see the whole image, and their rows and "
            "columns to lie as is usual for their kinds", reason(error),
        )  # fmt: skip
        return [probe.nowhere(tensor, images) for tensor in given.values()]


def _layouts(
    outputs: dict[str, _Output], lines: list[tuple[probe.Lines, probe.Lines]], images: torch.Tensor, told: config.Layers
) -> dict[str, Layout]:
    """By where rows of the image arrive; else as that of the module before, whose tensor it got; else by its kind."""
    found: dict[str, Layout] = {}
    unsure: set[str] = set()
    extents = tuple(images.shape[2:])
    stands: dict[int, tuple[untold.Grid, int]] = {}  # where tokens stand, by their number
    for (name, at), of_one in zip(outputs.items(), lines, strict=True):
        shape, sure = tuple(at.tensor.shape), True
        last = any(fnmatch.fnmatchcase(name, pattern) for pattern in told.channels_last)
        layout = untold.arrived(shape, of_one, extents)
        if layout is None and not last and (source := _like(at, outputs)):
            y, x = (fields.blurred(a, np.ones((a.positions,) * 2, bool)) for a in (found[source].y, found[source].x))
            layout, sure = replace(found[source], y=y, x=x), source not in unsure
        if layout is None:
            stand = (told.grid, shape[1]) if told.grid else stands.get(shape[1])
            layout, sure = untold.taken(at.module, shape, stand, last, extents)
        found[name] = layout
        if sure and len(shape) == 3:
            stands.setdefault(shape[1], (layout.grid, layout.tokens.before if layout.tokens else 0))
        elif not sure:
            unsure.add(name)
            log.warning(
                "%s: which axes of its tensor (%s) are rows and columns cannot be seen; taken to be %s × %s × %s "
                "(channels × height × width). Where it is not, set layers.channels_last or layers.grid",
                name, ", ".join(map(str, shape)), *parts(name, layout)[0].shape,
            )  # fmt: skip
    return found


def _like(at: _Output, outputs: dict[str, _Output]) -> str | None:
    """The module before, where this one gives what it got in the same axes, as torch's do; a user's may not."""
    ours = type(at.module).__module__.startswith("torch.nn.") and not isinstance(at.module, nn.Linear)
    same = at.source is not None and outputs[at.source].tensor.shape == at.tensor.shape
    return at.source if ours and same else None


def _is_layer(module: nn.Module, output: torch.Tensor, images: int) -> bool:
    return _computes(module, output) and len(output) == images


def _computes(module: nn.Module, output: torch.Tensor) -> bool:
    return output.is_floating_point() and output.ndim >= 2 and ops.of_module(module) not in ops.RESHAPES


class _Returning:
    """The network, returning the chosen ones of its layers; where it may leave some out, or make them
    larger or smaller, zeros like those `given`.
    """

    def __init__(
        self,
        network: nn.Module,
        wanted: list[str],
        overwritten: set[str],
        given: Mapping[str, torch.Tensor] | None = None,
    ) -> None:
        self._network, self._wanted, self._overwritten, self._given = network, wanted, overwritten, given

    def __call__(self, images: torch.Tensor) -> list[torch.Tensor]:
        outputs: dict[str, torch.Tensor] = {}

        def keep(name: str, module: nn.Module, output: torch.Tensor, _: torch.Tensor | None) -> None:
            if _is_layer(module, output, len(images)):
                name = layers.unique(name, outputs)
                outputs[name] = output.clone() if name in self._overwritten else output

        with _watched(self._network, keep):
            self._network(images)
        odd = [name for name in self._wanted if name not in outputs]
        if odd and self._given is None:
            raise ModelError(
                f"the network runs other layers for some images than for others ({', '.join(odd[:5])}); "
                "leave these out with layers.exclude"
            )
        for name, value in (self._given or {}).items():
            if name in odd or outputs[name].shape[1:] != value.shape[1:]:  # NaN may make another size of it
                outputs[name] = torch.zeros_like(value)
        return [outputs[name] for name in self._wanted]


@contextlib.contextmanager
def _watched(network: nn.Module, seen: Seen) -> Iterator[None]:
    """Call `seen` with each innermost module's output; afterwards the network is as it was."""

    def hook(name: str) -> Callable[[nn.Module, Any, Any], None]:
        def seen_by(module: nn.Module, read: Any, output: Any) -> None:
            first = read[0] if isinstance(read, tuple) and read and torch.is_tensor(read[0]) else None
            if torch.is_tensor(output):
                seen(name, module, output, first)

        return seen_by

    innermost = [(name, module) for name, module in network.named_modules() if name and not any(module.children())]
    handles = [module.register_forward_hook(hook(name)) for name, module in innermost]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
