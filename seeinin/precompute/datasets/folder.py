"""A folder of image files, a class per sub-folder, or flat."""

from __future__ import annotations

import difflib
import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from seeinin import config
from seeinin.errors import DataError
from seeinin.precompute import files
from seeinin.precompute.datasets.unread import Unread
from seeinin.precompute.reading.decoding import SUFFIXES, Entry, Files

log = logging.getLogger(__name__)


def folder(dataset: config.Folder) -> Unread:
    """The images below the folder, by the order of their names. Each sub-folder is a class, whatever lies below it;
    what lies beside the sub-folders has none. Hidden files and other suffixes are passed over.

    `classes` fixes which class has which number; else sub-folders are numbered by the order of their names.
    """
    root = Path(dataset.path)
    files.check(root, cure := "correct dataset.path", DataError, stat.S_IFDIR)
    with files.reading(root, cure, DataError):
        inside = sorted(entry.name for entry in os.scandir(root) if entry.is_dir() and entry.name[0] != ".")
    classes = dataset.classes or tuple(map(readable, inside))
    paths, label = list(_images(root, deep=False)), []
    label += [-1] * len(paths)
    for name in inside:
        of_class = list(_images(root / name, deep=True))
        paths += of_class
        label += [_number(readable(name), classes, root)] * len(of_class)
    if not paths:
        raise DataError(f"{root} holds no images; their names end in {' '.join(sorted(SUFFIXES))}")
    _log_sizes(label, classes, root)
    return of_files(paths, root, np.array(label, np.int32), classes, str(root), dataset)


def of_files(
    paths: list[str],
    root: Path,
    label: np.ndarray,
    classes: tuple[str, ...],
    named: str,
    reading: config.Reading,
    extra: dict[str, np.ndarray] | None = None,
) -> Unread:
    """A dataset of these files, which are called by their paths from `root`."""
    items = [Entry.of(path) for path in paths]
    names = [readable(os.path.relpath(path, root)) for path in paths]
    digests = [f"{name} {entry.size} {entry.modified}".encode() for name, entry in zip(names, items, strict=True)]
    return Unread(Files(), items, names, classes, named, reading, label, digests, extra or {})


def readable(name: str) -> str:
    """A file name as text; what is not UTF-8 in it is replaced."""
    return os.fsencode(name).decode("utf-8", "replace")


def _images(root: Path, *, deep: bool) -> Iterator[str]:
    passed: list[str] = []
    for place, folders, inside in os.walk(root, onerror=_refuse):
        folders[:] = sorted(name for name in folders if name[0] != ".") if deep else []
        for name in sorted(name for name in inside if name[0] != "."):
            if os.path.splitext(name)[1].lower() in SUFFIXES:  # noqa: PTH122  a Path for each of a million files
                yield os.path.join(place, name)  # noqa: PTH118
            else:
                passed.append(name)
    if passed:
        log.warning("%s: %d files are no images by their names and passed over, as %s", root, len(passed), passed[0])


def _refuse(error: OSError) -> None:
    """A folder that cannot be listed: without it the run would be of other images than was meant."""
    with files.reading(Path(error.filename), "leave it out of dataset.path", DataError):
        raise error


def _number(name: str, classes: tuple[str, ...], root: Path) -> int:
    if name not in classes:
        near = difflib.get_close_matches(name, classes, n=1, cutoff=0)[0]
        raise DataError(f"{root / name} is not among dataset.classes; add it, or rename it (the nearest is {near})")
    return classes.index(name)


def _log_sizes(label: list[int], classes: tuple[str, ...], root: Path) -> None:
    present = set(label)
    if empty := [name for k, name in enumerate(classes) if k not in present]:
        log.warning("%s: no images of %s", root, ", ".join(empty[:5]) + (", …" if len(empty) > 5 else ""))
    if classes and -1 in present:
        log.warning("%s: %d images lie beside the folders of the classes and get none", root, label.count(-1))
