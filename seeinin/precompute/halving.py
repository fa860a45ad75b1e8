"""When memory is short, fewer images at once; where one is too many, the layer is named that asks for too much."""

from __future__ import annotations

import linecache
import logging
import re
import traceback
from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import fx, nn

from seeinin.errors import ModelError
from seeinin.store.files import gigabytes

log = logging.getLogger(__name__)

T = TypeVar("T")

_WORDS = re.compile(
    "out of memory|not enough memory|can't allocate memory|failed to allocate memory|alloc_failed", re.IGNORECASE
)
_ASKED = re.compile(r"(?:tried to allocate|buffer of size) (?:(\d+)(?: bytes|$)|([\d.]+ \w+))", re.IGNORECASE)


class Batch:
    """How many images the network is given at once: `size`, and half of it each time when memory is short."""

    def __init__(self, size: int) -> None:
        self.size = size

    def fit(self, run: Callable[[int], T]) -> T:
        """What `run(size)` returns, of the first size that it has the memory for. Raises ModelError where none is."""
        while True:
            try:
                return run(self.size)
            except (RuntimeError, MemoryError) as error:
                if not is_short(error):
                    raise
                if self.size == 1:
                    raise too_large(error) from error
            self._halve()  # not above, where the error holds on to all tensors of the run

    def outputs(self, run: Callable[[NDArray[np.uint8]], T], pixels: NDArray[np.uint8]) -> Iterator[T]:
        """What `run` makes of the images, as many at once as fit."""
        start = 0
        while start < len(pixels):
            yield self.fit(lambda size: run(pixels[start : start + size]))  # noqa: B023  called before `start` moves on
            start += self.size

    def _halve(self) -> None:
        self.size //= 2
        log.warning("memory is short for %d images at once: on with %d", 2 * self.size, self.size)
        if torch.accelerator.is_available():
            torch.accelerator.memory.empty_cache()


def is_short(error: BaseException) -> bool:
    """Whether it is memory that was lacking."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or bool(_WORDS.search(str(error)))


def too_large(error: BaseException) -> ModelError:
    """Not even one image fits: which layer asked for how much."""
    layer, found = _layer(error), _ASKED.search(str(error))
    asked = f"{gigabytes(int(found[1])) if found[1] else found[2]} more" if found else "more"
    return ModelError(
        f"not even one image at a time fits in memory: {f'layer {layer}' if layer else 'the network'} asks for {asked} "
        "than there is; make the images smaller with preprocess.size, or take another device"
    )


def _layer(error: BaseException) -> str:
    """The innermost module, or else operation of a graph, in which it happened; "" where it was none."""
    names: dict[nn.Module, str] = {}
    found = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        module = frame.f_locals.get("self")
        if not isinstance(module, nn.Module):
            continue
        names = names or {each: name for name, each in module.named_modules()}  # of the outermost: the network
        if isinstance(module, fx.GraphModule) and frame.f_code.co_filename.startswith("<eval_with_key>"):
            found = linecache.getline(frame.f_code.co_filename, line).partition(" =")[0].strip()
        found = getattr(module, "layer_name", names.get(module)) or found
    return found
