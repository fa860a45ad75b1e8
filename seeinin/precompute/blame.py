"""Which image it is that a network fails on, of all those that it was given at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray

from seeinin.errors import ModelError

Run = Callable[[NDArray[np.uint8]], list[torch.Tensor]]


@contextmanager
def blaming(run: Run, pixels: NDArray[np.uint8], names: Sequence[str]) -> Iterator[None]:
    """Put the name of the image before a ModelError; the first and the last where it takes several to fail."""
    try:
        yield
    except ModelError as error:
        guilty = _guilty(run, pixels, names)
        which = f"image {guilty[0]}" if len(guilty) == 1 else f"images {guilty[0]} to {guilty[-1]} of a batch"
        raise ModelError(f"{which}: {error}") from error


def _guilty(run: Run, pixels: NDArray[np.uint8], names: Sequence[str]) -> Sequence[str]:
    """By halves, each repeated to a batch of the same size: there are networks that take no other."""
    part = range(len(pixels))
    while len(part) > 1:
        for half in (part[: len(part) // 2], part[len(part) // 2 :]):
            try:
                run(np.resize(pixels[half.start : half.stop], pixels.shape))
            except ModelError:
                part = half
                break
        else:
            break
    return names[part.start : part.stop]
