"""What a cache will hold, before anything is written: which layers fit float16, and how large it all gets."""

from __future__ import annotations

import itertools
import logging
import math
from collections.abc import Iterable, Sequence

import torch

from seeinin.errors import ModelError
from seeinin.precompute.layers import Layer
from seeinin.store.format import CacheSpec, plan_bytes
from seeinin.wording import count_of

log = logging.getLogger(__name__)

DRY_RUN = 256  # images
FLOAT16_SAFE = 32_768  # half of what float16 can hold: other images may reach further
FLOAT16_STEPS = (
    400  # rounding may move a point by a standard deviation of its channel over this, in the root mean square
)
POSITIONS = 64  # of each image that tell how far a channel spreads
LARGE = 100e9  # bytes that nobody writes by accident


def storage_types(layers: Sequence[Layer], outputs: Iterable[Sequence[torch.Tensor]], wanted: str) -> list[str]:
    """float16 or float32 for each layer: what is `wanted`, or where that is auto, by the `outputs` of a dry run."""
    if wanted != "auto":  # two batches show what would otherwise stop the run hours later
        for tensors in itertools.islice(outputs, 2):
            for layer, tensor in zip(layers, tensors, strict=True):
                check_shape(layer, tensor)
        return [wanted] * len(layers)
    spreads = [_Spread(layer) for layer in layers]
    for tensors in outputs:
        for spread, tensor in zip(spreads, tensors, strict=True):
            spread.add(tensor)
    for spread in spreads:
        if why := spread.objection():
            log.warning("%s is stored as float32: %s", spread.layer.name, why)
    return ["float32" if spread.objection() else "float16" for spread in spreads]


class _Spread:
    """How far each channel of a layer spreads, and how much of that float16 would blur."""

    def __init__(self, layer: Layer) -> None:
        self.layer, self.largest, self.count = layer, 0.0, 0
        self.sums = torch.zeros(3, layer.shape[0], dtype=torch.float64)  # of values, of squares, of squared roundings

    def add(self, tensor: torch.Tensor) -> None:
        check_shape(self.layer, tensor)
        self.largest = max(self.largest, *(abs(float(end.nan_to_num(nan=math.inf))) for end in tensor.aminmax()))
        some = tensor.flatten(2)[:, :, :: math.ceil(math.prod(self.layer.shape[1:]) / POSITIONS)]
        values = some.transpose(0, 1).flatten(1).double().cpu()  # (D, n)
        rounding = values - values.half().double()
        self.sums += torch.stack([values.sum(1), values.square().sum(1), rounding.square().sum(1)])
        self.count += values.shape[1]

    def objection(self) -> str:
        if not self.largest < FLOAT16_SAFE:
            return f"its values reach {self.largest:,.0f}, near the largest of float16"
        mean, square, rounding = self.sums / self.count
        spread = (square - mean.square()).clamp(min=0).sqrt()
        # a channel that does not change spreads by what is left of rounding its sums
        moves = spread > 1e-6 * square.sqrt()
        blurred = moves & (rounding.sqrt() * FLOAT16_STEPS > spread)
        return f"the steps of float16 would show in {int(blurred.sum())} of its channels" if blurred.any() else ""


def tried(images: int) -> int:
    """How many images a dry run takes."""
    return min(images, DRY_RUN)


def check_shape(layer: Layer, tensor: torch.Tensor) -> None:
    if tensor.shape[1:] != layer.shape:
        found = " × ".join(map(str, tensor.shape[1:]))
        raise ModelError(
            f"layer {layer.name} is {found} for some images, {' × '.join(map(str, layer.shape))} for others; "
            "give all images one size with preprocess.size, or leave it out with layers.exclude"
        )


def table(spec: CacheSpec) -> str:
    """The plan as text: every layer with its shape, points and bytes, and the size of the whole file."""
    per_layer, total = plan_bytes(spec)
    images = len(spec.index)
    rows = [("layer", "operation", "channels × height × width", "points", "type", "bytes")]
    for layer, size in zip(spec.layers, per_layer, strict=True):
        shape = " × ".join(map(str, layer.shape))
        points = images * math.prod(layer.shape[1:])
        rows.append((layer.name, layer.op, shape, f"{points:,}", layer.dtype, f"{size:,}"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join([*map(str.ljust, row[:2], widths), *map(str.rjust, row[2:], widths[2:])]) for row in rows]
    counts = f"{count_of(images, 'image')}, {count_of(len(spec.layers), 'layer')}"
    return "\n".join([*lines, f"{counts}, {total:,} bytes ({readable(total)})"])


def smaller(spec: CacheSpec) -> str:
    """Ready-to-paste choices for a cache that is too large to be meant."""
    per_layer, total = plan_bytes(spec)
    few = max(1, int(len(spec.index) * LARGE / total / 2))
    every = sum(size / (16 if layer.shape[1] > 1 else 1) for layer, size in zip(spec.layers, per_layer, strict=True))
    joins = {layer.name: size for layer, size in zip(spec.layers, per_layer, strict=True) if layer.op in ("add", "cat")}
    choices = [
        (f"--limit {few}", total * few / len(spec.index), "a uniform sample of the images"),
        ("layers: {every: 4}", every, "each fourth position along y and x"),
        (f"layers: {{include: [{', '.join(map(repr, joins))}]}}", sum(joins.values()), "where branches meet"),
        ("layers: {include: ['*']}", total, "all of it"),
    ]
    lines = [f"  {choice}  # {readable(size)}: {what}" for choice, size, what in choices if size]
    return "\n".join(["That is large. Choose one of these:", *lines])


def readable(size: float) -> str:
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:,.3g} TB"
