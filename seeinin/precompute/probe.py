"""What reads what in a network that has no graph: NaN in one row or column of the images, and where it arrives."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.attention import SDPBackend, sdpa_kernel

Lines = list[
    NDArray[np.bool_]
]  # of each axis of an output but the first: which rows of the image arrive where along it
Run = Callable[[torch.Tensor], list[torch.Tensor]]


@torch.no_grad()
def probe(run: Run, x: torch.Tensor) -> list[tuple[Lines, Lines]]:
    """Put NaN into each row, then each column, of `x` (n, D, H, W), another one in each of its n entries.

    `run` gives tensors (n, …); for each of them, bool (H, size) and bool (W, size) of each axis after the first.
    """
    with sdpa_kernel(SDPBackend.MATH):  # the fused attention of CPUs makes 0 of NaN
        return list(zip(_arrivals(run, x, 2), _arrivals(run, x, 3), strict=True))


def nowhere(y: torch.Tensor, x: torch.Tensor) -> tuple[Lines, Lines]:
    """The same of an output `y` in which nothing of the images `x` is seen to arrive."""
    height, width = ([np.zeros((extent, size), bool) for size in y.shape[1:]] for extent in x.shape[2:])
    return height, width


def _arrivals(run: Run, x: torch.Tensor, dimension: int) -> list[Lines]:
    extent, found = x.shape[dimension], []
    for begin in range(0, extent, len(x)):
        rows = torch.arange(begin, min(begin + len(x), extent))
        tainted = x.clone()
        tainted.movedim(dimension, 1)[torch.arange(len(rows)), rows] = float("nan")
        found.append([[line[: len(rows)] for line in _nan_lines(y)] for y in run(tainted)])
    outputs = zip(*found, strict=True)
    return [[np.concatenate(pieces) for pieces in zip(*of_one, strict=True)] for of_one in outputs]


def _nan_lines(y: torch.Tensor) -> Lines:
    nan = y.isnan()
    axes = range(1, y.ndim)
    return [nan.movedim(axis, 1).reshape(len(nan), nan.shape[axis], -1).any(dim=2).cpu().numpy() for axis in axes]
