"""What the benchmarks run on: the paper's MNIST network where SEEININ_DATA has it, else the embedded digits."""

import os
import subprocess
import sys
from pathlib import Path

from seeinin.config import load

ROOT = Path(__file__).parent.parent


def config() -> Path:
    return ROOT / "configs" / ("mnist_siamese.yaml" if os.environ.get("SEEININ_DATA") else "digits.yaml")


def cache_of_images() -> Path:
    """The cache of `config`, made by the first benchmark that needs it."""
    cache = ROOT / load(config()).output
    if not cache.exists():
        subprocess.run([sys.executable, "-m", "seeinin", "precompute", config()], cwd=ROOT, check=True)
    return cache
