"""Reading in processes of their own: the same pixels, and what is said when one hangs or is killed."""

import os
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from seeinin import config
from seeinin.errors import DataError
from seeinin.precompute import datasets

COUNT = 100

DATASET = """\
import os, signal, time
import numpy as np

class Numbers:
    classes = [str(k) for k in range(10)]

    def __init__(self, trouble="none"):
        self.trouble = trouble

    def __len__(self):
        return 100

    def __getitem__(self, i):
        if i == 7 and self.trouble == "hangs":
            time.sleep(60)
        if i == 7 and self.trouble == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        if i == 7 and self.trouble == "raises":
            raise ZeroDivisionError("seven")
        if self.trouble == "random":
            return np.random.default_rng().integers(0, 256, (3, 2), np.uint8), 0
        return np.full((3, 2), i, np.uint8), i % 10
"""


@pytest.fixture
def source(tmp_path):
    (tmp_path / "numbers.py").write_text(DATASET)

    def make(trouble="none", **options):
        target = f"{tmp_path / 'numbers.py'}:Numbers"
        return config.TorchDataset(source="torch", target=target, arguments={"trouble": trouble}, **options)

    return make


@pytest.fixture
def files(tmp_path):
    for i in range(COUNT):
        (tmp_path / f"{i:03}.ppm").write_bytes(b"P5 2 3 255\n" + bytes([i] * 6))
    return config.Folder(source="folder", path=str(tmp_path), workers=2)


@pytest.fixture
def opened():
    kept = []

    def open_(source):
        kept.append(datasets.load(source))
        return kept[-1]

    yield open_
    for dataset in kept:
        dataset.close()


def test_processes_give_what_one_process_gives(files, opened):
    order = np.random.default_rng(0).permutation(COUNT)
    found = []
    for workers in (0, 1, 3):
        dataset = opened(files.model_copy(update={"workers": workers}))
        rows = dataset.choose(order, None)
        batches = list(rows.read([range(40, 77), range(5), range(77, COUNT)]))
        assert [len(batch.pixels) for batch in batches] == [37, 5, 23]
        found.append(np.concatenate([batch.pixels for batch in batches]))
        np.testing.assert_array_equal(found[-1][:, 0, 0, 0], order[[*range(40, 77), *range(5), *range(77, COUNT)]])
        assert len(dataset._workers.processes) == workers
    dataset.close()
    assert not [process for process in dataset._workers.processes if Path(f"/proc/{process.pid}").exists()]


def test_a_dataset_of_the_user_s_in_processes(source, opened):
    rows = opened(source(workers=1)).choose(np.arange(COUNT), None)
    (batch,) = rows.read([range(COUNT)])
    assert rows.classes == tuple("0123456789")
    np.testing.assert_array_equal(rows.label, np.arange(COUNT) % 10)
    np.testing.assert_array_equal(batch.pixels[:, 2, 1, 0], np.arange(COUNT))


def test_a_dataset_that_raises_or_is_random(source, opened):
    rows = opened(source("raises", workers=0)).choose(np.arange(COUNT), None)
    assert rows.problems.reasons == {7: "ZeroDivisionError: seven"}
    rows = opened(source("random", workers=0)).choose(np.arange(COUNT), None)
    with pytest.raises(DataError, match="image 0 differs each time that it is read; leave random transforms out"):
        list(rows.read([range(COUNT)]))


def test_a_hanging_image_is_named(source, opened):
    dataset = opened(source("hangs", workers=1, timeout=5))
    with pytest.raises(DataError, match=r"image 7 gave no answer for 5 seconds.*raise dataset\.timeout"):
        dataset.choose(np.arange(COUNT), None)


def test_an_image_that_kills_twice_ends_the_run(source, opened):
    dataset = opened(source("dies", workers=1))
    killed = r"a process that was reading image 7 was ended by SIGKILL"
    with pytest.raises(DataError, match=rf"{killed}; then, with 1 left, {killed}\. Free are .* of memory.*/dev/shm"):
        dataset.choose(np.arange(COUNT), None)


def test_one_killed_process_costs_nothing_but_time(files, opened):
    dataset = opened(files)
    rows = dataset.choose(np.arange(COUNT), None)
    victim = dataset._workers.processes[0].pid
    os.kill(victim, signal.SIGKILL)
    (batch,) = rows.read([range(COUNT)])
    np.testing.assert_array_equal(batch.pixels[:, 0, 0, 0], np.arange(COUNT))
    assert batch.valid.all()
    assert dataset._workers.count == 1


def test_processes_end_with_the_one_that_started_them(files, opened):
    """Their socket closes, as when this process is killed."""
    dataset = opened(files)
    dataset.choose(np.arange(COUNT), None)
    for process in dataset._workers.processes:
        process._connection.close()
        assert process._child.wait(10) == 0


def test_closing_while_images_are_read(source, opened):
    dataset = opened(source("hangs", workers=1))
    errors = []

    def choose():
        with pytest.raises(DataError) as caught:
            dataset.choose(np.arange(COUNT), None)
        errors.append(str(caught.value))

    thread = threading.Thread(target=choose)
    thread.start()
    while not dataset._workers.processes:
        time.sleep(0.01)
    begun = time.monotonic()
    dataset.close()
    thread.join(10)
    assert time.monotonic() - begun < 5
    assert errors
