"""Small caches with known contents: every value follows from its layer, image and position."""

import json
import pickle
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

import numpy as np

from seeinin.store import derive
from seeinin.store import format as formats
from seeinin.store import writer as writers
from seeinin.store.format import CacheSpec, Field, LayerSpec
from seeinin.store.layout import lay_out
from seeinin.store.ranks import Rank
from seeinin.store.writer import Writer

LAYERS = (
    ("conv1", "conv2d", (3, 5, 4), "float16"),
    ("odd / name", "relu", (2, 7, 7), "float32"),
    ("fc", "linear", (9, 1, 1), "float16"),
)


def table(count):
    first = 2 * np.arange(count, dtype=np.int32)
    return np.stack([first, first + 4], axis=1)


def make_spec(rows=23, unit=4, layers=LAYERS, classes=3, pixel_shape=(9, 8, 1), predicts=True, seed=0, **changes):
    rng = np.random.default_rng(seed)
    specs = [
        LayerSpec(
            name, op, (d, h, w), dtype, table(h), table(w), table(h) + 1, table(w) + 1, Field((5, 5), (2, 2), (0, -1))
        )
        for name, op, (d, h, w), dtype in layers
    ]
    label = rng.integers(-1, classes, rows) if classes else np.full(rows, -1)
    spec = CacheSpec(
        layers=specs,
        pixel_shape=pixel_shape,
        index=rng.permutation(rows).astype(np.int64),
        label=label.astype(np.int32),
        names=[f"bild-ü{row}.png" for row in range(rows)],
        extra={"score": rng.random(rows), "site": np.array([f"ort {row % 3}" for row in range(rows)])},
        classes=tuple(f"class {k}" for k in range(classes)),
        predicts=predicts,
        config="output: x.h5\n",
        graph=json.dumps({"nodes": []}),
        fingerprint="f00d",
        unit=unit,
        identity={"config": "abc", "weights": "def"},
    )
    return replace(spec, **changes)


@dataclass
class Contents:
    """All images of a spec, as the network would have given them."""

    pixels: np.ndarray
    valid: np.ndarray
    prediction: np.ndarray
    maps: list

    def commit(self, writer, unit):
        rows = slice(writer.units[unit].start, writer.units[unit].stop)
        writer.commit(
            unit,
            pixels=self.pixels[rows],
            valid=self.valid[rows],
            maps=[layer[rows] for layer in self.maps],
            prediction=self.prediction[rows] if writer.spec.predicts else None,
        )

    def finish(self, writer):
        """What precompute does: commit what is missing, derive, seal."""
        for unit in sorted(set(range(len(writer.units))) - writer.committed):
            self.commit(writer, unit)
        writer.derive()
        return writer.seal()


def make_contents(spec, seed=1):
    rng = np.random.default_rng(seed)
    rows = len(spec.index)
    maps = [rng.normal(0, 2, (rows, *layer.shape)).clip(-1, None).astype(layer.dtype) for layer in spec.layers]
    maps[0][0, 0, 0, 0], maps[0][-1, 0, 0, 1 % maps[0].shape[3]] = np.nan, np.inf
    pixels = rng.integers(0, 256, (rows, *spec.pixel_shape), dtype=np.uint8)
    valid = rng.random(rows) < 0.9
    valid[0] = True
    return Contents(pixels, valid, rng.integers(0, 3, rows).astype(np.int32), maps)


def write_cache(path: Path, spec, **options):
    with Writer.open(path, spec, **options) as writer:
        return make_contents(spec).finish(writer)


@contextmanager
def open_ranks(path: Path, spec, count, run="a run", **options):
    """The writers of all ranks of a run, as if each were in a process of its own: they share nothing but the files."""
    with ExitStack() as stack:
        ranks = [Rank(number, count, run) for number in range(count)]
        yield [stack.enter_context(Writer.open(path, spec, rank=rank, **options)) for rank in ranks]


LAYOUTS = {}


@contextmanager
def laid_out_once():
    """The same spec is laid out once for all tests: HDF5 takes longer than all the rest of a tiny cache."""

    def remembered(spec):
        key = pickle.dumps(spec), formats.CHUNK, formats.CLASS_MEAN_VALUES
        if key not in LAYOUTS:
            LAYOUTS[key] = lay_out(spec)
        return LAYOUTS[key]

    with mock.patch.object(writers, "lay_out", remembered):
        yield


@contextmanager
def small_chunks():
    """Chunks, pieces and blocks so small that tiny caches have many of each, ragged ones included."""
    small = {"CHUNK": 1000, "PAGE": 64, "MAPS_PIECE": 300, "COLUMNS_PIECE": 512}
    with mock.patch.multiple(formats, **small), mock.patch.multiple(derive, BLOCK=1000, RUN=16, READ=512, TILE=3):
        yield


class Alone:
    """No threads: they would wait for each other far longer than a tiny cache takes."""

    def __init__(self, _):
        self.map = map

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def without_threads():
    return mock.patch.object(derive, "ThreadPoolExecutor", Alone)
