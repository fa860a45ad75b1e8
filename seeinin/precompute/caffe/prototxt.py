"""Read a prototxt: the inputs that it declares and its layers, whatever generation of Caffe it was written for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf import text_format

from seeinin.errors import ModelError
from seeinin.precompute import files
from seeinin.precompute.caffe import schema

MAX_BYTES = 8_000_000  # ResNet-152 takes 150 KB

# What V0 called by another name than its successors, compared as `kind` does.
_V0_KINDS = {"conv": "convolution", "pool": "pooling", "images": "imagedata"}


@dataclass(frozen=True)
class Layer:
    """One layer, in the form of V2: `bottoms` are the blobs that it reads, `tops` those that it gives.

    `parameters` is the schema's Layer message, whose `…_param` hold what the layer is told.
    """

    name: str
    type: str
    bottoms: tuple[str, ...]
    tops: tuple[str, ...]
    parameters: Any

    @property
    def kind(self) -> str:
        """The type as all generations can be compared: InnerProduct, INNER_PRODUCT and innerproduct are one."""
        kind = self.type.replace("_", "").lower()
        return _V0_KINDS.get(kind, kind)

    def __str__(self) -> str:
        return f"{self.name} ({self.type})"


@dataclass(frozen=True)
class Input:
    """A blob that is given from outside, and its size (batch, …) where the file declares one."""

    blob: str
    shape: tuple[int, ...] | None


@dataclass(frozen=True)
class Prototxt:
    path: Path
    inputs: tuple[Input, ...]
    layers: tuple[Layer, ...]


def read(path: Path) -> Prototxt:
    """The network in the file, as it stands in phase TEST; ModelError says what is wrong with it, and in which line."""
    net = schema.Net()
    try:
        text_format.Parse(_text(path), net, allow_unknown_field=True)
    except text_format.ParseError as error:
        raise ModelError(f"{path} is not a prototxt that can be read: line {_sentence(error)}") from None
    except RecursionError:
        raise ModelError(f"{path} is nested deeper than any prototxt; correct model.network") from None
    messages = [*map(_of_v1, net.layers), *net.layer]
    if not messages:
        raise ModelError(f"{path} has no layers; name the prototxt of a network as model.network")
    layers = tuple(_layer(message) for message in messages if _included(message, net.state))
    return Prototxt(path, _inputs(net, path), layers)


def _text(path: Path) -> str:
    if files.check(path, cure := "correct model.network", ModelError) > MAX_BYTES:
        raise ModelError(f"{path} is larger than 8 MB, which no prototxt is; is it the weights?")
    try:
        return files.content(path, cure, ModelError).decode()
    except UnicodeDecodeError:
        raise ModelError(f"{path} is not text; name the prototxt as model.network, the caffemodel as weights") from None


def _sentence(error: text_format.ParseError) -> str:
    """Line and column as protobuf tells them, without its copy of the line and the name of our schema."""
    message = re.sub(r"^[\d: ]+('.*': )?", "", str(error).splitlines()[0])
    return f"{error.GetLine()}:{error.GetColumn()}: {message.replace(schema.PACKAGE + '.', '')}"


def _of_v1(old: Any) -> Any:
    """A layer of V1, or of V0 inside it, as one of V2, without weights."""
    new = schema.Layer(bottom=old.bottom, top=old.top, include=old.include, exclude=old.exclude)
    if old.HasField("layer"):
        _of_v0(old.layer, new)
        return new
    new.name, new.type = old.name, schema.value_name(old, "type")
    for field, value in old.ListFields():
        if field.name.endswith("_param"):
            getattr(new, field.name).CopyFrom(value)
    return new


def _of_v0(old: Any, new: Any) -> None:
    new.name, new.type = old.name, old.type
    window = {"pad": [old.pad], "kernel_size": [old.kernelsize], "stride": [old.stride]}
    match old.type:
        case "conv" | "padding":
            of_output = {"num_output": old.num_output, "bias_term": old.biasterm, "group": old.group}
            new.MergeFrom(schema.Layer(convolution_param=of_output | window))
        case "pool":
            new.MergeFrom(schema.Layer(pooling_param={"pool": old.pool} | window))
        case "innerproduct":
            of_output = {"num_output": old.num_output, "bias_term": old.biasterm}
            new.MergeFrom(schema.Layer(inner_product_param=of_output))
        case "lrn":
            values = {name: getattr(old, name) for name in ("local_size", "alpha", "beta", "k")}
            new.MergeFrom(schema.Layer(lrn_param=values))
        case "concat":
            new.MergeFrom(schema.Layer(concat_param={"concat_dim": old.concat_dim}))


def _layer(message: Any) -> Layer:
    tops = tuple(message.top)
    return Layer(message.name or "".join(tops[:1]), message.type, tuple(message.bottom), tops, message)


def _included(layer: Any, state: Any) -> bool:
    """Whether the rules of a layer, if it has any, take it into this state; the phase is always TEST."""
    if layer.include:
        return any(_met(rule, state) for rule in layer.include)
    return not any(_met(rule, state) for rule in layer.exclude)


def _met(rule: Any, state: Any) -> bool:
    return (
        (not rule.HasField("phase") or rule.phase == schema.TEST)
        and (not rule.HasField("min_level") or state.level >= rule.min_level)
        and (not rule.HasField("max_level") or state.level <= rule.max_level)
        and set(rule.stage) <= set(state.stage)
        and set(rule.not_stage).isdisjoint(state.stage)
    )


def _inputs(net: Any, path: Path) -> tuple[Input, ...]:
    """The blobs of `input:`, with their sizes by `input_shape` or as four `input_dim` each."""
    shapes: list[tuple[int, ...]] = [tuple(shape.dim) for shape in net.input_shape]
    if not shapes:
        shapes = [tuple(net.input_dim[i : i + 4]) for i in range(0, len(net.input_dim), 4)]
    if shapes and len(shapes) != len(net.input):
        raise ModelError(f"{path} declares {len(net.input)} inputs but the sizes of {len(shapes)}; give each its own")
    return tuple(Input(blob, shapes[i] if shapes else None) for i, blob in enumerate(net.input))
