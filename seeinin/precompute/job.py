"""Everything that a run needs, settled before it begins: the layers, the rows, the types, the fingerprint."""

from __future__ import annotations

import hashlib
import json
import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from seeinin.config import Settings
from seeinin.errors import ModelError, SettingError
from seeinin.geometry import fields
from seeinin.precompute import exported, preprocess, weights
from seeinin.precompute.capture import capture
from seeinin.precompute.datasets import Images, Rows, Unread
from seeinin.precompute.halving import Batch
from seeinin.precompute.layers import Chosen, Layer, Node
from seeinin.precompute.plan import storage_types, tried
from seeinin.precompute.preprocess import Preprocess
from seeinin.store.files import gigabytes
from seeinin.store.format import CacheSpec, LayerSpec
from seeinin.store.settled import Settled

log = logging.getLogger(__name__)

BATCH_BYTES = 1e9  # of the layers of as many images as are run together, as the network gives them
UNIT_BYTES = 16e6  # of maps that are committed together: what a processor's cache holds, and little to lose


@dataclass(frozen=True)
class Job:
    """A network that returns its chosen layers, the images it gets, and the cache that they become."""

    chosen: Chosen
    images: Rows
    preprocess: Preprocess
    batch_size: int
    spec: CacheSpec

    @property
    def image_bytes(self) -> int:
        """Bytes of the maps of one image."""
        return _bytes(self.spec.layers)


def prepare(
    settings: Settings,
    network: nn.Module,
    dataset: Images | Unread,
    limit: int | None,
    device: torch.device,
    settled: Settled | None = None,
) -> Job:
    """Trace the network, choose its layers and their types by a dry run, and describe the cache.

    No image runs through the network for types that were `settled` by an earlier run on the same inputs.
    """
    if any(tensor.is_meta for tensor in network.state_dict().values()):
        raise ModelError("the network is on torch's device meta, where nothing has values; make it on another")
    network = network.to(device).eval()
    index = np.random.default_rng(settings.seed).permutation(len(dataset))[:limit]
    images = dataset.choose(index, settings.preprocess.size)
    steps = preprocess.fit(settings.preprocess, network, images.shape[2], device)
    noise = np.random.default_rng(0).integers(0, 256, (_count(network, settings.batch_size), *images.shape), np.uint8)
    found = capture(network, steps(noise), settings.layers)
    chosen = found.chosen(settings.layers.include, settings.layers.exclude, settings.layers.every)
    batch = Batch(_batch(settings.batch_size, network, chosen))
    identity = _identity(settings, network, images, device, chosen) | {"the batch size": str(batch.size)}
    fingerprint = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
    if settled and settled.fingerprint == fingerprint:
        types = [settled.types[layer.name] for layer in chosen.layers]
    else:
        types = storage_types(chosen.layers, _dry_run(chosen, steps, images, batch), settings.storage.dtype)
    layers = tuple(_spec(layer, dtype) for layer, dtype in zip(chosen.layers, types, strict=True))
    last = chosen.layers[-1]
    whole_network = last.name == found.layers[-1].name
    spec = CacheSpec(
        layers=layers,
        pixel_shape=images.shape,
        index=index.astype(np.int64),
        label=images.label,
        names=images.names,
        extra=images.extra,
        classes=images.classes,
        predicts=whole_network and last.shape == (len(images.classes), 1, 1) and len(images.classes) > 1,
        config=settings.to_yaml(),
        graph=_graph(chosen),
        fingerprint=fingerprint,
        identity=identity,
        unit=_unit(_bytes(layers) + math.prod(images.shape), int(identity["the batch size"]), len(index)),
    )
    return Job(chosen, images, steps, batch.size, spec)


def _count(network: nn.Module, batch_size: int) -> int:
    """How many images to find the layers with: two, or as many as the network was exported for."""
    batch = (exported.takes(network) or (None,))[0]
    if batch not in (None, batch_size):
        raise ModelError(
            f"the network was exported for batches of {batch}, not {batch_size}: set batch_size: {batch}, "
            "or export it with dynamic_shapes"
        )
    return batch or 2


def _batch(wanted: int, network: nn.Module, chosen: Chosen) -> int:
    """As many images at once as the config says, or half of them and so on, until their layers fit the budget."""
    image_bytes, size = 4 * sum(math.prod(layer.shape) for layer in chosen.layers), wanted
    while size > 1 and size * image_bytes > BATCH_BYTES and (exported.takes(network) or (None,))[0] is None:
        size //= 2
    if size < wanted:
        log.warning(
            "%d images at once instead of %d, whose layers would take %s", size, wanted, gigabytes(wanted * image_bytes)
        )
    return size


def _dry_run(chosen: Chosen, steps: Preprocess, images: Rows, batch: Batch) -> Iterator[list[torch.Tensor]]:
    """What the network makes of the first images that can be read."""

    @torch.inference_mode()
    def run(pixels: NDArray[np.uint8]) -> list[torch.Tensor]:
        return chosen.run(steps(pixels))

    rows = range(tried(len(images)))
    for read in images.read([rows[start : start + batch.size] for start in rows[:: batch.size]]):
        yield from batch.outputs(run, read.pixels[read.valid])


def device(name: str, local: int = 0) -> torch.device:
    """`auto` is an accelerator where torch can use any, else the CPU. Where several processes of a machine have one
    each, `local` is the number of this one.
    """
    try:
        chosen = torch.accelerator.current_accelerator(check_available=True) if name == "auto" else torch.device(name)
        if chosen is None:
            return torch.device("cpu")
        if local and chosen.index is None and chosen.type != "cpu":
            chosen = torch.device(chosen.type, local)
        torch.zeros(1, device=chosen).item()  # that of "meta" has no values
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0]
        raise SettingError(f"device: {name} cannot be used ({reason}); choose cpu or auto") from None
    return chosen


def _spec(layer: Layer, dtype: str) -> LayerSpec:
    y, x = layer.y, layer.x
    return LayerSpec(
        name=layer.name,
        op=layer.op,
        shape=layer.shape,
        dtype=dtype,
        rf_y=fields.stored(y.rf),
        rf_x=fields.stored(x.rf),
        home_y=y.home,
        home_x=x.home,
        field=fields.Field((y.size, x.size), (y.stride, x.stride), (y.first, x.first)),
    )


def _unit(image_bytes: int, batch_size: int, images: int) -> int:
    """Images that are committed together: whole batches, of UNIT_BYTES or so."""
    batches = max(1, round(UNIT_BYTES / (image_bytes * batch_size)))
    return min(batches, -(-images // batch_size)) * batch_size


def _bytes(layers: Sequence[LayerSpec]) -> int:
    return sum(math.prod(layer.shape) * np.dtype(layer.dtype).itemsize for layer in layers)


def _identity(
    settings: Settings,
    network: nn.Module,
    images: Rows,
    device: torch.device,
    chosen: Chosen,
) -> dict[str, str]:
    """All that the activations depend on, by a name that a person understands when it has changed."""
    graph = hashlib.sha256(_graph(chosen).encode()).hexdigest()
    return {
        "the preprocessing": settings.preprocess.model_dump_json(),
        "the choice of layers": settings.layers.model_dump_json(),
        "the storage": settings.storage.model_dump_json(),
        "the seed": str(settings.seed),
        "the number of images": str(len(images)),
        "the images": images.identity,
        "the weights": weights.fingerprint(network),
        "the network": graph,
        "the device": device.type,
        "the version of torch": torch.__version__,
        "the version of seeinin": version("seeinin"),
    }


def _graph(chosen: Chosen) -> str:
    """The graph as the cache keeps it: layers by their number."""
    numbers = {layer.name: number for number, layer in enumerate(chosen.layers)}

    def entry(node: Node) -> dict[str, object]:
        number = numbers.get(node.layer) if node.layer is not None else None
        return {"name": node.name, "op": node.op, "inputs": list(node.inputs), "layer": number}

    return json.dumps({"nodes": [entry(node) for node in chosen.nodes]})
