"""Whole runs on image files: what the cache says of those that cannot be read, and of further columns."""

import os
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

import seeinin
from seeinin import config
from seeinin.errors import CacheError, DataError
from seeinin.precompute import job, pipeline

COUNT = 40
BAD = {3, 17}

NETWORK = """\
import torch

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(1, 4, 3)
        self.fc = torch.nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(self.conv(x).mean((2, 3)))

def net():
    torch.manual_seed(0)
    return Net()
"""


@pytest.fixture
def write(tmp_path):
    """A config on a table of images, two of which are none; run it."""
    (tmp_path / "net.py").write_text(NETWORK)
    lines = ["path,label,age"]
    for i in range(COUNT):
        name = f"{i:02}.pgm"
        content = b"P5 6 5 255\n" + np.full(30, i, np.uint8).tobytes()
        (tmp_path / name).write_bytes(content[:-9] if i in BAD else content)
        lines.append(f"{name},{'odd' if i % 2 else 'even'},{i / 2}")
    (tmp_path / "table.csv").write_text("\n".join(lines))

    def run(dataset="max_bad: 0.05", more="", progress=False, **options):
        (tmp_path / "c.yaml").write_text(
            f"output: {tmp_path / 'x.h5'}\nmodel: {{target: net.py:net}}\nbatch_size: 8\n{more}\n"
            f"dataset: {{source: csv, path: table.csv, workers: 0, {dataset}}}\n"
        )
        return seeinin.precompute(config.load(tmp_path / "c.yaml"), progress=progress, **options)

    return run


def test_rows_that_cannot_be_read_are_marked(write, caplog):
    with h5py.File(write(more="storage: {dtype: float32}")) as file:
        images = {name: item[:] for name, item in file["images"].items() if isinstance(item, h5py.Dataset)}
        index, valid = images["index"], images["valid"]
        assert set(index[~valid]) == BAD
        np.testing.assert_array_equal(images["pixels"][..., 0].max((1, 2)), np.where(valid, index, 0))
        np.testing.assert_array_equal(images["label"], index % 2)
        assert images["name"].tolist() == [f"{i:02}.pgm".encode() for i in index]
        np.testing.assert_array_equal(file["images/extra/age"], index / 2)
        assert (images["prediction"][~valid] == -1).all()
        assert (images["prediction"][valid] >= 0).all()
        maps = file["layers/000/maps"][:]
        np.testing.assert_allclose(file["layers/000/mean"], maps[valid].mean((0, 2, 3)), rtol=1e-5)
    assert "2 of 40 images cannot be read (" in caplog.messages[-1]
    assert "; their rows are marked invalid" in caplog.messages[-1]
    assert "truncated" in caplog.messages[-1]


def test_too_many_stop_the_run(write):
    with pytest.raises(DataError, match=r"table\.csv: [12] of 40 images cannot be read .* dataset\.max_bad allows"):
        write(dataset="max_bad: 0.01")


def test_a_stopped_run_goes_on_with_more_patience(write, monkeypatch, caplog, capsys):
    monkeypatch.setattr(job, "UNIT_BYTES", 1)
    fill = pipeline._fill

    def interrupted(prepared, rows, *rest):
        if rows.start == 32:
            raise KeyboardInterrupt
        fill(prepared, rows, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "_fill", interrupted)
        with pytest.raises(KeyboardInterrupt):
            write()
    caplog.clear()
    with h5py.File(write(dataset="max_bad: 0.1, timeout: 60", progress=True)) as file:
        assert set(file["images/index"][~file["images/valid"][:]]) == BAD
    assert "resuming: 32 of 40 images kept" in capsys.readouterr().err
    assert "2 of 40 images cannot be read (" in caplog.messages[-1]
    assert "could not be read then" not in caplog.messages[-1]


def test_files_that_change_between_runs_are_refused(write, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "_fill", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            write()
    os.utime(tmp_path / "05.pgm", ns=(0, 0))
    with pytest.raises(CacheError, match="the images"):
        write()


def test_a_size_is_that_of_the_cache_and_of_the_network(write):
    with h5py.File(write(more="preprocess: {size: [4, 3]}")) as file:
        assert file["images/pixels"].shape == (COUNT, 4, 3, 1)
        assert file["layers/000"].attrs["shape"].tolist() == [4, 2, 1]


def test_the_plan_reads_the_files(write, tmp_path):
    assert "40 images" in write(plan=True)
    assert not (tmp_path / "x.h5").exists()


CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.mark.skipif("SEEININ_DATA" not in os.environ, reason="SEEININ_DATA names no folder of real data")
def test_cifar10_as_configured(tmp_path):
    """The committed weights name 62.3 % of the images rightly, and torch itself agrees with the cache."""
    chosen = config.load(CONFIGS / "cifar10.yaml")
    path = seeinin.precompute(chosen, output=tmp_path / "x.h5", progress=False)
    with h5py.File(path) as file, np.load(chosen.dataset.path) as archive, torch.inference_mode():
        index, label = file["images/index"][:], file["images/label"][:]
        np.testing.assert_array_equal(file["images/pixels"], archive["images"][index])
        np.testing.assert_array_equal(label, archive["labels"][index])
        assert [name.decode() for name in file["classes/name"]] == archive["classes"].tolist()
        assert (file["images/prediction"] == label).mean() == pytest.approx(0.623, abs=0.004)
        names = [file[f"layers/{key}"].attrs["name"] for key in file["layers"]]
        assert sum(file[f"layers/{key}"].attrs["op"] == "add" for key in file["layers"]) == 3
        assert names[-1] == "fc"
