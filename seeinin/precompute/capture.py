"""Find the layers of any network: by torch.fx where it can be traced, else by hooks, and say which."""

from __future__ import annotations

import logging

import torch
from torch import fx, nn

from seeinin.errors import ModelError
from seeinin.precompute import hooks, trace
from seeinin.precompute.layers import Capture

log = logging.getLogger(__name__)


@torch.no_grad()
def capture(network: nn.Module, images: torch.Tensor) -> Capture:
    """The layers of `network`, found with a few preprocessed `images` (n, C, h, w), n of 2 or more.

    Raises ModelError where the network cannot take such images.
    """
    network.eval()
    try:
        expected = network(images.clone())
    except (RuntimeError, ValueError, TypeError, IndexError, AssertionError) as error:
        size = " × ".join(map(str, images.shape[1:]))
        raise ModelError(
            f"the network cannot take images of {size} (channels × height × width): {_first_line(error)}; "
            "set preprocess.size to the size that it was made for"
        ) from error
    try:
        graph = network if isinstance(network, fx.GraphModule) else fx.symbolic_trace(network)
        torch.testing.assert_close(graph(images.clone()), expected, equal_nan=True)
    except Exception as error:  # noqa: BLE001 - the network's own code runs on stand-ins for tensors: anything can fail
        log.warning("torch.fx cannot trace the network (%s); its modules are hooked instead", _first_line(error))
        return hooks.capture(network, images)
    found = trace.capture(graph, images)
    log.info("torch.fx found %d layers", len(found.layers))
    return found


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
