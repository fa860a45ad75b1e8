"""Layouts, receptive fields and homes through a network's graph: what each operation does to rows and columns."""

from __future__ import annotations

import logging
import operator
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import fx
from torch.nn.attention import SDPBackend, sdpa_kernel

from seeinin.geometry import fields
from seeinin.precompute import alone, layout, ops, windows
from seeinin.precompute.alone import Run, SilentError
from seeinin.precompute.layout import Factor, Factors, Layout
from seeinin.precompute.moving import moved

log = logging.getLogger(__name__)

Values = Mapping[fx.Node, Any]

_ELEMENTWISE = frozenset({
    "abs", "add", "and", "batch_norm", "bfloat16", "bitwise_and", "bitwise_not", "bitwise_or", "bool", "ceil",
    "celu", "clamp", "clamp_max", "clamp_min", "clip", "clone", "contiguous", "copy", "cos", "detach", "div",
    "double", "dropout", "dropout1d", "dropout2d", "elu", "eq", "erf", "exp", "expm1", "fill", "float", "floor",
    "floordiv", "fmod", "ge", "gelu", "gt", "half", "hardshrink", "hardsigmoid", "hardswish", "hardtanh",
    "identity", "invert", "isfinite", "isinf", "isnan", "le", "leaky_relu", "lerp", "log", "log10", "log1p", "log2",
    "log_sigmoid", "logical_and", "logical_not", "logical_or", "logical_xor", "logsigmoid", "lt", "masked_fill",
    "maximum", "minimum", "mish", "mod", "mul", "nan_to_num", "ne", "neg", "or", "pow", "prelu", "reciprocal",
    "relu", "relu6", "remainder", "round", "rsqrt", "rsub", "selu", "sigmoid", "sign", "silu", "sin", "softplus",
    "softshrink", "softsign", "sqrt", "square", "sub", "tanh", "tanhshrink", "threshold", "to", "trunc", "type",
    "type_as", "where",
})  # fmt: skip
# What one value of theirs becomes depends on no place; which axes they mix is seen by one NaN.
_MIXING = frozenset({
    "addmm", "amax", "amin", "baddbmm", "bmm", "einsum", "linear", "logsumexp", "matmul", "max", "mean", "min", "mm",
    "multiheadattention", "multi_head_attention_forward", "norm", "scaled_dot_product_attention", "std", "sum", "var",
})  # fmt: skip
_NORMALISING = frozenset({
    "group_norm", "instance_norm", "layer_norm", "log_softmax", "normalize", "rms_norm", "softmax", "softmin",
})  # fmt: skip
_MOVING = ops.RESHAPES - _ELEMENTWISE - {"size", "getattr"} | frozenset({
    "channel_shuffle", "flip", "getitem", "repeat", "repeat_interleave", "roll", "rot90", "slice", "tile",
})  # fmt: skip
# They read maps (n, D, H, W) and give maps.
_OF_MAPS = frozenset({
    "fractional_max_pool2d", "grid_sample", "interpolate", "max_unpool2d", "pixel_shuffle",
    "pixel_unshuffle", "upsample", "upsample_bicubic2d", "upsample_bilinear2d", "upsample_nearest2d",
})  # fmt: skip
_OF_EACH_CHANNEL = frozenset({
    "interpolate", "upsample", "upsample_bicubic2d", "upsample_bilinear2d", "upsample_nearest2d",
})  # fmt: skip
_ADAPTIVE = frozenset({"adaptive_avg_pool2d", "adaptive_max_pool2d"})


def propagate(graph: fx.GraphModule, values: Values) -> dict[fx.Node, Layout]:
    """The layout of every node that depends on the images, in order of execution; `values` are those of a run on a few.

    A node that gives several tensors has that of the first which it reads: what is taken of it is looked at anew.
    """
    layouts: dict[fx.Node, Layout] = {}
    for node in graph.graph.nodes:
        if node.op == "placeholder" and torch.is_tensor(values.get(node)):
            layouts[node] = layout.of_images(values[node].shape)
        elif node.op.startswith("call") and ops.of_node(node, graph) not in ("shape", "size"):
            read = _reads(computing(node, values))
            if any(n in layouts and isinstance(values[n], torch.Tensor | tuple | list) for n in read):
                with sdpa_kernel(SDPBackend.MATH):  # the fused attention of CPUs makes 0 of NaN
                    layouts[node] = _Operation(node, graph, values, layouts).layout()
    return layouts


def computing(node: fx.Node, values: Values) -> fx.Node:
    """The node itself, or the one of whose tuple it is an entry: a chunk, a pooling with its indices, the last state of
    an LSTM, in a tuple of its own.
    """
    whole = node.args[0] if node.target is operator.getitem else None
    return computing(whole, values) if isinstance(whole, fx.Node) and isinstance(values[whole], tuple | list) else node


class _Operation:
    """One node, to be run alone on other tensors than it has."""

    def __init__(self, node: fx.Node, graph: fx.GraphModule, values: Values, layouts: Mapping[fx.Node, Layout]) -> None:
        self.node, self.graph, self.values = node, graph, values
        self.source = computing(node, values)
        self.op = ops.of_node(self.source, graph)
        self.value = values[node]
        self.gives_maps = (self.op in _OF_MAPS | _ADAPTIVE | windows.KNOWN) and getattr(self.value, "ndim", 0) == 4
        # each time that a tensor is read: an attention reads one thrice, and for each of them something else
        self.reads: list[tuple[int, fx.Node, Layout]] = []
        for number, read in enumerate(_reads(self.source)):
            if read in layouts and torch.is_tensor(values[read]):
                self.reads.append((number, read, layouts[read]))
        self.first = next(layouts[n] for n in _reads(self.source) if n in layouts)

    def layout(self) -> Layout:
        if not torch.is_tensor(self.value):
            return self.first
        try:
            return self._known() if self.reads else self._unknown()
        except SilentError:
            why = "lets no NaN through"
        except (RuntimeError, TypeError, ValueError, IndexError, NotImplementedError) as error:
            why = f"cannot be run alone ({str(error).splitlines()[0] if str(error) else type(error).__name__})"
        log.warning("%s %s; its receptive field is taken to be the whole image", self.node.name, why)
        return self._unknown()

    def _known(self) -> Layout:
        op, shape = self.op, self.value.shape
        if layout.are_maps(self.first) and len(shape) == 4 and (found := self._of_maps()) is not None:
            return found
        if op in _ELEMENTWISE:
            return layout.together([read for _, _, read in self.reads], shape)
        if op in _NORMALISING and tuple(shape) == tuple(self.values[self.reads[0][1]].shape):
            return self._normalised()
        if op in _MOVING and len(self.reads) == 1 and (found := self._moved()) is not None:
            return found
        if op in _MIXING:
            return self._mixed()
        if op == "cat" and (found := self._joined()) is not None:
            return found
        return self._reached()

    def _of_maps(self) -> Layout | None:
        op, shape, axes = self.op, self.value.shape, (self.first.y, self.first.x)
        window = windows.of_node(op, self.source, self.graph, self.values)
        if window is not None:
            told = zip(axes, shape[2:], window.kernel, window.stride, window.padding, window.dilation, strict=True)
            made = fields.transposed if op == "conv_transpose2d" else fields.window
            y, x = (made(*of_axis) for of_axis in told)
        elif op in _ADAPTIVE:
            y, x = map(fields.adaptive, axes, shape[2:])
        else:
            return self.first if op == "local_response_norm" else None  # that is across channels
        return layout.maps(shape, self.first.axes[0], y, x)

    def _moved(self) -> Layout | None:
        """None where it turns out to compute."""
        number, read, of_read = self.reads[0]
        x = self.values[read]
        numbers = torch.arange(x.numel(), device=x.device).reshape(x.shape)
        try:
            source = self._run(number)(numbers)
        except RuntimeError:  # it takes no whole numbers
            return None
        return moved(of_read, source.cpu().numpy()) if source.dtype == torch.int64 else None

    def _normalised(self) -> Layout:
        number, read, of_read = self.reads[0]
        return alone.mixed(of_read, alone.carried(self._run(number), self.values[read]))

    def _mixed(self) -> Layout:
        found: list[Layout] = []
        made = None
        for number, read, of_read in self.reads:
            try:
                to = layout.clashing(of_read, alone.carried(self._run(number), self.values[read]), made)
            except SilentError:  # the weights of an attention do not depend on what they weigh
                continue
            found.append(alone.through(of_read, to, self.value.ndim))
            made = layout.together(found, self.value.shape)
        if made is None:
            raise SilentError
        return made

    def _joined(self) -> Layout | None:
        """A concatenation of channels, or of tokens with a grid of patches; None of anything else."""
        tensors = [self.values[n] for n in _reads(self.source) if torch.is_tensor(self.values[n])]
        (axis, *more) = [k for k, n in enumerate(self.value.shape) if any(x.shape[k] != n for x in tensors)] or [-1]
        if more or axis < 0:
            return None
        along = [(read, of_read.axes[axis]) for _, read, of_read in self.reads]
        placed = [read for read, own in along if any(f.kind != "c" for f in own)]
        if not placed:
            return layout.together([_without(of_read, axis) for _, _, of_read in self.reads], self.value.shape)
        if len(placed) > 1:
            return None
        before = 0
        for read in _reads(self.source):
            if read is placed[0]:
                break
            before += self.values[read].shape[axis]
        others = [of_read for _, read, of_read in self.reads if read is not placed[0]]
        (grid,) = (of_read for _, read, of_read in self.reads if read is placed[0])
        return layout.with_tokens(grid, others, axis, before, self.value.shape)

    def _reached(self) -> Layout:
        """By NaN in every row and column; of what it reads, the first says what its axes count."""
        if self.gives_maps and len(self.reads) == 1 and layout.are_maps(self.first):
            return self._of_one_image()
        found = [alone.reached(self._run(number), self.values[read], of_read) for number, read, of_read in self.reads]
        made = layout.together(found, self.value.shape)
        if self.gives_maps and not layout.are_maps(made):
            return self._unknown()
        return made if made.along("y", "x", "t") else self._in_place() or made

    def _in_place(self) -> Layout | None:
        """What a module of torch gives in the axes that it got: a block of a transformer, all steps of an LSTM. Every
        position has read all others. A user's own module may give anything; None of it.
        """
        _, read, of_read = self.reads[0]
        module = self.graph.get_submodule(str(self.source.target)) if self.source.op == "call_module" else None
        if not type(module).__module__.startswith("torch.nn.") or self.value.shape[:-1] != self.values[read].shape[:-1]:
            return None
        if self.value.shape[-1] != self.values[read].shape[-1]:  # of other channels
            if any(factor.kind != "c" for factor in of_read.axes[-1]):
                return None
            of_read = replace(of_read, axes=(*of_read.axes[:-1], layout.normal([Factor("c", self.value.shape[-1])])))
        return alone.mixed(of_read, [None] * self.value.ndim)

    def _of_one_image(self) -> Layout:
        """Maps made of maps: what holds for the first image holds for all, and for some for the first channel."""
        number, read, of_read = self.reads[0]
        first = self.values[read][:1, :1] if self.op in _OF_EACH_CHANNEL else self.values[read][:1]
        y, x = alone.reached_maps(self._run(number), first, of_read.y, of_read.x)
        return layout.maps(self.value.shape, of_read.axes[0], y, x)

    def _unknown(self) -> Layout:
        """It sees everything. What an operation on maps gives has rows and columns even so."""
        seen = [layout.seen(of_read) for _, _, of_read in self.reads] or [layout.seen(self.first)]
        y, x = (fields.union(list(axes)) for axes in zip(*seen, strict=True))
        images, shape = self._images(), self.value.shape
        if self.gives_maps:
            y, x = (fields.probed(axis, np.ones((n, 1), bool)) for axis, n in zip((y, x), shape[2:], strict=True))
            return layout.maps(shape, images, y, x)
        return layout.lost(Layout((images,), y, x), shape, 0 if images else None)

    def _images(self) -> Factors:
        """The images, where they are the first axis of what is read and of what is given."""
        for _, _, of_read in self.reads:
            count = of_read.axes[0] if of_read.axes else ()
            if len(count) == 1 and count[0].kind == "n" and self.value.ndim and len(self.value) == count[0].size:
                return count
        return ()

    def _run(self, number: int) -> Run:
        """The operation, given a tensor where it reads its `number`-th."""

        def run(x: torch.Tensor) -> torch.Tensor:
            at = iter(range(1_000_000))

            def given(n: fx.Node) -> Any:
                value = self.values[n]
                return x.clone() if next(at) == number else value.clone() if torch.is_tensor(value) else value

            arguments, keywords = fx.map_arg((self.source.args, self.source.kwargs), given)
            result = getattr(fx.Interpreter(self.graph), self.source.op)(self.source.target, arguments, keywords)
            return self._entry(self.node, result)

        return run

    def _entry(self, node: fx.Node, result: Any) -> Any:
        """What `node` takes out of what its source gave."""
        return result if node is self.source else self._entry(node.args[0], result)[node.args[1]]


def _reads(node: fx.Node) -> Sequence[fx.Node]:
    found: list[fx.Node] = []
    fx.map_arg((node.args, node.kwargs), found.append)
    return found


def _without(of_read: Layout, axis: int) -> Layout:
    return replace(of_read, axes=tuple(() if i == axis else own for i, own in enumerate(of_read.axes)))
