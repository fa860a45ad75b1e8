"""Precompute: run a network over images once, and write every layer of every image into a cache."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn
from tqdm import tqdm

from seeinin.config import Config, Settings
from seeinin.errors import ConfigError
from seeinin.precompute import datasets, job, model, pipeline
from seeinin.precompute.job import Job
from seeinin.precompute.plan import LARGE, smaller, table
from seeinin.precompute.stopping import Stop, stoppable
from seeinin.store.format import plan_bytes
from seeinin.store.mending import Damaged
from seeinin.store.reader import open_cache
from seeinin.store.settled import settled_types
from seeinin.store.writer import Writer

log = logging.getLogger(__name__)


def precompute(
    source: Config | nn.Module,
    dataset: Any = None,
    output: str | Path | None = None,
    *,
    plan: bool = False,
    limit: int | None = None,
    overwrite: bool = False,
    device: str | None = None,
    progress: bool = True,
    **options: Any,
) -> Path | str:
    """Write the cache that a Config describes, or that of a network and its images, and return its path.

    `precompute(network, dataset, "cache/x.h5", classes=[…], scale=1 / 255)` takes a torch Dataset of (image, label), or
    a pair of arrays: images uint8 (N, h, w[, c]) and labels (N) or None. `options` are those of `settings`. `limit`
    takes the first rows of the shuffle, a uniform sample. With `plan` nothing is written: the plan is returned as text.

    Raises ConfigError, ModelError, DataError, CacheError and DiskError, each a sentence. A run that was stopped goes on
    where it was when it is called again, and a finished cache that was damaged is mended: only what is damaged is
    computed again. Ctrl-C and SIGTERM wait for the unit in hand.
    """
    if isinstance(source, Config):
        if dataset is not None or options:
            raise TypeError("a Config says everything already: change it instead of giving more beside it")
        chosen: Settings = source
        limit = limit or source.dataset.limit
    else:
        classes = options.pop("classes", ())
        chosen = settings(output, **options)
    target = Path(output or chosen.output)
    damaged = _damaged(target, progress) if target.exists() and not (overwrite or plan) else None
    if isinstance(source, Config):
        network, images = model.load(source.model), datasets.load(source.dataset)
        where = job.device(device or chosen.device)
    else:
        network, images = source, datasets.wrap(dataset, classes)
        where = job.device(device) if device else _place(network)
    with _as_found(network), closing(images):
        settled = damaged.settled if damaged else settled_types(target)
        prepared = job.prepare(chosen, network, images, limit, where, settled)
        if plan:
            return _plan(prepared)
        if plan_bytes(prepared.spec)[1] > LARGE and not chosen.layers.model_fields_set:
            raise ConfigError(f"{target}: {_plan(prepared)}")
        if damaged:
            damaged.check(prepared.spec)
        return _write(prepared, target, overwrite, damaged, progress)


def settings(
    output: str | Path | None,
    *,
    size: Sequence[int] | None = None,
    scale: float = 1.0,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    include: Sequence[str] | None = None,
    exclude: Sequence[str] | None = None,
    every: int | None = None,
    dtype: str = "auto",
    batch_size: int = 128,
    seed: int = 0,
) -> Settings:
    """Settings from Python, by the names of the config."""
    if output is None:
        raise TypeError("output is missing: say where the cache goes")
    layers = {"include": include, "exclude": exclude, "every": every}
    return Settings.model_validate(
        {
            "output": str(output),
            "preprocess": {"size": size, "scale": scale, "mean": mean, "std": std},
            "layers": {key: value for key, value in layers.items() if value is not None},
            "storage": {"dtype": dtype},
            "batch_size": batch_size,
            "seed": seed,
        }
    )


def _place(network: nn.Module) -> torch.device:
    """Where the network is; it is not moved unless its owner says so."""
    return next((parameter.device for parameter in network.parameters()), torch.device("cpu"))


@contextmanager
def _as_found(network: nn.Module) -> Iterator[None]:
    """A network in the middle of its training goes on with it afterwards."""
    modes = {module: module.training for module in network.modules()}
    try:
        yield
    finally:
        for module, training in modes.items():
            module.training = training


def _plan(prepared: Job) -> str:
    text = table(prepared.spec)
    return f"{text}\n{smaller(prepared.spec)}" if plan_bytes(prepared.spec)[1] > LARGE else text


def _write(prepared: Job, target: Path, overwrite: bool, damaged: Damaged | None, progress: bool) -> Path:
    """Both stages under one bar; only a complete cache gets the name `target`."""
    images, each = len(prepared.spec.index), prepared.image_bytes
    with (
        stoppable() as stop,
        Writer.open(target, prepared.spec, overwrite=overwrite, mending=damaged is not None) as writer,
    ):
        total, kept = images * each + writer.bytes_to_derive, _kept(writer)
        with tqdm(total=total, initial=kept * each, unit="B", unit_scale=True, disable=not progress) as bar:
            if damaged:
                damaged.give(writer, _counter(bar, "kept", each, stop))
                kept = _kept(writer)
            if kept and progress:
                tqdm.write(f"resuming: {kept:,} of {images:,} images kept", file=sys.stderr)
            pipeline.run(prepared, writer, _counter(bar, "network", each), stop.check)
            writer.derive(_counter(bar, "columns", writer.bytes_to_derive / images, stop))
        path = writer.seal()
    _warn(path, prepared)
    return path


def _kept(writer: Writer) -> int:
    """Images that need not run through the network any more."""
    return sum(len(writer.units[unit]) for unit in writer.committed)


def _damaged(target: Path, progress: bool) -> Damaged:
    """The cache that has the name already, with what is wrong with it, said in the log."""
    size = target.stat().st_size
    with tqdm(total=size, desc="checking", unit="B", unit_scale=True, disable=not progress, leave=False) as bar:
        damaged = Damaged(target, bar.update)
    log.warning("mending %s: %s", target, "; ".join(damaged.what[:5] + ["…"] * (len(damaged.what) > 5)))
    return damaged


def _warn(path: Path, prepared: Job) -> None:
    """Of what is in the cache and should not be: rows without an image, values that are none."""
    with open_cache(path) as cache:
        if unread := prepared.images.unread(cache.valid):
            log.warning("%s; their rows are marked invalid", unread)
        for layer in cache.layers:
            if count := int(layer.nonfinite.sum()):
                log.warning(
                    "%s holds %s values that are infinite or no numbers, stored as they are", layer.name, f"{count:,}"
                )


def _counter(bar: Any, stage: str, image_bytes: float, stop: Stop | None = None) -> Callable[[int], None]:
    """What moves the bar by bytes, and tells how many images a second that is in this stage; ends it on `stop`."""
    bar.set_description(stage)
    begun, done = time.perf_counter(), 0

    def count(size: int) -> None:
        nonlocal done
        done += size
        speed = done / image_bytes / (time.perf_counter() - begun)
        bar.set_postfix_str(f"{speed:,.0f} images/s", refresh=False)
        bar.update(size)
        if stop:
            stop.check()

    return count
