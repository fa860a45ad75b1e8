"""Does a network fit the size of images that it declares? If not, which layer does not."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import fx, nn

from seeinin.errors import ModelError
from seeinin.precompute.caffe.program import Program

LARGEST = 2**29  # values of one layer for one image: more than a network can mean
_BATCH = 2


def check(network: fx.GraphModule, program: Program) -> None:
    """Run the network on zeros. Raises ModelError where a layer cannot read what the one before it gives."""
    shape = program.images.shape
    if shape is None:
        return
    if len(shape) != 4 or min(shape) < 1 or math.prod(shape[1:]) > LARGEST:
        raise ModelError(
            f"{program.path} declares its input {program.images.blob} as {_text(shape)}; "
            "it must be batch × channels × height × width"
        )
    with torch.no_grad():
        _Run(network, program).run(torch.zeros(_BATCH, *shape[1:]))


class _Run(fx.Interpreter):
    extra_traceback = False  # it would be added to the sentence

    def __init__(self, network: fx.GraphModule, program: Program) -> None:
        super().__init__(network)
        self._program = program

    def run_node(self, n: fx.Node) -> Any:
        if not n.op.startswith("call"):
            return super().run_node(n)
        named = f"{self._program.path}: layer {n.meta['layer']}"
        read = [self.env[bottom] for bottom in (n.args[0] if n.op == "call_function" else n.args)]
        module = self.fetch_attr(str(n.target)) if n.op == "call_module" else None
        if _at_most(module, read) > LARGEST:
            raise ModelError(f"{named} would give billions of values for one image; correct its parameters")
        try:
            value = super().run_node(n)
        except (RuntimeError, ValueError, IndexError, TypeError) as error:
            sizes = " and ".join(_text(x.shape[1:]) for x in read)
            raise ModelError(f"{named} cannot read {sizes}: {str(error).splitlines()[0]}") from None
        if len(value) != _BATCH:
            raise ModelError(f"{named} mixes the images of a batch, so what it gives belongs to none of them")
        return value


def _at_most(module: Any, read: list[torch.Tensor]) -> int:
    """A bound of the values that a layer gives for one image, known before it computes any."""
    if not isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.MaxPool2d | nn.AvgPool2d):
        return sum(x[0].numel() for x in read)
    (x,), transposed = read, isinstance(module, nn.ConvTranspose2d)
    strides = module.stride if transposed else (1, 1)
    windows = zip(x.shape[2:], strides, module.padding, module.kernel_size, strict=False)
    positions = math.prod(extent * stride + 2 * padding + kernel for extent, stride, padding, kernel in windows)
    return positions * getattr(module, "out_channels", x.shape[1])


def _text(shape: Any) -> str:
    return " × ".join(map(str, shape))
