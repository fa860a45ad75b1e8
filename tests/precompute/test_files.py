"""Every file that a config names, where there is none, or something that would be read for ever, or may not be read."""

import gzip
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from seeinin import config
from seeinin.errors import DataError
from seeinin.precompute import datasets, files

DIGITS = "dataset: {source: digits}"
NET = "import torch\n\ndef net():\n    return torch.nn.Conv2d(1, 2, 3)\n"
PROTOTXT = 'input: "x" layer {name: "r" type: "ReLU" bottom: "x" top: "y"}'
NAMED = {
    "target": ("model: {source: torch, target: 'NAMED.py:net'}", DIGITS),
    "weights": ("model: {source: torch, target: net.py:net, weights: NAMED}", DIGITS),
    "safetensors": ("model: {source: torch, target: net.py:net, weights: NAMED.safetensors}", DIGITS),
    "exported": ("model: {source: exported, network: NAMED.pt2}", DIGITS),
    "prototxt": ("model: {source: caffe, network: NAMED, weights: good}", DIGITS),
    "caffemodel": ("model: {source: caffe, network: net.prototxt, weights: NAMED}", DIGITS),
    "onnx": ("model: {source: onnx, network: NAMED}", DIGITS),
    "images": ("model: {source: torch, target: net.py:net}", "dataset: {source: idx, images: NAMED}"),
    "labels": ("model: {source: torch, target: net.py:net}", "dataset: {source: idx, images: good, labels: NAMED}"),
    "npz": ("model: {source: torch, target: net.py:net}", "dataset: {source: npz, path: NAMED}"),
    "csv": ("model: {source: torch, target: net.py:net}", "dataset: {source: csv, path: NAMED}"),
    "folder": ("model: {source: torch, target: net.py:net}", "dataset: {source: folder, path: NAMED}"),
    "dataset": ("model: {source: torch, target: net.py:net}", "dataset: {source: torch, target: 'NAMED.py:net'}"),
}
STATES = {
    "missing": (lambda _: None, "{} is missing; correct "),
    "nowhere": (lambda path: path.symlink_to("nowhere"), "{} is a link to nothing; correct "),
    "folder": (Path.mkdir, "{} is a folder, not a file; correct "),
    "device": (lambda path: path.symlink_to("/dev/zero"), "{} is a device, not a file; correct "),
    "pipe": (os.mkfifo, "{} is a pipe, not a file; correct "),
    "loop": (lambda path: path.symlink_to(path.name), "{} cannot be read: Too many levels of symbolic links; correct "),
    "empty": (Path.touch, "{} is empty; fetch it again"),
}
OF_A_FOLDER = {
    "folder": (Path.mkdir, "{} holds no images; "),
    "device": (STATES["device"][0], "{} is a device, not a folder; correct "),
    "pipe": (os.mkfifo, "{} is a pipe, not a folder; correct "),
    "empty": (Path.touch, "{} is a file, not a folder; correct "),
}
ALL = """
import json, os, sys
from seeinin.cli import main
for name in sorted(os.listdir(), key=int):
    os.chdir(name)
    print(f"case {name}", file=sys.stderr, flush=True)
    print(f"code {main(['precompute', 'c.yaml'])}", file=sys.stderr, flush=True)
    os.chdir("..")
"""


def made(folder, of, state):
    """A config in which one file is in this state; what shall be said of it."""
    (model, dataset), (make, words) = NAMED[of], (STATES | (OF_A_FOLDER if of == "folder" else {}))[state]
    folder.mkdir()
    (folder / "net.py").write_text(NET)
    (folder / "net.prototxt").write_text(PROTOTXT)
    (folder / "good").write_bytes(bytes([0, 0, 8, 3]) + np.array([2, 8, 8], ">u4").tobytes() + bytes(128))
    name = re.search(r"NAMED[.\w]*", model + dataset)[0]
    make(folder / name)
    (folder / "c.yaml").write_text(f"output: x.h5\n{model}\n{dataset}\n")
    return words.format(name)


def test_each_in_every_state_is_a_sentence(tmp_path):
    cases = [(of, state) for of in NAMED for state in STATES]
    wanted = [made(tmp_path / str(number), *case) for number, case in enumerate(cases)]
    found = subprocess.run([sys.executable, "-c", ALL], cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert found.returncode == 0, found.stderr[-2000:]
    answers = re.findall(r"case \d+\nseeinin: (.*)\ncode 2\n", found.stderr)
    assert len(answers) == len(cases), found.stderr
    for case, words, answer in zip(cases, wanted, answers, strict=True):
        assert answer.startswith(words), (case, answer)
        assert re.search(r"; (correct (model|dataset)\.\w+|correct the target|fetch it again|their names)", answer), (
            answer
        )


@pytest.mark.skipif(not hasattr(os, "seteuid") or os.geteuid() != 0, reason="only root may become nobody")
def test_not_permitted():
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        (file := Path(folder, "file")).write_text("x")
        (shut := Path(folder, "shut")).mkdir(mode=0o700)
        file.chmod(0)
        os.seteuid(65534)
        try:
            for path in (file, shut / "file"):
                with pytest.raises(
                    DataError, match=r"file may not be read: permission denied; allow it .*, or mend it"
                ):
                    files.content(path, "mend it", DataError)
            with pytest.raises(DataError, match="shut may not be read: permission denied"):
                datasets.load(config.Folder(source="folder", path=str(shut)))
        finally:
            os.seteuid(0)


def test_too_large_for_one_piece(tmp_path):
    with (path := tmp_path / "large.csv").open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(DataError, match=r"large.csv is larger than 2 GB \(1,000,000,000,000 bytes\)"):
        datasets.load(config.Csv(source="csv", path=str(path)))


def test_what_unpacks_to_more_than_the_memory(tmp_path, monkeypatch):
    np.savez_compressed(tmp_path / "x.npz", images=np.zeros((1000, 100, 100), np.uint8))
    head = bytes([0, 0, 8, 3]) + np.array([1000, 100, 100], ">u4").tobytes()
    (tmp_path / "x.gz").write_bytes(gzip.compress(head + bytes(10_000_000)))
    monkeypatch.setattr(os, "sysconf", {"SC_PHYS_PAGES": 1000, "SC_PAGE_SIZE": 4096}.get)
    for dataset in (
        config.Npz(source="npz", path=str(tmp_path / "x.npz")),
        config.Idx(source="idx", images=str(tmp_path / "x.gz")),
    ):
        with pytest.raises(
            DataError, match=r"x\.(npz|gz) unpacks to .*, more than the memory of .*; give its images as"
        ):
            datasets.load(dataset)
