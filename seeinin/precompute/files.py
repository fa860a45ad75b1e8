"""The files that a config names, looked at before they are opened: a pipe would keep us waiting, a device never end."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seeinin.errors import DataError, SeeInInError
from seeinin.store.files import gigabytes

MOST = (1 << 31) - 1  # bytes that are read into memory at once: what a protobuf may hold

_KINDS = {stat.S_IFREG: "a file", stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}


def check(path: Path, cure: str, failure: type[SeeInInError], wanted: int = stat.S_IFREG) -> int:
    """The bytes in the file. Raises `failure` where there is none, or something else, or where it may not be read or
    holds nothing; `cure` says what to do.
    """
    with reading(path, cure, failure):
        status = path.stat()
        kind = stat.S_IFMT(status.st_mode)
        if kind != wanted:
            raise failure(f"{path} is {_KINDS.get(kind, 'a device')}, not {_KINDS[wanted]}; {cure}")
        if kind == stat.S_IFREG:
            path.open("rb").close()
            if not status.st_size:
                raise failure(f"{path} is empty; fetch it again")
    return status.st_size


def content(path: Path, cure: str, failure: type[SeeInInError]) -> bytes:
    """All that is in the file, checked as above."""
    if (size := check(path, cure, failure)) > MOST:
        raise failure(f"{path} is larger than 2 GB ({size:,} bytes), which is never read in one piece; {cure}")
    with reading(path, cure, failure):
        return path.read_bytes()


def check_memory(path: Path, size: int) -> None:
    """Raises DataError where what is packed in the file, `size` bytes, cannot be held in memory."""
    there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else size
    if size > there:
        raise DataError(
            f"{path} unpacks to {gigabytes(size)}, more than the memory of {gigabytes(there)} here; "
            "give its images as files (dataset.source: folder), which are read as they are needed"
        )


@contextmanager
def reading(path: Path, cure: str, failure: type[SeeInInError]) -> Iterator[None]:
    """What the system says of the file becomes a sentence."""
    try:
        yield
    except FileNotFoundError:
        state = "is a link to nothing" if path.is_symlink() else "is missing"
        raise failure(f"{path} {state}; {cure}") from None
    except PermissionError:
        raise failure(f"{path} may not be read: permission denied; allow it (chmod, chown), or {cure}") from None
    except OSError as error:
        raise failure(f"{path} cannot be read: {error.strerror or error}; {cure}") from None
