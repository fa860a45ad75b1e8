"""Torch's functional name of what a node does: conv2d, relu, add, cat, max_pool2d, linear …"""

from __future__ import annotations

import re
from typing import Any

import torch
from torch import fx, nn
from torch.nn import functional as F

# Values unchanged, only seen otherwise: nodes of the graph, but no layers. Dropout is one of them outside training.
RESHAPES = frozenset({
    "alpha_dropout", "chunk", "contiguous", "detach", "dropout", "dropout1d", "dropout2d", "dropout3d", "expand",
    "expand_as", "feature_alpha_dropout", "flatten", "float", "getattr", "getitem", "identity", "lift_fresh_copy",
    "movedim", "narrow", "permute", "reshape", "select", "size", "slice", "split", "split_with_sizes", "squeeze",
    "swapaxes", "swapdims", "t", "to", "transpose", "unbind", "unflatten", "unsqueeze", "view",
})  # fmt: skip
_FUNCTIONAL = {name.replace("_", ""): name for name in dir(F) if name.islower() and name == name.strip("_")}
_OPERATORS = {
    "iadd": "add", "isub": "sub", "imul": "mul", "truediv": "div", "itruediv": "div", "concat": "cat",
    # what torch.export makes of functions where it takes them apart
    "addmm": "linear", "max_pool2d_with_indices": "max_pool2d", "native_batch_norm_legit_no_training": "batch_norm",
    "native_group_norm": "group_norm", "native_layer_norm": "layer_norm", "unsafe_view": "view",
}  # fmt: skip


def of_node(node: fx.Node, root: nn.Module) -> str:
    if node.op == "call_module":
        return of_module(root.get_submodule(str(node.target)))
    name = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", str(node.target))
    if isinstance(node.target, torch._ops.OpOverload):  # add.Tensor
        name = name.partition(".")[0]
    if name == "convolution":  # aten.convolution(input, weight, bias, stride, padding, dilation, transposed, …)
        name = "conv_transpose2d" if node.args[6] else "conv2d"
    return of_function(name) if node.op in ("call_function", "call_method") else node.op.replace("placeholder", "input")


def of_module(module: nn.Module) -> str:
    """nn.BatchNorm2d is batch_norm, nn.LeakyReLU is leaky_relu; a module of the user's own keeps its class name."""
    name = getattr(module, "functional_name", type(module).__name__)
    plain = name.lower()
    return _FUNCTIONAL.get(plain) or _FUNCTIONAL.get(re.sub(r"[123]d$", "", plain)) or plain


def of_function(name: str) -> str:
    """In-place or not, as operator or as method: the same operation has one name."""
    name = name.strip("_")
    return _OPERATORS.get(name, name)


def tensors(arguments: Any) -> list[fx.Node]:
    """The nodes among a node's arguments, each once, in order."""
    found: dict[fx.Node, None] = {}
    fx.map_arg(arguments, lambda node: found.setdefault(node))
    return list(found)
