"""Precompute against what it cannot do without, and against the plain script that one would write instead.

- the bare forward pass over the same batches;
- writing as many bytes from a ready buffer, synced;
- on the same cores: forward, conversion to the stored type, CRC of both layouts, writing them, synced;
- a plain script of hooks and h5py that stores both layouts. Its `maps` must equal ours, row for row.

The first turn warms the disk up: the first touch of fresh blocks costs more than the work.
"""

import os
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import h5py
import numpy as np
import torch
from numpy.typing import NDArray

import seeinin
from benchmarks.inputs import config
from benchmarks.report import Row, alternate, main
from seeinin.config import load
from seeinin.precompute import datasets, model, preprocess

BUFFER = np.random.default_rng(0).bytes(8 << 20)


@dataclass
class Work:
    """One network over one set of images, its leaf modules being its layers."""

    network: torch.nn.Module
    images: datasets.Images
    prepare: Callable[[NDArray[np.uint8]], torch.Tensor]
    batch_size: int

    def __post_init__(self) -> None:
        self.outputs: dict[str, torch.Tensor] = {}
        self.layers = [name for name, module in self.network.named_modules() if not list(module.children())]

    def hook(self) -> list[torch.utils.hooks.RemovableHandle]:
        def keep(name: str, module: torch.nn.Module, inputs: object, output: torch.Tensor) -> None:
            self.outputs[name] = output

        return [self.network.get_submodule(name).register_forward_hook(partial(keep, name)) for name in self.layers]

    @torch.inference_mode()
    def forward(self) -> Iterator[int]:
        """Run the network batch by batch; yields the first row of each."""
        for start in range(0, len(self.images), self.batch_size):
            self.network(self.prepare(self.images.pixels[start : start + self.batch_size]))
            yield start

    def maps(self) -> Iterator[tuple[int, str, NDArray[np.float16]]]:
        """Start, layer and float16 (n, D, H, W) of each layer of each batch, by hooks."""
        handles = self.hook()
        for start in self.forward():
            for name in self.layers:
                yield start, name, np.ascontiguousarray(np.atleast_3d(self.outputs[name].half().numpy()))
        for handle in handles:
            handle.remove()


def work() -> Work:
    settings = load(config())
    network, images = model.load(settings.model), datasets.load(settings.dataset)
    steps = preprocess.fit(settings.preprocess, network, images.pixels.shape[3], torch.device("cpu"))
    return Work(network, images, steps, settings.batch_size)


def bare(job: Work) -> None:
    for _ in job.forward():
        pass


def write(path: Path, size: int) -> None:
    with path.open("wb", buffering=0) as file:
        for start in range(0, size, len(BUFFER)):
            file.write(BUFFER[: size - start])
        os.fdatasync(file.fileno())


def forward_and_write(job: Work, path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        for _, _, maps in job.maps():
            for layout in (maps, np.ascontiguousarray(maps.swapaxes(0, 1))):
                zlib.crc32(layout)
                file.write(layout.data)
        os.fdatasync(file.fileno())


def plain_script(job: Work, path: Path) -> None:
    with h5py.File(path, "w") as file:
        for start, name, maps in job.maps():
            n, channels, *place = maps.shape
            points = int(np.prod(place))
            if name not in file:
                file.create_dataset(f"{name}/maps", (len(job.images), *maps.shape[1:]), np.float16)
                file.create_dataset(f"{name}/columns", (channels, len(job.images) * points), np.float16)
            file[name]["maps"][start : start + n] = maps
            columns = maps.reshape(n, channels, points).swapaxes(0, 1).reshape(channels, n * points)
            file[name]["columns"][:, start * points : (start + n) * points] = columns
        file.flush()
        os.fsync(file.id.get_vfd_handle())


def assert_same(ours: Path, theirs: Path) -> None:
    with seeinin.open(ours) as cache, h5py.File(theirs) as script:
        rows = np.argsort(cache.index)
        for layer in cache.layers:
            maps = layer.maps(slice(0, cache.images))[rows]
            assert maps.dtype == np.float16, f"{layer.name} is not comparable: {maps.dtype}"
            expected = script[layer.name]["maps"][:].reshape(maps.shape)
            np.testing.assert_allclose(maps, expected, rtol=2e-3, atol=2e-3 * np.abs(expected).max())


def measure() -> list[Row]:
    job = work()
    with tempfile.TemporaryDirectory(dir=Path(__file__).parent.parent / "cache") as name:
        folder = Path(name)
        ours = partial(seeinin.precompute, load(config()), output=folder / "ours.h5", overwrite=True, progress=False)
        size = ours().stat().st_size
        peers = {
            "the bare forward pass": partial(bare, job),
            "writing the same bytes, synced": partial(write, folder / "bytes", size),
            "forward + conversion + CRC + write": partial(forward_and_write, job, folder / "forward"),
            "a plain script, hooks and h5py": partial(plain_script, job, folder / "script.h5"),
        }
        seconds, *others = alternate(ours, *peers.values(), rounds=3)
        assert_same(folder / "ours.h5", folder / "script.h5")
    case = f"{config().stem}, {len(job.images):,} images, {size / 1e6:,.0f} MB"
    rows = [Row("precompute", case, seconds, "s", peer, other) for peer, other in zip(peers, others, strict=True)]
    rows[-1] = Row("precompute", case, seconds, "s", rows[-1].peer, others[-1], promise=0.5)
    return [
        *rows,
        Row("precompute", case, seconds, "s", "the largest of the first three", max(others[:3]), promise=1.15),
    ]


if __name__ == "__main__":
    main(measure, __doc__)
