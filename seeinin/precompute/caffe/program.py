"""Which layers of a prototxt make something of the images, in order; the others are set aside."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from seeinin.errors import ModelError
from seeinin.precompute.caffe.prototxt import Input, Layer, Prototxt

log = logging.getLogger(__name__)

_DATA = frozenset({
    "annotateddata", "data", "dummydata", "hdf5data", "imagedata", "input", "memorydata", "windowdata",
})  # fmt: skip
_ENDS = frozenset({"accuracy", "hdf5output", "silence"})


@dataclass(frozen=True)
class Program:
    """The layers that run, and the blob that holds the images."""

    path: Path
    images: Input
    layers: tuple[Layer, ...]


def of(network: Prototxt) -> Program:
    """Follow the images from the first input that anything reads; what is made of other inputs alone (labels, the
    second tower of a siamese network) is set aside with them, and so are losses.
    """
    inputs = [*network.inputs, *_given(network.layers)]
    layers = [layer for layer in network.layers if not _set_aside(layer)]
    read = {blob for layer in layers for blob in layer.bottoms}
    images = next((given for given in inputs if given.blob in read), None)
    if images is None:
        raise ModelError(
            f"{network.path} names no input that a layer reads; begin it with a layer of type Input, whose top is the "
            "blob that the first layer reads"
        )
    others = {blob for layer in network.layers if _set_aside(layer) for blob in layer.tops}
    others |= {given.blob for given in inputs}
    kept = tuple(_fed(layers, images.blob, others - {images.blob}, network.path))
    running = {id(layer) for layer in kept}
    if aside := [str(layer) for layer in network.layers if id(layer) not in running]:
        log.info("set aside: %s", ", ".join(aside))
    return Program(network.path, images, kept)


def _set_aside(layer: Layer) -> bool:
    return layer.kind in _DATA or layer.kind in _ENDS or layer.kind.endswith("loss")


def _given(layers: tuple[Layer, ...]) -> Iterator[Input]:
    """The tops of Input and data layers; one shape of an Input layer may serve them all."""
    for layer in layers:
        shapes = [tuple(shape.dim) for shape in layer.parameters.input_param.shape] if layer.kind == "input" else []
        if layer.kind in _DATA:
            for i, blob in enumerate(layer.tops):
                yield Input(blob, shapes[min(i, len(shapes) - 1)] if shapes else None)


def _fed(layers: list[Layer], images: str, others: set[str], path: Path) -> Iterator[Layer]:
    """The layers that read what is made of the blob `images`; `others` are the blobs that are known but are not."""
    made = {images}
    for layer in layers:
        known = [blob for blob in layer.bottoms if blob in made]
        for blob in layer.bottoms:
            if blob not in made | others:
                raise ModelError(f"{path}: layer {layer} reads {blob}, which no layer before it gives")
            if known and blob in others:
                raise ModelError(f"{path}: layer {layer} reads {blob} too, which is not made of the images")
        if known:
            yield layer
        (made if known else others).update(layer.tops)
