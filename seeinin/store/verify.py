"""What is wrong with a cache: every stored byte against its CRC32, and HDF5's view of the file against our own."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from seeinin.errors import CacheError
from seeinin.store.access import Access, DamageError, Descriptor
from seeinin.store.directory import Directory
from seeinin.store.files import Files
from seeinin.store.format import Place
from seeinin.store.opening import inspected, open_file, own

AT_ONCE = 1 << 24  # bytes


def verify(path: str | Path) -> list[str]:
    """A sentence for everything that is not as it was written; none where all is well.

    Raises CacheError where the file cannot be opened as a cache at all.
    """
    path, files = Path(path), Files()
    descriptor, directory = open_file(path, files)
    access = Access(path, descriptor, directory, files)
    found = _described(path, descriptor, directory, files)
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for damaged in threads.map(lambda part: list(_damage(access, *part)), _parts(access)):
            found += damaged
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


def _parts(access: Access) -> Iterator[tuple[str, int, int, int]]:
    """(dataset, column or -1, first, after the last): everything, in parts of about AT_ONCE bytes."""
    for path, place in access.directory.places.items():
        if place.piece is None:
            yield path, -1, 0, 0
            continue
        columns = range(place.shape[0]) if place.columnar else (-1,)
        for column in columns:
            yield from ((path, column, start, stop) for start, stop in _ranges(place, AT_ONCE))


def _ranges(place: Place, size: int) -> Iterator[tuple[int, int]]:
    """Stretches of rows, or of the values of a column, of whole pieces and about `size` bytes."""
    piece, entry, count = place.piece or 1, place.entry, place.shape[0]
    if place.columnar:
        entry, count = place.dtype.itemsize, place.shape[1]
    step = max(1, size // (entry * piece)) * piece
    yield from ((start, min(start + step, count)) for start in range(0, count, step))


def _damage(access: Access, path: str, column: int, start: int, stop: int) -> Iterator[str]:
    try:
        _read(access, path, column, start, stop)
    except DamageError as error:
        yield from error.what
    except CacheError as error:
        yield str(error)


def _read(access: Access, path: str, column: int, start: int, stop: int) -> None:
    if access.directory.places[path].piece is None:
        access.array(path)
    elif column >= 0:
        access.column(path, column, start, stop)
    else:
        access.take(path, slice(start, stop))
