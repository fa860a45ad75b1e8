"""The first stage: the network runs over the images while a thread writes what it gave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from seeinin.errors import ModelError
from seeinin.geometry.halves import all_finite
from seeinin.precompute.blame import blaming
from seeinin.precompute.halving import Batch
from seeinin.precompute.job import Job
from seeinin.precompute.layers import Layer
from seeinin.precompute.plan import check_shape
from seeinin.store.writer import Writer


def run(job: Job, writer: Writer, report: Callable[[int], None], check: Callable[[], None]) -> None:
    """Commit every unit that this rank has to; `report` gets the bytes done since its last call.

    Two sets of buffers take turns, so that one is written while the other is filled. Whatever stops the run, the unit
    being written is finished first. `check` is called between two units, and raises where the run shall end.

    The batches of a unit are of one size, since another changes the last bits: that of an earlier run, if any.
    """
    buffers = [_Buffers(job), _Buffers(job)]
    writing: list[Future[None] | None] = [None, None]
    todo, batch = writer.todo, Batch(min(filter(None, writer.batches.values()), default=job.batch_size))
    images = job.images.read([writer.units[unit] for unit in todo])
    with _exact(), ThreadPoolExecutor(1, thread_name_prefix="writer") as thread:
        for turn, unit in enumerate(todo):
            mine, before = buffers[turn % 2], writing[turn % 2]
            if before is not None:
                before.result()
            mine.pixels, mine.valid = next(images)
            rows, known = writer.units[unit], writer.batches.get(unit)
            size = Batch(known) if known else batch
            size.fit(partial(_fill, job, rows, mine))
            mine.batch = size.size
            report(len(rows) * job.image_bytes)
            writing[turn % 2] = thread.submit(mine.commit, writer, unit)
            check()
        for future in writing:
            if future is not None:
                future.result()


class _Buffers:
    """The layers of one unit, as they are stored."""

    def __init__(self, job: Job) -> None:
        self.unit, self.pinned = job.spec.unit, job.preprocess.device.type == "cuda"
        self.maps = [
            torch.empty((self.unit, *layer.shape), dtype=getattr(torch, layer.dtype), pin_memory=self.pinned)
            for layer in job.spec.layers
        ]
        self.prediction = np.empty(self.unit, np.int32) if job.spec.predicts else None
        self.pixels: NDArray[np.uint8] = np.empty(0, np.uint8)
        self.valid: NDArray[np.bool_] = np.empty(0, bool)
        self.batch = 0

    def commit(self, writer: Writer, unit: int) -> None:
        count = len(self.pixels)
        prediction = None if self.prediction is None else np.where(self.valid, self.prediction[:count], np.int32(-1))
        maps = [tensor.numpy()[:count] for tensor in self.maps]
        writer.commit(unit, pixels=self.pixels, valid=self.valid, maps=maps, prediction=prediction, batch=self.batch)


def _fill(job: Job, rows: range, buffers: _Buffers, batch: int) -> None:
    """Run the network on the images of a unit, `batch` of them at once."""
    for start in range(0, len(rows), batch):
        pixels = buffers.pixels[start : start + batch]
        place = slice(start, start + len(pixels))
        run, names = partial(_outputs, job), job.images.names[rows[start] : rows[start] + len(pixels)]
        with torch.inference_mode():
            with blaming(run, pixels, names):
                tensors = run(pixels)
            for tensor, stored in zip(tensors, buffers.maps, strict=True):
                stored[place].copy_(tensor, non_blocking=buffers.pinned)
            if buffers.prediction is not None:
                buffers.prediction[place] = tensors[-1].flatten(1).argmax(1).cpu().numpy()
            if buffers.pinned:
                torch.cuda.synchronize()
        for layer, tensor, stored in zip(job.chosen.layers, tensors, buffers.maps, strict=True):
            _check_overflow(layer, tensor, stored[place])


def _outputs(job: Job, pixels: NDArray[np.uint8]) -> list[torch.Tensor]:
    tensors = job.chosen.run(job.preprocess(pixels))
    for layer, tensor in zip(job.chosen.layers, tensors, strict=True):
        check_shape(layer, tensor)
    return tensors


def _check_overflow(layer: Layer, tensor: torch.Tensor, stored: torch.Tensor) -> None:
    """Infinity in float16 that was a number before must not reach the disk."""
    if stored.dtype != torch.float16 or all_finite(stored.numpy()):
        return
    finite = tensor[tensor.isfinite()]
    if finite.numel() and float(finite.abs().max().to(torch.float16)) == float("inf"):
        raise ModelError(
            f"layer {layer.name} reaches {float(finite.abs().max()):,.0f}, which float16 cannot hold; nothing of it is "
            "written: set storage: {dtype: float32} and run again with --overwrite"
        )


@contextmanager
def _exact() -> Iterator[None]:
    """The same bits in every run: no algorithm chosen by timing, no TF32; afterwards torch is as it was."""
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    deterministic = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    before = cudnn.benchmark, cudnn.allow_tf32, matmul.allow_tf32
    # torch.use_deterministic_algorithms would import the compiler for two seconds, only to set the same for it
    torch._C._set_deterministic_algorithms(True, warn_only=True)
    cudnn.benchmark = cudnn.allow_tf32 = matmul.allow_tf32 = False
    try:
        yield
    finally:
        torch._C._set_deterministic_algorithms(deterministic[0], warn_only=deterministic[1])
        cudnn.benchmark, cudnn.allow_tf32, matmul.allow_tf32 = before
