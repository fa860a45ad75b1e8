"""Read an .onnx file and the weights beside it, which must lie in its own folder; nothing in them is run."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from onnx import helper

from seeinin.errors import ModelError
from seeinin.precompute import files


@dataclass(frozen=True)
class Model:
    """A ModelProto whose weights are in it, or in `weights` by name; the SHA-256 of all of it."""

    path: Path
    proto: Any
    weights: dict[str, NDArray[Any]]
    digest: bytes


def read(path: Path) -> Model:
    """Raises ModelError where the file is none, or names files outside of its folder."""
    content = files.content(path, "correct model.network", ModelError)
    try:
        proto = onnx.load_model_from_string(content)
    except DecodeError:
        raise ModelError(f"{path} is cut short, or no ONNX network ({len(content):,} bytes); fetch it again") from None
    if not proto.graph.node:
        raise ModelError(f"{path} has no nodes: it is no ONNX network, or empty; name an .onnx as model.network")
    if not all(isinstance(name, str) for name in _names(proto.graph)):
        raise ModelError(f"{path} is damaged: names in it are no text; fetch it again")
    digest = hashlib.sha256(content)
    weights: dict[str, NDArray[Any]] = {}
    initializers = {id(tensor) for tensor in proto.graph.initializer}
    for tensor in _tensors(proto):
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            raw = _external(tensor, path)
            digest.update(raw)
            if id(tensor) in initializers:  # apart, for a protobuf may hold no more than two gigabytes
                weights[tensor.name] = np.frombuffer(raw, _type(tensor, path)).reshape(tuple(tensor.dims))
            else:
                tensor.raw_data, tensor.data_location = raw, onnx.TensorProto.DEFAULT
                del tensor.external_data[:]
    return Model(path, proto, weights, digest.digest())


def _names(graph: Any) -> Iterator[Any]:
    """All names in the graph; protobuf gives bytes for what is not UTF-8."""
    for value in (*graph.input, *graph.output, *graph.initializer):
        yield value.name
    for node in graph.node:
        yield from (node.name, node.op_type, node.domain, *node.input, *node.output)
        for attribute in node.attribute:
            yield attribute.name
            for inner in (attribute.g, *attribute.graphs):
                yield from _names(inner)


def _external(tensor: Any, path: Path) -> bytes:
    """The bytes of a tensor that are kept in another file, as many as its shape says."""
    told = {entry.key: entry.value for entry in tensor.external_data}
    file = _inside(path, told.get("location", ""), tensor.name)
    size = int(np.prod(tensor.dims, dtype=object)) * _type(tensor, path).itemsize
    begin, length = _number(told.get("offset", "0")), _number(told.get("length", str(size)))
    if begin < 0 or length != size:
        raise ModelError(f"{path}: the weight {tensor.name} is said to take other bytes of {file.name} than its shape")
    files.check(file, cure := f"put there what {path} names", ModelError)
    with files.reading(file, cure, ModelError), file.open("rb") as stream:
        stream.seek(begin)
        content = stream.read(size)
    if len(content) < size:
        raise ModelError(f"{file} is cut short: it ends within the weight {tensor.name} of {path}; fetch it again")
    return content


def _inside(path: Path, location: str, name: str) -> Path:
    """A file in the model's own folder: no absolute path, no way up, no link."""
    folder = os.path.realpath(path.parent)
    told = PurePosixPath(location)
    climbs = told.is_absolute() or PureWindowsPath(location).is_absolute() or ".." in told.parts
    file = Path(folder, told)
    if not location or "\0" in location or climbs or os.path.realpath(file) != str(file):
        raise ModelError(
            f"{path}: the weight {name} is said to be in {location!r}, which is no file in the folder of the network "
            "(links are not followed), so it is refused; put the file there, or export the network in one piece"
        )
    return file


def _type(tensor: Any, path: Path) -> np.dtype[Any]:
    try:
        return np.dtype(helper.tensor_dtype_to_np_dtype(tensor.data_type))
    except (KeyError, TypeError):
        raise ModelError(f"{path}: the weight {tensor.name} is of a type that is not known; export it again") from None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else -1


def _tensors(proto: Any) -> Iterator[Any]:
    """Every tensor in the model, wherever it hides."""
    yield from _of_graph(proto.graph)
    for function in proto.functions:
        yield from _of_nodes(function.node)
    for training in proto.training_info:
        yield from _of_graph(training.initialization)
        yield from _of_graph(training.algorithm)


def _of_graph(graph: Any) -> Iterator[Any]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    yield from _of_nodes(graph.node)


def _of_nodes(nodes: Any) -> Iterator[Any]:
    for node in nodes:
        for attribute in node.attribute:
            yield from (attribute.t, *attribute.tensors)
            for sparse in (attribute.sparse_tensor, *attribute.sparse_tensors):
                yield from (sparse.values, sparse.indices)
            for graph in (attribute.g, *attribute.graphs):
                yield from _of_graph(graph)
