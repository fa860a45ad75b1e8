"""Whole runs on small networks: what is in the cache, and that nothing is lost or left half-done."""

import json
import os
import re

import h5py
import numpy as np
import pytest
import torch
import yaml
from torch import nn
from torch.nn import functional as F

import seeinin
from seeinin.errors import CacheError, ConfigError, ModelError
from seeinin.precompute import job, pipeline
from seeinin.precompute.run import precompute
from seeinin.store import directory
from seeinin.store.files import Files
from seeinin.store.opening import open_file

IMAGES = 37


class Classifier(nn.Module):
    def __init__(self, classes=3):
        super().__init__()
        self.conv, self.head = nn.Conv2d(1, 4, 3), nn.Linear(4, classes)

    def forward(self, x):
        return self.head(F.relu_(self.conv(x)).mean((2, 3)))


@pytest.fixture
def network():
    torch.manual_seed(0)
    return Classifier().eval()


@pytest.fixture
def data():
    random = np.random.default_rng(0)
    return random.integers(0, 256, (IMAGES, 6, 7), np.uint8), random.integers(0, 3, IMAGES)


@pytest.fixture
def run(network, data, tmp_path):
    """Precompute the small network's cache, with options of the test's own."""

    def write(name="x.h5", of=network, dataset=data, **options):
        given = {"scale": 1 / 255, "batch_size": 8, "progress": False} | options
        return seeinin.precompute(of, dataset, tmp_path / name, **given)

    return write


def layers(file):
    return {file[f"layers/{key}"].attrs["name"]: file[f"layers/{key}"] for key in file["layers"]}


def test_the_cache_holds_what_the_network_computes(run, network, data):
    with h5py.File(run(dtype="float32")) as file, torch.inference_mode():
        index = file["images/index"][:]
        assert sorted(index) == list(range(IMAGES))
        np.testing.assert_array_equal(file["images/pixels"][..., 0], data[0][index])
        np.testing.assert_array_equal(file["images/label"], data[1][index])
        found = layers(file)
        assert list(found) == ["conv", "relu_", "mean", "head"]
        assert [found[name].attrs["op"] for name in found] == ["conv2d", "relu", "mean", "linear"]
        x = torch.from_numpy(data[0][index])[:, None].float() / 255
        conv = network.conv(x)
        mean = conv.relu().mean((2, 3))
        for name, expected in {"conv": conv, "relu_": conv.relu(), "mean": mean, "head": network.head(mean)}.items():
            maps = found[name]["maps"][:]
            np.testing.assert_allclose(maps.reshape(expected.shape), expected, rtol=1e-5, atol=1e-6)
            np.testing.assert_array_equal(found[name]["columns"], maps.swapaxes(0, 1).reshape(maps.shape[1], -1))
        np.testing.assert_array_equal(file["images/prediction"], found["head"]["maps"][:, :, 0, 0].argmax(1))
        np.testing.assert_array_equal(found["conv"]["rf_x"], [[i, i + 2] for i in range(5)])
        nodes = {node["name"]: node for node in json.loads(file["graph"][()])["nodes"]}
        assert nodes["mean"] == {"name": "mean", "op": "mean", "inputs": ["relu_"], "layer": 2}
        assert yaml.safe_load(file["config"][()])["batch_size"] == 8


def test_the_same_run_gives_the_same_bytes(run):
    first, second = run("a.h5"), run("b.h5")
    assert first.read_bytes() == second.read_bytes()
    assert run("c.h5", seed=1).read_bytes() != first.read_bytes()


def test_a_limit_takes_the_first_rows_of_the_whole_run(run):
    with h5py.File(run("all.h5")) as whole, h5py.File(run("few.h5", limit=10)) as few:
        np.testing.assert_array_equal(few["images/index"], whole["images/index"][:10])
        np.testing.assert_allclose(few["layers/000/maps"], whole["layers/000/maps"][:10], rtol=1e-3)


def test_no_prediction_where_outputs_are_not_classes(run):
    with h5py.File(run(of=Classifier(4).eval())) as file:
        assert "prediction" not in file["images"]


def test_the_network_is_left_as_it_was(run, network):
    network.train()
    network.conv.eval()
    run()
    assert network.training
    assert network.head.training
    assert not network.conv.training


def test_one_image(run, data):
    with h5py.File(run(dataset=(data[0][:1], data[1][:1]))) as file:
        assert file["images/pixels"].shape == (1, 6, 7, 1)


def test_an_existing_cache_is_kept_unless_told(run):
    path = run()
    before = path.read_bytes()
    with pytest.raises(CacheError, match="exists already"):
        run()
    assert path.read_bytes() == before
    assert run(overwrite=True, seed=1).read_bytes() != before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_stopped_run_goes_on_and_ends_in_the_same_bytes(run, monkeypatch, capsys):
    whole = run("whole.h5").read_bytes()
    monkeypatch.setattr(job, "UNIT_BYTES", 1)  # a unit is one batch
    seen = []

    def interrupted(prepared, rows, *rest, fill=pipeline._fill):
        if len(seen) == 3:
            raise KeyboardInterrupt
        seen.append(rows)
        fill(prepared, rows, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "_fill", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run()
    run_again = run("x.h5", progress=True)
    assert "resuming: 24 of 37 images kept" in capsys.readouterr().err
    with h5py.File(run_again) as mine, h5py.File(run_again.parent / "whole.h5") as its:
        np.testing.assert_array_equal(mine["layers/000/columns"], its["layers/000/columns"])
    assert run("whole2.h5").read_bytes() == run_again.read_bytes() != whole


@pytest.fixture
def seen(monkeypatch):
    """The rows that have been through the network since the run began to write."""
    rows = []

    def fill(prepared, unit, *rest, fill=pipeline._fill):
        rows.extend(unit)
        fill(prepared, unit, *rest)

    monkeypatch.setattr(pipeline, "_fill", fill)
    monkeypatch.setattr(job, "UNIT_BYTES", 1)  # a unit is one batch
    return rows


def places(path):
    return open_file(path, Files())[1].places


def flip(path, offset):
    with path.open("r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 16]))


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ("layers/000/maps", range(16, 24)),
        ("images/valid", range(16, 24)),
        ("layers/002/columns", ()),
        ("checksums/layers/003/maps", range(IMAGES)),
    ],
)
def test_a_damaged_cache_is_mended(run, seen, caplog, where, rows):
    path = run()
    whole = path.read_bytes()
    seen.clear()
    place = places(path)[where]
    flip(path, place.offset + (18 * place.stride if place.piece and not place.columnar else 0))
    assert run() == path
    assert (path.read_bytes(), seen) == (whole, list(rows))
    assert [other.name for other in path.parent.iterdir()] == [path.name]
    assert f"mending {path}: " in caplog.text


def test_a_cache_that_was_cut_short_is_completed(run, seen, caplog):
    path = run()
    whole, where = path.read_bytes(), places(path)["layers/000/columns"]
    seen.clear()
    os.truncate(path, where.offset + 1000)
    run()
    assert (path.read_bytes(), seen) == (whole, [])
    assert "37 of 37 images are whole" in caplog.text


def test_damaged_metadata_are_mended(run, seen):
    """Of HDF5, of the directory, and of both, where nothing says any more what the file is."""
    path = run()
    whole = path.read_bytes()
    seen.clear()
    with h5py.File(path) as file:
        hdf5 = int(file["checksums/metadata"][1, 0])
    for offsets in ([hdf5 + 5], [directory.OFFSET + 100], [places(path)["checksums/metadata"].offset + 9]):
        for offset in offsets:
            flip(path, offset)
        run()
        assert (path.read_bytes(), seen) == (whole, [])
    flip(path, hdf5 + 5)
    flip(path, directory.OFFSET + 100)
    broken = path.read_bytes()
    with pytest.raises(CacheError, match=r"exists already, and cannot be mended: .* is damaged"):
        run()
    assert path.read_bytes() == broken
    run(overwrite=True)
    assert path.read_bytes() == whole


@pytest.mark.parametrize(
    "added",
    [
        lambda file: file.create_dataset("images/extra/weather", data=np.arange(IMAGES)),
        lambda file: file.attrs.update(note="of Monday"),
    ],
    ids=["a dataset", "an attribute"],
)
def test_what_must_not_be_mended(run, added):
    path = run()
    flip(path, places(path)["layers/000/maps"].offset)
    before = path.read_bytes()
    with pytest.raises(CacheError, match="was made of other inputs"):
        run(of=Classifier().eval())
    assert path.read_bytes() == before
    with h5py.File(path, "r+") as file:
        added(file)
    before = path.read_bytes()
    with pytest.raises(CacheError, match="was changed by another program, and mending would undo that"):
        run()
    assert path.read_bytes() == before
    assert [other.name for other in path.parent.iterdir()] == [path.name]


def test_mending_that_was_stopped_goes_on(run, seen, monkeypatch):
    path = run()
    whole, place = path.read_bytes(), places(path)["layers/000/maps"]
    seen.clear()
    for row in (2, 18):
        flip(path, place.offset + row * place.stride)
    damaged = path.read_bytes()

    def interrupted(prepared, unit, *rest, fill=pipeline._fill):
        if seen:
            raise KeyboardInterrupt
        fill(prepared, unit, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "_fill", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run()
    assert path.read_bytes() == damaged
    run()
    assert (path.read_bytes(), seen) == (whole, [*range(8), *range(16, 24)])


def test_a_resume_with_anything_changed_is_refused_by_name(run, data, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "_fill", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            run()

    def refused(*names, **changes):
        with pytest.raises(CacheError, match=r"was begun with another .*\. Put that back as it was") as caught:
            run(**changes)
        words = str(caught.value)
        assert all(f"the {name}" in words for name in names), words

    refused("weights", of=Classifier().eval())
    refused("preprocessing", scale=1.0)
    refused("choice of layers", include=["conv", "head"])
    refused("storage", dtype="float32")
    refused("batch size", batch_size=4)
    refused("seed", seed=1)
    refused("number of images", limit=20)
    refused("images", dataset=(data[0] ^ 1, data[1]))
    refused("images", dataset=(data[0], 2 - data[1]))
    refused("images", classes=["cat", "dog", "emu"])
    for name, module, what, now in (
        ("torch", torch, "__version__", "9.9"),
        ("seeinin", job, "version", lambda _: "9.9"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(module, what, now)
            refused(f"version of {name}")
    assert {path.name for path in tmp_path.iterdir()} == {"x.h5.partial", "x.h5.journal"}
    run()


class Grows(nn.Module):
    """Overflows float16 for one image that no dry run sees."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 1, 1)
        nn.init.ones_(self.conv.weight)
        nn.init.zeros_(self.conv.bias)

    def forward(self, x):
        return (self.conv(x) / 100) ** 12


def test_a_value_that_float16_cannot_hold_stops_the_run(run, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 120, (300, 4, 4), np.uint8)
    index = np.random.default_rng(0).permutation(300)
    pixels[index[290], 2, 2] = 255
    with pytest.raises(ModelError, match=r"layer pow_1 reaches 75,\d\d\d, which float16 cannot hold"):
        run(of=Grows(), dataset=(pixels, None), scale=1.0)
    assert not (tmp_path / "x.h5").exists()
    with h5py.File(run(of=Grows(), dataset=(pixels, None), scale=1.0, dtype="float32", overwrite=True)) as file:
        assert layers(file)["pow_1"]["maps"].dtype == np.float32


def test_a_layer_whose_size_follows_the_image_is_named(run, tmp_path):
    """Where no dry run meets the image, by the run itself."""

    class Crops(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 2, 3)

        def forward(self, x):
            return self.conv(x[..., 1:] if x.max() > 254 else x)

    pixels = np.full((300, 6, 6), 9, np.uint8)
    pixels[np.random.default_rng(0).permutation(300)[290], 2, 2] = 255
    with pytest.raises(ModelError, match=r"layer conv is .*2 × 4 × 3 for some images, .* give all images one size"):
        run(of=Crops(), dataset=(pixels, None), scale=1.0)
    assert not (tmp_path / "x.h5").exists()


class Lengthens(nn.Module):
    """One row more for each image more."""

    def __init__(self):
        super().__init__()
        self.conv, self.relu = nn.Conv2d(1, 2, 3), nn.ReLU()

    def forward(self, x):
        return self.relu(self.conv(x)[:, :, : len(x)])


@pytest.mark.parametrize("dtype", ["auto", "float32"])
def test_a_size_that_varies_stops_the_run_before_it_begins(data, tmp_path, dtype):
    with pytest.raises(ModelError, match=r"layer relu is .* for some images"):
        precompute(Lengthens(), data, tmp_path / "x.h5", batch_size=4, dtype=dtype, progress=False)
    assert not list(tmp_path.iterdir())


def test_values_that_are_no_numbers_are_kept_and_counted(run, caplog):
    class Logarithm(nn.Module):
        def forward(self, x):
            return x.log()

    pixels = np.full((5, 4, 4), 9, np.uint8)
    pixels[2, 1] = 0
    with h5py.File(run(of=Logarithm(), dataset=(pixels, None))) as file:
        assert np.isneginf(layers(file)["log"]["maps"]).sum() == 4
    assert "log holds 4 values that are infinite or no numbers" in caplog.text


def test_types_follow_the_dry_run(run, caplog):
    class Offset(nn.Module):
        def forward(self, x):
            return x.mul(1.0), x.mul(1e-9), x + 1000, x * 1e6

    with h5py.File(run(of=Offset(), dataset=(np.arange(160, dtype=np.uint8).reshape(10, 4, 4), None))) as file:
        types = {name: str(layer["maps"].dtype) for name, layer in layers(file).items()}
    assert types == {"mul": "float16", "mul_1": "float32", "add": "float32", "mul_2": "float32"}
    assert "mul_2 is stored as float32: its values reach 6" in caplog.text
    assert "add is stored as float32: the steps of float16" in caplog.text


def test_the_plan_says_all_and_writes_nothing(run, tmp_path):
    text = run(plan=True)
    assert re.search(r"conv +conv2d +4 × 4 × 5 +740 +float16 +[\d,]+\n", text)
    assert re.search(r"37 images, 4 layers, [\d,]+ bytes", text)
    assert list(tmp_path.iterdir()) == []


def test_what_is_too_large_to_be_meant_stops_with_choices(run, monkeypatch):
    monkeypatch.setattr("seeinin.precompute.run.LARGE", 1000)
    monkeypatch.setattr("seeinin.precompute.plan.LARGE", 1000)
    with pytest.raises(ConfigError, match=r"layers: \{every: 4\}"):
        run()
    assert run(include=["*"]).exists()


def test_python_mistakes(run, network, data, tmp_path):
    with pytest.raises(TypeError, match="unexpected keyword argument 'skale'"):
        precompute(network, data, tmp_path / "x.h5", skale=1)
    with pytest.raises(TypeError, match="output is missing"):
        precompute(network, data)
    os.mkfifo(tmp_path / "pipe")
    for name, why in (
        (tmp_path, "it is a folder"),
        (tmp_path / "pipe", "it is a device or a pipe"),
        ("/dev/zero", "it is a device or a pipe"),
        ("x" * 250, "File name too long"),
        ("x\0", "null"),
        (__file__ + "/x", "Not a"),
    ):
        with pytest.raises(ConfigError, match=rf"output: .* cannot be the name of a cache \(.*{why}"):
            precompute(network, data, name)
    never = nn.Identity()
    never.forward = None  # it is not asked
    for name in ("/proc/x.h5", "/proc/no/folder/x.h5"):
        with pytest.raises(ConfigError, match=r"output: no file can be made in /proc .*another folder"):
            precompute(never, data, name)
    with pytest.raises(ModelError, match="is on torch's device meta"):
        precompute(nn.Conv2d(1, 2, 3, device="meta"), data, tmp_path / "x.h5")
    with pytest.raises(ConfigError, match="device: meta cannot be used"):
        precompute(network, data, tmp_path / "x.h5", device="meta")
    with pytest.raises(ConfigError, match="device: warp cannot be used"):
        run(device="warp")
