"""Read a caffemodel: the weights of every layer, by the layer's name."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import torch
from google.protobuf.message import DecodeError

from seeinin.errors import ModelError
from seeinin.precompute import files
from seeinin.precompute.caffe import schema

Blobs = dict[str, list[torch.Tensor]]

_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")  # no text has these, and every caffemodel
_HDF5 = b"\x89HDF\r\n\x1a\n"


def read(path: Path) -> Blobs:
    """Float32 tensors by layer; those without are left out. Raises ModelError where it is no whole caffemodel."""
    content = _bytes(path)
    net = schema.Net()
    try:
        net.ParseFromString(content)
    except DecodeError:
        raise ModelError(
            f"{path} looks cut short, or is no caffemodel ({len(content):,} bytes); fetch it again"
        ) from None
    del content  # as large as the weights themselves
    holders = [layer.layer if layer.HasField("layer") else layer for layer in net.layers]  # V0 lies inside V1
    if not all(isinstance(layer.name, str) for layer in (*holders, *net.layer)):  # protobuf gives bytes for no UTF-8
        raise ModelError(f"{path} is damaged: names of its layers are no text; fetch it again")
    return {
        layer.name: [_tensor(blob, layer.name, path) for blob in layer.blobs]
        for layer in (*holders, *net.layer)
        if layer.blobs
    }


def _bytes(path: Path) -> bytes:
    content = files.content(path, "correct model.weights", ModelError)
    if content.startswith(_HDF5):
        raise ModelError(f"{path} is HDF5; have Caffe write a caffemodel (snapshot_format: BINARYPROTO) and name that")
    if not _CONTROL.search(content[:4096]):
        raise ModelError(f"{path} is text; name the caffemodel as model.weights, the prototxt as model.network")
    return content


def _tensor(blob: Any, layer: str, path: Path) -> torch.Tensor:
    values = np.array(blob.data or blob.double_data, dtype=np.float32)
    shape = _shape(blob, values.size)
    if min(shape, default=1) < 0 or math.prod(shape) != values.size:
        size = " × ".join(map(str, shape))
        raise ModelError(f"{path}: a blob of layer {layer} is said to be {size}, but holds {values.size:,} values")
    return torch.from_numpy(values).reshape(shape)


def _shape(blob: Any, count: int) -> tuple[int, ...]:
    """As the blob tells it: any number of axes, or the four of old; one that tells nothing is a plain list."""
    if blob.HasField("shape"):
        return tuple(blob.shape.dim)
    if any(map(blob.HasField, ("num", "channels", "height", "width"))):
        return blob.num, blob.channels, blob.height, blob.width
    return (count,)
