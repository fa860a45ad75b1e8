"""Precompute by torchrun: real processes, one of which is killed."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import seeinin
from seeinin import config
from seeinin.errors import CacheError
from seeinin.precompute import datasets, job, model, ranks
from seeinin.precompute.ranks import Watch
from seeinin.store import journal
from seeinin.store.ranks import Rank
from seeinin.store.writer import Writer

IMAGES = 100

NETWORK = """\
import torch

def net():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(80, 3))
"""

# Units of one batch; in the first attempt rank 1 is killed in its third.
SCRIPT = """\
import os, signal, sys
from seeinin import cli
from seeinin.precompute import job, pipeline

job.UNIT_BYTES = 1
fill, filled = pipeline._fill, []

def killed(*arguments):
    filled.append(arguments)
    if len(filled) == 3 and os.environ["RANK"] == "1" and os.environ["TORCHELASTIC_RESTART_COUNT"] == "0":
        os.kill(os.getpid(), signal.SIGKILL)
    fill(*arguments)

pipeline._fill = killed
sys.exit(cli.main())
"""


@pytest.fixture
def folder(tmp_path):
    random = np.random.default_rng(0)
    np.savez(
        tmp_path / "data.npz",
        images=random.integers(0, 256, (IMAGES, 6, 7), np.uint8),
        labels=random.integers(0, 3, IMAGES),
    )
    (tmp_path / "net.py").write_text(NETWORK)
    (tmp_path / "run.py").write_text(SCRIPT)
    (tmp_path / "c.yaml").write_text(
        "output: two.h5\nmodel: {target: net.py:net}\nbatch_size: 8\ndataset: {source: npz, path: data.npz}\n"
    )
    return tmp_path


# In the first attempt rank 1 is killed when all is done; in the second, others inputs are given where it is told so.
LATE = """\
import os, pathlib, signal, sys, time
from seeinin import cli

if "else" in sys.argv[1:] and os.environ["TORCHELASTIC_RESTART_COUNT"] == "1":
    other = pathlib.Path("net.py").with_suffix(f".{os.getpid()}")  # at once, since the other rank may be reading it
    other.write_text(pathlib.Path("net.py").read_text().replace("seed(0)", "seed(1)"))
    other.replace("net.py")
code = cli.main([argument for argument in sys.argv[1:] if argument != "else"])
if os.environ["RANK"] == "1" and os.environ["TORCHELASTIC_RESTART_COUNT"] == "0":
    while not os.path.exists("two.h5") or os.path.exists("two.h5.partial"):
        time.sleep(0.05)
    os.kill(os.getpid(), signal.SIGKILL)
sys.exit(code)
"""


TORCHRUN = ["--standalone", "--nproc-per-node=2", "--max-restarts=1", "--monitor-interval=0.1"]


def test_two_ranks_one_of_which_is_killed_and_started_again(folder, monkeypatch):
    command = [Path(sys.executable).with_name("torchrun"), *TORCHRUN, "run.py", "precompute", folder / "c.yaml"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    told = r"rank 1 \(process \d+ on .*\) has ended before its work was done; the last .* images (8 to 15|24 to 31)\."
    assert re.search(told, done.stderr)
    kept = int(re.search(r"resuming: (\d+) of 100 images kept", done.stderr)[1])
    assert kept >= 52 + 8  # all that was rank 0's, and at least one unit of rank 1's
    assert done.stdout.splitlines() == ["two.h5"]
    assert not list(folder.glob("two.h5.*"))
    monkeypatch.setattr(job, "UNIT_BYTES", 1)
    alone = seeinin.precompute(config.load(folder / "c.yaml"), output=folder / "alone.h5", progress=False)
    assert (folder / "two.h5").read_bytes() == alone.read_bytes()


@pytest.mark.parametrize("more", [[], ["--overwrite"], ["else"]])
def test_a_rank_that_is_killed_when_all_is_done(folder, more):
    """The ranks that torchrun starts again find the work done; a cache of other inputs is not theirs."""
    (folder / "late.py").write_text(LATE)
    if "--overwrite" in more:
        (folder / "two.h5").write_bytes(b"something else")
    command = [Path(sys.executable).with_name("torchrun"), *TORCHRUN, "late.py", "precompute", folder / "c.yaml", *more]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    if "else" in more:
        assert done.returncode != 0
        assert "two.h5 exists already, and is whole" in done.stderr
        return
    assert done.returncode == 0, done.stderr
    assert "two.h5 was finished before the restart" in done.stderr
    assert done.stdout.splitlines() == ["two.h5", "two.h5"]
    alone = seeinin.precompute(config.load(folder / "c.yaml"), output=folder / "alone.h5", progress=False)
    assert (folder / "two.h5").read_bytes() == alone.read_bytes()


@pytest.fixture
def writers(folder, monkeypatch):
    """Those of two ranks, as if each were in a process of its own."""
    monkeypatch.setattr(job, "UNIT_BYTES", 1)
    chosen = config.load(folder / "c.yaml")
    network, images = model.load(chosen.model), datasets.load(chosen.dataset)
    spec = job.prepare(chosen, network, images, None, job.device("cpu")).spec
    with (
        Writer.open(folder / "x.h5", spec, rank=Rank(0, 2, "run")) as first,
        Writer.open(folder / "x.h5", spec, rank=Rank(1, 2, "run")) as second,
    ):
        yield first, second


def waiting(writer, until, reported=None):
    with Watch(writer, Rank(0, 2, "run"), lambda: None, (reported or []).append) as watch:
        watch.wait(until)


def test_a_rank_that_hangs_is_reported(writers, monkeypatch, caplog):
    monkeypatch.setattr(ranks, "PATIENCE", 0.2)
    deadline = time.monotonic() + 10
    waiting(writers[0], lambda: "no sign of life" in caplog.text or time.monotonic() > deadline)
    assert re.search(
        r"rank 1 \(.*\) has given no sign of life for 0 seconds; it has finished no images yet", caplog.text
    )


def test_a_rank_that_works_is_not(writers, monkeypatch, caplog):
    monkeypatch.setattr(ranks, "PATIENCE", 0.5)
    monkeypatch.setattr(journal, "BEAT", 0)
    deadline = time.monotonic() + 1.5
    waiting(writers[0], lambda: writers[1].follow() or time.monotonic() > deadline)
    assert caplog.text == ""


def test_a_rank_that_has_left_ends_the_waiting(writers):
    writers[1].close()
    with pytest.raises(CacheError, match=r"rank 1 \(.*\) has ended before its work was done; it has finished no im"):
        waiting(writers[0], lambda: False)


def test_who_leaves_early_says_who_was_killed(writers, caplog):
    writers[1]._partial._leave()  # without a word
    with pytest.raises(KeyboardInterrupt), Watch(writers[0], Rank(0, 2, "run"), lambda: None, lambda count: None):
        raise KeyboardInterrupt
    assert "rank 1" in caplog.text
    assert "has ended before its work was done" in caplog.text


def test_without_torchrun_there_is_one(monkeypatch):
    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    monkeypatch.setenv("RANK", "3")
    assert ranks.torchrun() == ranks.BY_ITSELF
