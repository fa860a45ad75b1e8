"""From a path to a directory that can be trusted, or to a sentence that says why not."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seeinin.errors import CacheError
from seeinin.store import directory as directories
from seeinin.store import journal
from seeinin.store.access import Descriptor
from seeinin.store.directory import Directory
from seeinin.store.files import Files, gigabytes, read
from seeinin.store.format import VERSION
from seeinin.store.partial import partial_path
from seeinin.store.ranks import journal_path

SIGNATURE = b"\x89HDF\r\n\x1a\n"
SUPERBLOCK = 48  # bytes; those from 28 on say how long the file is
MOST_METADATA = 1 << 28  # bytes: a file that claims more is looked at by `inspect`, with its time limit
PATIENCE = 20  # seconds


def open_file(path: Path, files: Files) -> tuple[Descriptor, Directory]:
    """The open file and where everything in it lies. Raises CacheError unless it is a whole cache of this version."""
    target = path.with_name(path.name.removesuffix(".partial"))
    if partial_path(target).exists() and (target != path or not path.exists()):
        raise _unfinished(target)
    try:
        descriptor = Descriptor(path)
        size = os.fstat(descriptor.number).st_size
        superblock = _bytes(files, descriptor, 0, min(size, SUPERBLOCK)).tobytes()
    except OSError as error:
        raise CacheError(f"{path} cannot be opened: {error.strerror or error}.") from error
    if not size:
        raise CacheError(f"{path} is empty. Make the cache again with `seeinin precompute`.")
    if not superblock.startswith(SIGNATURE):
        raise CacheError(f"{path} is not a seeinin cache: it is no HDF5 file.")
    promised = int.from_bytes(superblock[28:36], "little") if superblock[8:9] in (b"\2", b"\3") else 0
    if size < promised or len(superblock) < SUPERBLOCK:
        has = gigabytes(size) + (f" of {gigabytes(promised)}{_left(path, files, descriptor)}" if promised else "")
        again = "run the same `seeinin precompute` again, which completes it"
        raise CacheError(f"{path} is cut short: {has}. Copy it again, or {again}.")
    try:
        directory, fits = own(path, files, descriptor)
        if directory is None or not fits:
            directory = _agreeing(directory, inspected(path))
        directories.check(directory, size)
    except OSError as error:
        raise CacheError(f"{path} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        raise CacheError(f"{path} is not a seeinin cache, or is damaged: {error}.") from error
    return descriptor, directory


def own(path: Path, files: Files, descriptor: Descriptor) -> tuple[Directory | None, bool]:
    """The directory that the file carries, if it is whole, and whether HDF5's metadata are those it was made for."""
    start, size = directories.OFFSET, os.fstat(descriptor.number).st_size
    head = directories.head(_bytes(files, descriptor, start, min(directories.HEAD, max(0, size - start))).tobytes())
    if head is None or head.length > size - start - directories.HEAD:
        return None, False
    data = _bytes(files, descriptor, start, directories.HEAD + head.length).tobytes()
    if head.version > VERSION:
        raise newer(path, head.version, directories.needs(data))
    directory = directories.decode(data)
    place = directory.places.get(directories.EXTENTS) if directory else None
    if directory is None or place is None or place.offset + place.span > size or place.span > MOST_METADATA:
        return directory, False
    if place.dtype != "<i8" or not place.nbytes or place.shape[1:] != (2,):
        return directory, False
    extents = _bytes(files, descriptor, place.offset, place.nbytes).view("<i8").reshape(-1, 2)
    offsets, lengths = extents.T
    if extents.min() < 0 or lengths.sum() > MOST_METADATA or (offsets > size - lengths).any():
        return directory, False
    metadata = (_bytes(files, descriptor, o, n).data for o, n in extents[lengths > 0].tolist())
    return directory, directories.stamp(extents, metadata) == directory.metadata


def _agreeing(own: Directory | None, seen: Directory) -> Directory:
    """What HDF5 says of a file that was changed with other tools: more datasets are welcome, other layers are not."""
    if own is not None and own.about != seen.about:
        raise ValueError("HDF5's description of the layers is not the one it was written with")
    return seen


def inspected(path: Path) -> Directory:
    """The directory of a file that has none, or was changed: as HDF5 tells it to a child process, which may crash."""
    answer = _answer(path)
    if "error" in answer:
        raise CacheError(f"{path} {answer['error']}")
    if "version" in answer:
        raise newer(path, answer["version"], str(answer["needs"]))
    try:
        return directories.from_facts(answer["facts"])
    except directories.NONSENSE:
        raise CacheError(f"{path} is damaged: HDF5 cannot read it. Make the cache again.") from None


def _answer(path: Path) -> dict[str, Any]:
    """What `inspect` says; nothing where it crashes, hangs or runs out of memory."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "HDF5_PLUGIN_PATH": os.devnull}
    command = [sys.executable, "-m", "seeinin.store.inspect", os.fspath(path)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=PATIENCE, env=environment, check=False)
        answer: dict[str, Any] = json.loads(done.stdout) if done.returncode == 0 else {}
    except (subprocess.TimeoutExpired, ValueError):
        return {}
    return answer


def _left(path: Path, files: Files, descriptor: Descriptor) -> str:
    """How many images lie before the end of a file that was cut, if it still says where they should."""
    directory, size = own(path, files, descriptor)[0], os.fstat(descriptor.number).st_size
    if directory is None:
        return ""
    try:
        directories.check(directory, directory.size)
    except ValueError:
        return ""
    places = directory.places
    units = [place for place in places.values() if place.piece is not None and not place.columnar and place.nbytes]
    whole = min(((size - place.offset) // place.stride for place in units), default=0)
    images = places["images/pixels"].shape[0]
    return f"; {min(images, max(0, whole)):,} of {images:,} images are whole"


def newer(path: Path, version: int, needs: str) -> CacheError:
    """A file that this program is too old for; `needs` is the version that it says it needs."""
    needed = f"seeinin {needs} or newer" if re.fullmatch(r"\d[\w.+]{0,30}", needs) else "a newer seeinin"
    return CacheError(f"{path} is of format {version} and needs {needed}: this one reads format {VERSION}.")


def _unfinished(target: Path) -> CacheError:
    """A partial cache: somebody writes it now, or nobody does any more."""
    if journal.is_held(journal_path(target)):
        return CacheError(f"{target} is still being written, by {journal.held_by(journal_path(target))}. Wait for it.")
    return CacheError(f"{target} is unfinished: run the same `seeinin precompute` again, and it goes on.")


def _bytes(files: Files, descriptor: Descriptor, offset: int, count: int) -> NDArray[np.uint8]:
    out = np.empty(count, np.uint8)
    try:
        read(files, descriptor.number, out, offset)
    except EOFError:
        raise OSError("it became shorter while it was read") from None
    return out
