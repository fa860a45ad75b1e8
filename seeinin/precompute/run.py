"""Precompute: run a network over images once, and write every layer of every image into a cache."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import torch
from torch import nn

from seeinin.config import Config, Settings
from seeinin.errors import ConfigError, SettingError
from seeinin.precompute import datasets, job, model, pipeline
from seeinin.precompute.job import Job
from seeinin.precompute.plan import LARGE, smaller, table
from seeinin.precompute.progress import Progress, bar
from seeinin.precompute.ranks import BY_ITSELF, Launch, Watch, await_first
from seeinin.precompute.stopping import stoppable
from seeinin.store.format import plan_bytes
from seeinin.store.mending import Damaged, WholeError
from seeinin.store.partial import partial_path
from seeinin.store.reader import open_cache
from seeinin.store.settled import settled_types
from seeinin.store.writer import BUDGET, Writer

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
    launch: Launch = BY_ITSELF,
    **options: Any,
) -> Path | str:
    """Write the cache that a Config describes, or that of a network and its images, and return its path.

    `precompute(network, dataset, "cache/x.h5", classes=[…], scale=1 / 255)` takes a torch Dataset of (image, label), or
    a pair of arrays: images uint8 (N, h, w[, c]) and labels (N) or None. `options` are those of `settings`. `limit`
    takes the first rows of the shuffle, a uniform sample. With `plan` nothing is written: the plan is returned as text.
    `launch` is `ranks.torchrun()` where torchrun started several processes to write the cache together.

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
    _check_name(target)
    if not plan:
        _check_folder(target)
    before = None if plan else _before(target, overwrite, launch, progress)
    damaged = before if isinstance(before, Damaged) and not overwrite else None
    if isinstance(source, Config):
        network, images = model.load(source.model), datasets.load(source.dataset)
        where = job.device(device or chosen.device, launch.local)
    else:
        network, images = model.unwrapped(source), datasets.wrap(dataset, classes)
        where = job.device(device, launch.local) if device else _place(network)
    with _as_found(network), closing(images):
        settled = damaged.settled if damaged else settled_types(target)
        prepared = job.prepare(chosen, network, images, limit, where, settled)
        if plan:
            return _plan(prepared)
        if plan_bytes(prepared.spec)[1] > LARGE and not chosen.layers.model_fields_set:
            raise ConfigError(f"{target}: {_plan(prepared)}")
        if isinstance(before, WholeError) and _is_finished(target, prepared, before, overwrite):
            return target
        if damaged:
            damaged.check(prepared.spec)
        return _write(prepared, target, overwrite, damaged, progress, launch)


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
    grid: Sequence[int] | None = None,
    channels_last: Sequence[str] | None = None,
    dtype: str = "auto",
    batch_size: int = 128,
    seed: int = 0,
) -> Settings:
    """Settings from Python, by the names of the config."""
    if output is None:
        raise TypeError("output is missing: say where the cache goes")
    layers = {"include": include, "exclude": exclude, "every": every, "grid": grid, "channels_last": channels_last}
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


def _write(
    prepared: Job, target: Path, overwrite: bool, damaged: Damaged | None, progress: bool, launch: Launch
) -> Path:
    """Both stages under one bar; only a complete cache gets the name `target`."""
    rank, images, each = launch.rank, len(prepared.spec.index), prepared.image_bytes
    with stoppable() as stop:
        await_first(target, rank, stop.check)
        with (
            Writer.open(target, prepared.spec, overwrite=overwrite, mending=damaged is not None, rank=rank) as writer,
            Progress(writer, progress and rank.number == 0) as shown,
            Watch(writer, rank, stop.check, shown.add) as others,
        ):
            if damaged:
                damaged.give(writer, shown.stage("kept", each, stop.check))
            shown.resuming()
            pipeline.run(prepared, writer, shown.stage("network", each), stop.check)
            others.wait(lambda: writer.complete)
            columns = shown.stage("columns", writer.bytes_to_derive / images, stop.check)
            writer.derive(columns, budget=BUDGET // launch.beside)
            others.wait(lambda: writer.sealable)
            path = writer.seal()
    if rank.number == 0:
        _warn(path, prepared)
    return path


def _check_name(target: Path) -> None:
    try:
        if target.name and (target.is_file() or not target.exists()):
            os.stat(target.parent / f"{target.name}.journal.1")  # noqa: PTH116  as long as its names get
            return
        why = "it is a folder" if target.is_dir() else "it is a device or a pipe"
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
    raise SettingError(f"output: {str(target)!r} cannot be the name of a cache ({why}); name a file")


def _check_folder(target: Path) -> None:
    folder = next(parent for parent in target.absolute().parents if parent.is_dir())
    try:
        TemporaryFile(dir=folder).close()
    except OSError as error:
        raise SettingError(
            f"output: no file can be made in {folder} ({error.strerror}); name one in another folder"
        ) from error


def _before(target: Path, overwrite: bool, launch: Launch, progress: bool) -> Damaged | WholeError | None:
    """What has the name already. Where torchrun has started this before, a rank may have failed after all was done."""
    again = launch.restarts > 0 and not partial_path(target).exists()
    if not target.exists() or (overwrite and not again):
        return None
    try:
        return _damaged(target, progress)
    except WholeError as error:
        if not again:
            raise
        return error


def _is_finished(target: Path, prepared: Job, whole: WholeError, overwrite: bool) -> bool:
    """Whether the cache is what this run would write; if it is not, it is replaced only if that was asked."""
    with open_cache(target) as cache:
        same = cache.fingerprint == prepared.spec.fingerprint
    if same:
        log.warning("%s was finished before the restart", target)
    elif not overwrite:
        raise whole
    return same


def _damaged(target: Path, progress: bool) -> Damaged:
    """The cache that has the name already, with what is wrong with it, said in the log."""
    size = target.stat().st_size
    with bar(size, progress, leave=False) as checking:
        checking.set_description("checking", refresh=False)
        damaged = Damaged(target, checking.update)
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
