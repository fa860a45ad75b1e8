"""What the benchmarks run on: the paper's MNIST network where SEEININ_DATA has it, else the embedded digits.

And layers of other sizes, made up.
"""

import os
import subprocess
import sys
from pathlib import Path

from benchmarks.synthetic import ROOT, cache_of_layers
from seeinin.config import load


def config() -> Path:
    return ROOT / "configs" / ("mnist_siamese.yaml" if os.environ.get("SEEININ_DATA") else "digits.yaml")


def cache_of_images() -> Path:
    """The cache of `config`, made by the first benchmark that needs it."""
    cache = ROOT / load(config()).output
    if not cache.exists():
        subprocess.run([sys.executable, "-m", "seeinin", "precompute", config()], cwd=ROOT, check=True)
    return cache


def ten_million() -> Path:
    """A layer of 10.2 M points and 8 channels, and two smaller ones behind it."""
    layers = {"ten million": (8, 32, 32), "pooled": (8, 16, 16), "out": (10, 1, 1)}
    return cache_of_layers("10M", 10_000, layers)


def a_hundred_million() -> Path:
    """100.4 M points, 4 channels."""
    return cache_of_layers("100M", 8_000, {"a hundred million": (4, 112, 112)})


def many_channels(count: int) -> Path:
    """As many channels, and images."""
    return cache_of_layers(f"{count}-channels", 2_000, {"wide": (count, 1, 1)})
