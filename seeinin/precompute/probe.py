"""What reads what, seen rather than known: NaN in one row or column of the input, and where it arrives."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

Reads = tuple[NDArray[np.bool_], NDArray[np.bool_]]  # of y and x: which input rows (columns) each output one reads
Run = Callable[[torch.Tensor], list[torch.Tensor]]


@torch.no_grad()
def probe(run: Run, x: torch.Tensor) -> list[Reads]:
    """Put NaN into each row, then each column, of `x` (n, D, H, W), another one in each of its n entries.

    `run` gives tensors (n, D', H', W') or (n, …); for each of them, bool (rows, H) and bool (columns, W).
    """
    return list(zip(_arrivals(run, x, 2), _arrivals(run, x, 3), strict=True))


def _arrivals(run: Run, x: torch.Tensor, dimension: int) -> list[NDArray[np.bool_]]:
    extent, found = x.shape[dimension], []
    for begin in range(0, extent, len(x)):
        lines = torch.arange(begin, min(begin + len(x), extent))
        tainted = x.clone()
        tainted.movedim(dimension, 1)[torch.arange(len(lines)), lines] = float("nan")
        found.append([_nan_lines(y, dimension)[: len(lines)] for y in run(tainted)])
    return [np.concatenate(rows).T for rows in zip(*found, strict=True)]


def _nan_lines(y: torch.Tensor, dimension: int) -> NDArray[np.bool_]:
    """Which rows (columns) of each entry of `y` hold a NaN: bool (n, positions); what has no place has one."""
    y = y if y.ndim == 4 else y.flatten(1)[..., None, None]
    return y.isnan().any(dim=tuple({1, 2, 3} - {dimension})).cpu().numpy()
