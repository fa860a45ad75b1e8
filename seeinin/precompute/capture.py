"""Find the layers of any network: by torch.fx, else by torch.export, else by hooks, and say which."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

import torch
from torch import fx, nn
from torch.utils._pytree import tree_leaves

from seeinin import config
from seeinin.errors import ModelError
from seeinin.precompute import exported, hooks, trace
from seeinin.precompute.failing import reason, staying
from seeinin.precompute.halving import is_short, too_large
from seeinin.precompute.layers import Capture, Run
from seeinin.precompute.patience import patience

log = logging.getLogger(__name__)


@torch.no_grad()
def capture(network: nn.Module, images: torch.Tensor, told: config.Layers = config.Layers()) -> Capture:  # noqa: B008
    """The layers of `network`, found with a few preprocessed `images` (n, C, h, w), n of 2 or more.

    `told` says where rows and columns are where that cannot be found.

    Raises ModelError where the network cannot take such images.
    """
    network.eval()
    size = " × ".join(map(str, images.shape[1:]))
    takes = exported.takes(network)
    if takes is not None and any(n is not None and n != m for n, m in zip(takes[1:], images.shape[1:], strict=True)):
        wanted = " × ".join("any" if n is None else str(n) for n in takes[1:])
        raise ModelError(
            f"the network was exported for images of {wanted} (channels × height × width), these are {size}; "
            "set preprocess.size, or export it again"
        )
    _check_inputs(network, images)
    try:
        with patience(), staying():
            expected = network(images.clone())
    except Exception as error:  # it is anybody's code; --debug shows where it failed
        if is_short(error):
            raise too_large(error) from error
        raise ModelError(
            f"the network cannot take images of {size} (channels × height × width): {reason(error)}; "
            "where it was made for another size, set preprocess.size"
        ) from error
    if isinstance(network, fx.GraphModule):
        return trace.capture(network, images, told)
    found = _found(network, images, told, expected)
    return found if _alone(network, images, expected) else _never_alone(found)


def _found(network: nn.Module, images: torch.Tensor, told: config.Layers, expected: Any) -> Capture:
    for way, trace_of in (
        ("torch.fx", lambda _: fx.symbolic_trace(network, _defaults(network))),
        ("torch.export", lambda _: exported.export(network, images)),
    ):
        try:
            with staying():
                graph = trace_of(network)
                _check_same(graph.forward(images.clone()), expected)  # called, it prints a traceback where it fails
                more = torch.cat([images, images[:1]])  # a graph may have been made for one number of images alone
                _check_same(graph.forward(more.clone()), network(more.clone()))
        except Exception as error:  # noqa: BLE001 - the network's own code runs on stand-ins for tensors: anything can fail
            log.warning("%s cannot trace the network (%s)", way, reason(error))
        else:
            found = trace.capture(graph, images, told)
            log.info("%s found %d layers", way, len(found.layers))
            return found
    log.warning("the network's modules are hooked instead: what it does between them is no layer")
    return hooks.capture(network, images, told)


def _check_inputs(network: nn.Module, images: torch.Tensor) -> None:
    """Raises ModelError where `forward` wants more than the images."""
    try:
        inspect.signature(network.forward).bind(images)
    except TypeError as error:
        raise ModelError(
            f"the network's forward does not take images alone: {error}; "
            "let the target return a module that takes them and gives the network what else it needs"
        ) from None


def _defaults(network: nn.Module) -> dict[str, Any]:
    """What `forward` takes besides the images, as it is when it is not given: its code may ask for it."""
    _, *others = inspect.signature(network.forward).parameters.values()
    plain = (type(None), bool, int, float, str)
    return {at.name: at.default for at in others if isinstance(at.default, plain)}


def _alone(network: nn.Module, images: torch.Tensor, expected: Any) -> bool:
    """Whether the network takes a single image; it is said where that becomes something else than among others."""
    try:
        with staying():
            found = _leaves(network(images[:1].clone()))
    except Exception as error:  # noqa: BLE001 - the network's own code
        log.warning("the network cannot take one image by itself (%s); it gets it twice", reason(error))
        return False
    pairs = [pair for pair in zip(found, _leaves(expected), strict=False) if all(map(_is_plain, pair))]
    per_image = [(one, all_[:1]) for one, all_ in pairs if all_.ndim and len(all_) == len(images)]
    if any(one.shape != among.shape for one, among in per_image):
        return False
    if not all(torch.allclose(one, among, rtol=1e-2, atol=1e-3, equal_nan=True) for one, among in per_image):
        log.warning(
            "what the network makes of an image depends on the others in its batch, or on chance: "
            "what is stored holds for batches as they were run"
        )
    return True


def _never_alone(found: Capture) -> Capture:
    """A network that loses the axis of the images where there is one, as squeeze() does, gets it twice."""

    def returning(numbers: Sequence[int]) -> Run:
        run = found.returning(numbers)
        return lambda x: run(x) if len(x) > 1 else [tensor[:1] for tensor in run(torch.cat([x, x]))]

    return replace(found, returning=returning)


def _check_same(found: Any, expected: Any) -> None:
    """torch.testing.assert_close would import for two seconds."""
    ours, theirs = _leaves(found), _leaves(expected)
    same = len(ours) == len(theirs) and all(map(_same, ours, theirs))
    if not same:
        raise ValueError("its graph computes something else than the network")


def _is_plain(value: Any) -> bool:
    """Whether it is a tensor, neither sparse nor nested."""
    return torch.is_tensor(value) and value.layout == torch.strided and not value.is_nested


def _leaves(outputs: Any) -> list[Any]:
    """The tensors, and whatever else a network returns, out of lists, dicts and dataclasses."""
    found: list[Any] = []
    for at in tree_leaves(outputs):
        if is_dataclass(at) and not isinstance(at, type):
            found += _leaves([getattr(at, field.name) for field in fields(at)])
        else:
            found.append(at)
    return found


def _same(one: Any, other: Any) -> bool:
    if not (torch.is_tensor(one) and torch.is_tensor(other)):
        return bool(one == other)
    if not one.is_floating_point():
        return torch.equal(one, other)
    return one.shape == other.shape and torch.allclose(one, other, rtol=1e-4, atol=1e-5, equal_nan=True)
