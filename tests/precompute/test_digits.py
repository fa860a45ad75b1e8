"""The embedded network: its weights keep digits apart that it was not trained with; the script makes such weights."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from sklearn.datasets import load_digits
from sklearn.neighbors import NearestNeighbors

from seeinin import config
from seeinin.precompute import datasets, model
from seeinin.precompute.capture import capture
from seeinin.precompute.preprocess import fit

CONFIGS = Path(__file__).parents[2] / "configs"


def test_five_neighbours_of_digits_held_out_of_training():
    loaded = config.load(CONFIGS / "digits.yaml")
    network, images = model.load(loaded.model), datasets.load(loaded.dataset)
    held_out = np.random.default_rng(0).permutation(1797)[::5]
    points = network(fit(loaded.preprocess, network, 1, next(network.parameters()).device)(images.pixels))
    points, labels = points.detach().numpy()[held_out], images.label[held_out]
    _, nearest = NearestNeighbors(n_neighbors=5).fit(points).kneighbors()  # of each, among the others
    votes = [np.bincount(labels[five], minlength=10).argmax() for five in nearest]
    assert np.mean(votes == labels) >= 0.96


def test_the_papers_layers_scaled_down():
    loaded = config.load(CONFIGS / "digits.yaml")
    network, images = model.load(loaded.model), datasets.load(loaded.dataset)
    assert load_digits().images.shape[1:] == images.pixels.shape[1:3]
    found = capture(network, fit(loaded.preprocess, network, 1, next(network.parameters()).device)(images.pixels[:2]))
    assert [(layer.name, layer.op, layer.shape) for layer in found.layers] == [
        ("conv1", "conv2d", (20, 8, 8)), ("pool1", "max_pool2d", (20, 4, 4)),
        ("conv2", "conv2d", (50, 4, 4)), ("pool2", "max_pool2d", (50, 2, 2)),
        ("ip1", "linear", (100, 1, 1)), ("relu1", "relu", (100, 1, 1)),
        ("ip2", "linear", (10, 1, 1)), ("feat", "linear", (2, 1, 1)),
    ]  # fmt: skip


def test_the_script_makes_weights_as_good(tmp_path):
    """Byte for byte the same only on a processor that adds in the same order."""
    made, kept = tmp_path / "digits.safetensors", CONFIGS / "digits.safetensors"
    script = [sys.executable, str(CONFIGS / "train_digits.py"), str(made)]
    output = subprocess.run(script, capture_output=True, text=True, check=True, timeout=300).stdout
    said = re.fullmatch(r"5-nearest-neighbour accuracy: (\S+) of 360 held out, (\S+) of the others\n", output)
    assert float(said[1]) >= 0.95
    assert float(said[2]) >= 0.99
    shapes = [{name: array.shape for name, array in load_file(path).items()} for path in (made, kept)]
    assert shapes[0] == shapes[1]
    assert kept.stat().st_size < 2_000_000
