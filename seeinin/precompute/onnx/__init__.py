"""Networks in ONNX's format, run by onnxruntime: every node that computes something is a layer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from seeinin.errors import ModelError

if TYPE_CHECKING:  # an optional extra
    from seeinin.precompute.onnx.network import Network


def load(path: Path) -> Network:
    """The network in the file; ModelError says what is wrong with it, or that onnx or onnxruntime is not installed."""
    try:
        from seeinin.precompute.onnx import files, network
    except ImportError as error:
        raise ModelError(f"{path} needs {error.name}, an optional extra: pip install 'seeinin[onnx]'") from None
    return network.build(files.read(path))
