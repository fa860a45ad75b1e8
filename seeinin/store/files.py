"""Every operation on files in one object: tests record it, replay it as a crash, and make its n-th call fail."""

import errno
import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seeinin.errors import DiskError

log = logging.getLogger(__name__)

FULL = (errno.ENOSPC, errno.EDQUOT)
NOT_HERE = (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS, errno.ENOLCK)


class Files:
    """The operating system's calls, one method each; all raise OSError."""

    def open(self, path: Path) -> int:
        """A descriptor for reading and writing; the file is made where it is missing."""
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)

    def close(self, descriptor: int) -> None:
        os.close(descriptor)

    def pwrite(self, descriptor: int, data: memoryview, offset: int) -> int:
        return os.pwrite(descriptor, data, offset)

    def preadv(self, descriptor: int, buffer: memoryview, offset: int) -> int:
        return os.preadv(descriptor, [buffer], offset)

    def truncate(self, descriptor: int, size: int) -> None:
        os.ftruncate(descriptor, size)

    def allocate(self, descriptor: int, size: int) -> None:
        os.posix_fallocate(descriptor, 0, size)

    def datasync(self, descriptor: int) -> None:
        os.fdatasync(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        source.replace(target)

    def remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)

    def make_folder(self, path: Path) -> None:
        """The folder, and those above it that are missing, there for good."""
        missing = [folder for folder in (path, *path.parents) if not folder.exists()]
        path.mkdir(parents=True, exist_ok=True)
        for folder in missing:
            self.sync_directory(folder.parent)

    def sync_directory(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def free(self, path: Path) -> int:
        """Bytes that a user may still write to the file system of `path`."""
        system = os.statvfs(path)
        return system.f_bavail * system.f_frsize

    def lock(self, descriptor: int) -> bool:
        """Take the file for this process alone, until it is closed; False where another holds it.

        Where the file system knows no locks that is left to the user, with a warning.
        """
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno not in NOT_HERE:
                raise
            log.warning("this file system knows no locks: see to it that no other process writes the same cache")
        return True


def write(files: Files, descriptor: int, data: bytes | NDArray[Any], offset: int) -> None:
    """All of `data`, whatever the operating system takes at once. Raises OSError where it takes nothing."""
    view = memoryview(data) if isinstance(data, bytes) else np.ascontiguousarray(data).reshape(-1).view(np.uint8).data
    while view:
        count = files.pwrite(descriptor, view, offset)
        if not count:
            raise OSError(errno.EIO, "nothing could be written")
        view, offset = view[count:], offset + count


def read(files: Files, descriptor: int, out: NDArray[Any] | memoryview, offset: int) -> None:
    """Fill `out`, contiguous (a memoryview: of bytes), from `offset` on. Raises EOFError where the file ends before."""
    view = out if isinstance(out, memoryview) else out.reshape(-1).view(np.uint8).data
    while view:
        count = files.preadv(descriptor, view, offset)
        if not count:
            raise EOFError(offset)
        view, offset = view[count:], offset + count


def release(files: Files, descriptor: int) -> None:
    """Let go of a file of which everything that counts was synced before; it is gone even where that fails."""
    with suppress(OSError):
        files.close(descriptor)


def reserve(files: Files, descriptor: int, size: int) -> None:
    """Bytes on the disk for `size`, zeros; only the length where the file system knows no reservation."""
    try:
        files.allocate(descriptor, size)
    except OSError as error:
        if error.errno not in NOT_HERE:
            raise
        files.truncate(descriptor, size)


@contextmanager
def disk(files: Files, path: Path, need: int) -> Iterator[None]:
    """Say a failure of the disk in words: what the file needs, what is free, and what to do."""
    try:
        yield
    except OSError as error:
        again = "run the same command again: what is committed stays."
        if error.errno not in FULL:
            raise DiskError(f"{path}: {error.strerror or error}. When that is mended, {again}") from error
        free = "the disk is full"
        with suppress(OSError):
            free = f"{gigabytes(files.free(path.parent))} are free"
        raise DiskError(f"{path} needs {gigabytes(need)}, and {free}. Make room, then {again}") from error


def gigabytes(count: int) -> str:
    """12.4 GB, 3.1 MB: bytes for people."""
    for unit, size in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} bytes"
