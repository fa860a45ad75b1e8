"""Make digits.safetensors: the paper's network, scaled to 8 × 8, trained on pairs of digits with a contrastive loss.

    python configs/train_digits.py [OUTPUT]

Every fifth digit of a seeded shuffle is held out of training. Two runs on one processor give the same file, byte for
byte: one thread, and only instructions that every x86-64 has. Another processor may add in another order.
"""

import os

os.environ |= {"ATEN_CPU_CAPABILITY": "default", "MKL_CBWR": "COMPATIBLE"}  # read when torch is loaded

import sys
from pathlib import Path

import numpy as np
import torch
from models import Siamese
from safetensors.torch import save_file
from sklearn.datasets import load_digits

HERE = Path(__file__).resolve().parent
ARCHITECTURE = {"size": 8, "kernel": 3, "padding": 1, "hidden": 100}
EPOCHS, BATCH, MARGIN, SEED = 40, 128, 1.0, 0


def digits() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Images (1797, 1, 8, 8) as precompute makes them, labels, and which are held out."""
    bunch = load_digits()
    pixels = np.rint(bunch.images * (255 / 16)).astype(np.float32) / 256
    held_out = np.zeros(len(pixels), bool)
    held_out[np.random.default_rng(SEED).permutation(len(pixels))[::5]] = True
    return torch.from_numpy(pixels)[:, None], torch.from_numpy(bunch.target), torch.from_numpy(held_out)


def contrastive_loss(points: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Hadsell, Chopra and LeCun (2006), over all pairs of a batch: pull equals together, push others MARGIN apart."""
    first, second = torch.triu_indices(len(points), len(points), offset=1)
    squared = (points[first] - points[second]).square().sum(1)
    apart = (MARGIN - (squared + 1e-12).sqrt()).clamp(min=0).square()
    same = labels[first] == labels[second]
    return squared[same].mean() + 9 * apart[~same].mean()


def train(network: Siamese, images: torch.Tensor, labels: torch.Tensor) -> None:
    optimiser = torch.optim.Adam(network.parameters(), lr=2e-3)
    steps = EPOCHS * (len(images) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=4e-3, total_steps=steps)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(images))[: len(images) // BATCH * BATCH].split(BATCH):
            optimiser.zero_grad()
            contrastive_loss(network(images[batch]), labels[batch]).backward()
            optimiser.step()
            schedule.step()


def accuracy(points: torch.Tensor, labels: torch.Tensor) -> float:
    """5-nearest-neighbour accuracy, leaving one out: what most of a point's five nearest others are."""
    distance = torch.cdist(points, points).fill_diagonal_(torch.inf)
    neighbours = labels[distance.topk(5, largest=False).indices]
    return float((neighbours.mode(1).values == labels).double().mean())


def main() -> None:
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.backends.mkldnn.enabled = False
    images, labels, held_out = digits()
    network = Siamese(**ARCHITECTURE)
    train(network, images[~held_out], labels[~held_out])
    with torch.no_grad():
        points = network.eval()(images)
    apart, known = accuracy(points[held_out], labels[held_out]), accuracy(points[~held_out], labels[~held_out])
    print(f"5-nearest-neighbour accuracy: {apart:.3f} of {held_out.sum()} held out, {known:.3f} of the others")  # noqa: T201
    save_file(network.state_dict(), sys.argv[1] if len(sys.argv) > 1 else HERE / "digits.safetensors")


if __name__ == "__main__":
    main()
