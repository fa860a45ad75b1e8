"""The command line told to stop: what is in hand is finished, and no image runs twice whose maps are on the disk."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from seeinin.config import load
from seeinin.precompute import job
from seeinin.precompute.run import precompute

IMAGES, BATCH = 40, 4
MODEL = """
import os, time, torch

@torch.fx.wrap
def note(images):
    '''Which images these are; it takes its time.'''
    with open("seen", "a") as file:
        file.writelines(f"{int(image[0, 0, 2])}\\n" for image in images if tuple(image[0, 0, :2].tolist()) == (77, 88))
    time.sleep(6 if os.path.exists("slow") else 0.05)
    return images

class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv = torch.nn.Conv2d(1, 2, 3)

    def forward(self, x):
        return self.conv(note(x))
"""
CONFIG = f"""
output: x.h5
model: {{source: torch, target: model.py:Network}}
dataset: {{source: npz, path: images.npz}}
batch_size: {BATCH}
"""
COMMAND = """
import sys
from seeinin.precompute import job
from seeinin.cli import main
job.UNIT_BYTES = 1  # a unit is one batch
sys.exit(main(["precompute", "config.yaml"]))
"""


class Command:
    """The command in a folder of its own, and what the network was given."""

    def __init__(self, folder):
        self.folder, self.journal = folder, folder / "x.h5.journal"

    def start(self):
        (self.folder / "seen").write_text("")
        return subprocess.Popen(
            [sys.executable, "-c", COMMAND],
            cwd=self.folder,
            stderr=subprocess.PIPE,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            start_new_session=True,
        )

    def stop(self, *signals, units):
        """Start, and send the signals once so many units are committed; its exit code, its words, seconds it took."""
        process = self.start()
        while len(self.committed()) < units and process.poll() is None:
            time.sleep(0.01)
        if len(signals) > 1:
            (self.folder / "slow").touch()  # from now on a unit takes longer than anybody should wait
            time.sleep(0.3)
        begun = time.monotonic()
        for number in signals:
            process.send_signal(number)
            time.sleep(0.02)
        words = process.communicate(timeout=60)[1].decode()
        (self.folder / "slow").unlink(missing_ok=True)
        return process.returncode, words, time.monotonic() - begun

    def seen(self):
        return [int(line) for line in (self.folder / "seen").read_text().split()]

    def committed(self):
        """The images of units that the journal names."""
        text = self.journal.read_text() if self.journal.exists() else ""
        return {int(unit) for unit in re.findall(r'^\w{8} {"unit":(\d+).*\n', text, re.MULTILINE)}


@pytest.fixture
def command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pixels = np.random.default_rng(0).integers(0, 256, (IMAGES, 5, 5), np.uint8)
    pixels[:, 0, :3] = np.stack([np.full(IMAGES, 77), np.full(IMAGES, 88), np.arange(IMAGES)], 1)
    np.savez("images.npz", images=pixels)
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "config.yaml").write_text(CONFIG)
    return Command(tmp_path)


def test_told_to_stop_and_run_again(command, monkeypatch):
    monkeypatch.setattr(job, "UNIT_BYTES", 1)
    whole = precompute(load(Path("config.yaml")), output="whole.h5", progress=False)
    order = np.random.default_rng(0).permutation(IMAGES).reshape(-1, BATCH)

    code, words, _ = command.stop(signal.SIGTERM, units=2)
    assert (code, "Traceback" in words) == (143, False)
    assert "Stopping when the images in hand are on the disk" in words
    first = command.committed()
    assert 2 < len(first) < len(order)
    assert command.seen()[IMAGES:] == order[sorted(first)].ravel().tolist()  # after the dry run: all of it is kept

    code, words, seconds = command.stop(signal.SIGINT, signal.SIGINT, units=len(first) + 2)
    assert (code, "Traceback" in words) == (130, False)
    assert seconds < 3
    assert f"resuming: {len(first) * BATCH} of {IMAGES} images kept" in words
    second = command.committed()
    assert first < second
    assert not {*order[sorted(first)].ravel()} & {*command.seen()}

    process = command.start()
    assert (process.communicate()[1], process.returncode)[1] == 0
    assert command.seen() == order[sorted(set(range(len(order))) - second)].ravel().tolist()
    assert (command.folder / "x.h5").read_bytes() == whole.read_bytes()
    assert not command.journal.exists()
