"""What is wrong with a cache: every stored byte against its CRC32, and HDF5's view of the file against our own."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from seeinin.errors import CacheError
from seeinin.store.access import Access, DamageError, Descriptor
from seeinin.store.directory import Directory
from seeinin.store.files import Files
from seeinin.store.opening import inspected, open_file, own

Progress = Callable[[int], None]

AT_ONCE = 1 << 24  # bytes
SOME = 1000  # parts


def verify(path: str | Path, report: Progress | None = None) -> list[str]:
    """A sentence for everything that is not as it was written; none where all is well.

    `report` hears of the bytes that were checked, nearly those of the file in all. Raises CacheError where the file
    cannot be opened as a cache at all.
    """
    path, files = Path(path), Files()
    descriptor, directory = open_file(path, files)
    access = Access(path, descriptor, directory, files)
    found = _described(path, descriptor, directory, files)
    parts = _parts(access)
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        while some := list(islice(parts, SOME)):  # of terabytes there are too many to be asked for at once
            for part, damaged in zip(some, threads.map(lambda part: list(_damage(access, part)), some), strict=True):
                found += damaged
                if report:
                    report(part.size)
    return list(dict.fromkeys(found))


def _described(path: Path, descriptor: Descriptor, directory: Directory, files: Files) -> list[str]:
    """What is wrong with the descriptions of the file, HDF5's and our own."""
    if not own(path, files, descriptor)[1]:  # then `directory` is what HDF5 says
        return ["the description of the file, HDF5's or the cache's own, is not as it was written"]
    try:
        seen = inspected(path).places
    except CacheError as error:
        return [str(error)]
    moved = [name for name, place in directory.places.items() if place.nbytes and seen.get(name) != place]
    return [f"/{name} lies elsewhere for HDF5 than for the cache" for name in moved]


class _Part(NamedTuple):
    """Rows, or values of a column, of a dataset; a small one whole."""

    path: str
    column: int  # -1: none
    start: int
    stop: int
    size: int  # bytes


def _parts(access: Access) -> Iterator[_Part]:
    """Everything, in parts of whole pieces and about AT_ONCE bytes."""
    for path, place in access.directory.places.items():
        if place.piece is None:
            yield _Part(path, -1, 0, 0, place.nbytes)
            continue
        entry, count = (place.dtype.itemsize, place.shape[1]) if place.columnar else (place.entry, place.shape[0])
        step = max(1, AT_ONCE // (entry * place.piece)) * place.piece
        for column in range(place.shape[0]) if place.columnar else (-1,):
            for start in range(0, count, step):
                stop = min(start + step, count)
                yield _Part(path, column, start, stop, (stop - start) * entry)


def _damage(access: Access, part: _Part) -> Iterator[str]:
    try:
        _read(access, part)
    except DamageError as error:
        yield from error.what
    except CacheError as error:
        yield str(error)


def _read(access: Access, part: _Part) -> None:
    if access.directory.places[part.path].piece is None:
        access.array(part.path)
    elif part.column >= 0:
        access.column(part.path, part.column, part.start, part.stop)
    else:
        access.take(part.path, slice(part.start, part.stop))
