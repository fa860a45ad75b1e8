"""Precompute against what it cannot do without, and against the plain script that one would write instead.

- the bare forward pass over the same batches;
- writing as many bytes from a ready buffer, synced;
- on the same cores: forward, conversion to the stored type, CRC of both layouts, writing them, synced;
- a plain script of hooks and h5py that stores both layouts. Its `maps` must equal ours, row for row;
- what safety costs: both stages from maps that are ready, against the same without journal, CRCs and any sync but one.

The paper's network, a small residual one, and a larger one with random weights; what their modules give is stored. The
first turn warms the disk up: the first touch of fresh blocks costs more than the work. The notes have the seconds of
the processor, which are less disturbed by whatever else runs.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle
from pathlib import Path
from unittest import mock

import h5py
import numpy as np
import torch
from numpy.typing import NDArray

import seeinin
from benchmarks.inputs import ROOT, config
from benchmarks.networks import larger
from benchmarks.report import Row, alternate, main
from seeinin.config import load
from seeinin.precompute import datasets, job, model, preprocess
from seeinin.precompute.run import settings
from seeinin.store import derive, ledger, writer
from seeinin.store.checksums import checksum
from seeinin.store.files import Files
from seeinin.store.journal import Journal
from seeinin.store.writer import Writer

BUFFER = np.random.default_rng(0).bytes(8 << 20)
CPU = torch.device("cpu")


@dataclass
class Work:
    """One network over one set of images, its leaf modules being its layers; `options` are those of precompute."""

    name: str
    network: torch.nn.Module
    images: datasets.Images
    options: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.outputs: dict[str, torch.Tensor] = {}
        self.layers = [name for name, module in self.network.named_modules() if not list(module.children())]
        self.layers = [
            name for name in self.layers if not isinstance(self.network.get_submodule(name), torch.nn.Flatten)
        ]
        self.settings = settings("unused", include=self.layers, **self.options)
        self.batch_size = self.settings.batch_size
        self.prepare = preprocess.fit(self.settings.preprocess, self.network, self.images.pixels.shape[3], CPU)

    def precompute(self, output: Path) -> Path:
        pair, classes = (self.images.pixels, self.images.label), self.images.classes
        given = {"classes": classes, "include": self.layers, "overwrite": True, "progress": False, **self.options}
        return seeinin.precompute(self.network, pair, output, **given)

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


def works() -> Iterator[Work]:
    paths = [config(), ROOT / "configs" / "cifar10.yaml"] if os.environ.get("SEEININ_DATA") else [config()]
    for path in paths:
        chosen = load(path)
        steps = {key: getattr(chosen.preprocess, key) for key in ("scale", "mean", "std")}
        options = {"batch_size": chosen.batch_size, **steps}
        yield Work(path.stem, model.load(chosen.model), datasets.load(chosen.dataset), options)
    pixels = np.random.default_rng(0).integers(0, 256, (320, 96, 96, 3), np.uint8)
    images = datasets.Images(pixels, np.arange(320, dtype=np.int32) % 10, tuple("0123456789"))
    # noise is alike on average: float32 would be chosen for that, and the plain script knows float16 alone
    yield Work("larger", larger(), images, {"batch_size": 32, "scale": 1 / 255, "dtype": "float16"})


def bare(work: Work) -> None:
    for _ in work.forward():
        pass


def write(path: Path, size: int) -> None:
    with path.open("wb", buffering=0) as file:
        for start in range(0, size, len(BUFFER)):
            file.write(BUFFER[: size - start])
        os.fdatasync(file.fileno())


def forward_and_write(work: Work, path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        for _, _, maps in work.maps():
            for layout in (maps, np.ascontiguousarray(maps.swapaxes(0, 1))):
                checksum(layout)
                file.write(layout.data)
        os.fdatasync(file.fileno())


def plain_script(work: Work, path: Path) -> None:
    with h5py.File(path, "w") as file:
        for start, name, maps in work.maps():
            n, channels, *place = maps.shape
            points = int(np.prod(place))
            if name not in file:
                file.create_dataset(f"{name}/maps", (len(work.images), *maps.shape[1:]), np.float16)
                file.create_dataset(f"{name}/columns", (channels, len(work.images) * points), np.float16)
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


class TwoStages:
    """A cache that is written from maps in memory."""

    def __init__(self, work: Work, stored: Path) -> None:
        self.spec = job.prepare(work.settings, work.network, work.images, None, CPU).spec
        with seeinin.open(stored) as cache:
            everything = slice(0, cache.images)
            self.pixels, self.prediction = cache.pixels(everything), cache.prediction
            self.maps = [layer.maps(everything) for layer in cache.layers]

    def write(self, path: Path, safe: bool) -> None:
        """With all that protects it, or with none of that but one sync at the end."""
        with nullcontext() if safe else careless(), Writer.open(path, self.spec, overwrite=True) as cache:
            for unit in cache.todo:
                rows = slice(cache.units[unit].start, cache.units[unit].stop)
                prediction = None if self.prediction is None else self.prediction[rows]
                pixels, maps = self.pixels[rows], [layer[rows] for layer in self.maps]
                cache.commit(unit, pixels=pixels, valid=np.ones(len(pixels), bool), maps=maps, prediction=prediction)
            cache.derive()
            cache.seal()
        with path.open("rb") as file:
            os.fdatasync(file.fileno())


def careless() -> ExitStack:
    """Without journal, CRCs and syncs."""

    def nothing(array: NDArray[np.generic], piece: int) -> NDArray[np.uint32]:
        return np.zeros(-(-len(array) // piece), np.uint32)

    stack = ExitStack()
    for module in (writer, derive):
        stack.enter_context(mock.patch.object(module, "piece_checksums", nothing))
    for module in (writer, derive, ledger):
        stack.enter_context(mock.patch.object(module, "checksum", return_value=0))
    stack.enter_context(mock.patch.object(Journal, "append"))
    stack.enter_context(mock.patch.object(Files, "datasync"))
    return stack


class Processor:
    """An action that notes how many seconds of the processor each of its turns took."""

    def __init__(self, action: Callable[[], object]) -> None:
        self.action, self.seconds = action, list[float]()

    def __call__(self) -> None:
        start = time.process_time()
        self.action()
        self.seconds.append(time.process_time() - start)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds[1:])


def compared(work: Work, folder: Path) -> list[Row]:
    files = [folder / name for name in ("ours.h5", "nothing", "bytes", "forward", "script.h5")]
    size = work.precompute(files[0]).stat().st_size
    names = ("bare forward pass", "writing the bytes, synced", "forward + conversion + CRC + write", "plain script")
    peers = (
        partial(bare, work),
        partial(write, files[2], size),
        partial(forward_and_write, work, files[3]),
        partial(plain_script, work, files[4]),
    )
    timed = [Processor(action) for action in (partial(work.precompute, files[0]), *peers)]
    ours, *theirs = alternate(*timed, rounds=3, before=removing(files))
    assert_same(files[0], files[4])
    case = f"{work.name}, {len(work.images):,} images, {size / 1e6:,.0f} MB"
    notes = [f"processor: {timed[0].median:.2f} and {each.median:.2f} s" for each in timed[1:5]]
    rows = [
        Row("precompute", case, ours, "s", peer, other, None if peer != names[3] else 0.5, note)
        for peer, other, note in zip(names, theirs, notes, strict=True)
    ]
    floor = max(theirs[:3])
    note = f"the {names[theirs.index(floor)]}; {ours / theirs[0]:.2f} × the {names[0]}"
    rows.append(Row("precompute", case, ours, "s", "the largest of the first three", floor, 1.15, note))
    return [*rows, safety(work, folder, case)]


def removing(files: list[Path]) -> Callable[[], None]:
    """What is called before each action in turn: its file is a new one, as that of most runs."""
    turns = cycle(files)
    return lambda: next(turns).unlink(missing_ok=True)


def safety(work: Work, folder: Path, case: str) -> Row:
    """By themselves: whose turn comes after something else that writes pays for the memory that it left behind."""
    stages = TwoStages(work, folder / "ours.h5")
    file = folder / "stages.h5"
    timed = [Processor(partial(stages.write, file, safe)) for safe in (True, False)]
    safe, careless = alternate(*timed, rounds=7, before=removing([file]))
    note = f"both stages from maps in memory; processor: {timed[0].median:.2f} and {timed[1].median:.2f} s"
    return Row("precompute", case, safe, "s", "without journal, CRC and syncs", careless, 1.05, note)


def measure() -> list[Row]:
    rows = []
    for work in works():
        with tempfile.TemporaryDirectory(dir=ROOT / "cache") as name:
            rows += compared(work, Path(name))
    return rows


if __name__ == "__main__":
    main(measure, __doc__)
