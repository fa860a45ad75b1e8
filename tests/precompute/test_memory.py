"""What a run takes of memory is set by budgets, not by how many images there are."""

import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
import torch
from torch import nn

import seeinin
from seeinin.precompute import job
from seeinin.precompute.datasets import unread
from seeinin.store import derive

SIDE = 64
PIXELS, MAPS = SIDE**2, SIDE**2 // 4 * 2  # bytes of an image; of its maps in float16
KNOWN = 1000  # bytes that may be known of an image all the time: its name, its digest, its label


class Noise(torch.utils.data.Dataset):
    def __init__(self, count):
        self.count = count

    def __len__(self):
        return self.count

    def __getitem__(self, number):
        return np.random.default_rng(number).integers(0, 256, (SIDE, SIDE), np.uint8), number % 3


@pytest.fixture
def peak(tmp_path, monkeypatch):
    """The most that numpy and Python hold during a run on so many images, with budgets that a few of them fill."""
    for module, name, value in (
        (job, "UNIT_BYTES", 1),
        (unread, "AHEAD", 1 << 16),
        (derive, "BLOCK", 1 << 16),
        (derive, "RUN", 1 << 12),
        (derive, "READ", 1 << 16),
    ):
        monkeypatch.setattr(module, name, value)
    network = nn.Sequential(nn.Conv2d(1, 1, 3, 2, padding=1))

    def run(count):
        tracemalloc.start()
        try:
            seeinin.precompute(
                nn.Sequential(network),
                Noise(count),
                tmp_path / f"{count}.h5",
                batch_size=8,
                dtype="float16",
                progress=False,
            )
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    return run


def test_twice_the_images_take_hardly_more(peak):
    peak(10)  # imports
    first, second, fourth = (peak(count) for count in (200, 400, 800))
    for more, images in ((second - first, 200), (fourth - second, 400)):
        assert more / images < KNOWN < min(PIXELS, MAPS), (first, second, fourth)


# A run in a process of its own, with small budgets, which says how much memory that process had at the most, in KiB.
WHOLE = """\
import resource, sys
import numpy as np, torch, seeinin
from seeinin.precompute import job
from seeinin.precompute.datasets import unread
from seeinin.store import derive

class Noise(torch.utils.data.Dataset):
    def __len__(self):
        return int(sys.argv[1])

    def __getitem__(self, number):
        return np.random.default_rng(number).integers(0, 256, (128, 128), np.uint8), number % 3

job.UNIT_BYTES = 1
unread.AHEAD = derive.BLOCK = derive.READ = 1 << 20
torch.set_num_threads(1)
network = torch.nn.Conv2d(1, 1, 3, padding=1)
seeinin.precompute(torch.nn.Sequential(network), Noise(), sys.argv[2], batch_size=8, dtype="float16", progress=False)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_the_process_does_not_grow_with_the_images(tmp_path):
    """Torch's tensors are not among what Python counts."""

    def most(count):
        command = [sys.executable, "-c", WHOLE, str(count), str(tmp_path / f"{count}.h5")]
        return int(subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout) * 1024

    first, second = most(200), most(1800)
    images = 1600 * 128**2  # bytes of their pixels, a third of what is written of them
    assert second - first < images / 4, (first, second)
