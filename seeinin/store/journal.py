"""The journal beside an unfinished cache: a line is a commit.

Lines are JSON behind their own CRC32. What follows the first line that is torn or damaged never happened.
"""

import fcntl
import json
import os
import socket
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from seeinin.store.files import Files, release, write

Record = Mapping[str, Any]

BEAT = 5.0  # seconds


class Journal:
    """An open journal; iterating it gives the records that hold."""

    def __init__(self, files: Files, path: Path) -> None:
        self.path = path
        self._files = files
        self._descriptor = files.open(path)
        self.end = 0
        self._beaten = 0.0

    def __iter__(self) -> Iterator[Record]:
        return (record for record, _ in read(self.path))

    def lock(self) -> bool:
        """Whether this process now holds the journal, and with it what it speaks of. Cuts off what does not hold."""
        while self._files.lock(self._descriptor):
            if os.fstat(self._descriptor).st_nlink:
                self.end = max((end for _, end in read(self.path)), default=0)
                self._files.truncate(self._descriptor, self.end)
                return True
            self.close()  # its holder sealed the cache and removed the journal while we waited to open it
            self._descriptor = self._files.open(self.path)
        return False

    def clear(self) -> None:
        """Nothing is committed any more."""
        self._files.truncate(self._descriptor, 0)
        self._files.datasync(self._descriptor)
        self.end = 0

    def append(self, *records: Record) -> None:
        """Commit `records`: they are on the disk when this returns."""
        lines = b"".join(map(_line, records))
        write(self._files, self._descriptor, lines, self.end)
        self._files.datasync(self._descriptor)
        self.end += len(lines)

    def beat(self) -> None:
        """Let those who look at the journal know that this process lives."""
        if time.monotonic() - self._beaten > BEAT:
            os.utime(self._descriptor)
            self._beaten = time.monotonic()

    def close(self) -> None:
        if self._descriptor >= 0:
            release(self._files, self._descriptor)
        self._descriptor = -1


def _line(record: Record) -> bytes:
    text = json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def read(path: Path, start: int = 0) -> Iterator[tuple[Record, int]]:
    """The records of the journal at `path` that hold, from byte `start` on, and where the next of each belongs.

    None where there is no journal. Another process may be writing it: what it has not yet written whole comes later.
    """
    with suppress(FileNotFoundError), path.open("rb") as file:
        file.seek(start)
        for line in file:
            crc, _, text = line.rstrip(b"\n").partition(b" ")
            if not line.endswith(b"\n") or crc != b"%08x" % zlib.crc32(text):
                return
            start += len(line)
            yield json.loads(text), start


def holder() -> dict[str, str | int]:
    """This process, for the one that finds the cache taken."""
    return {"host": socket.gethostname(), "pid": os.getpid(), "since": time.strftime("%Y-%m-%d %H:%M:%S")}


def named(holder: Mapping[str, Any]) -> str:
    return f"process {holder['pid']} on {holder['host']}"


def held_by(path: Path) -> str:
    """The last holder that the journal at `path` names, in words."""
    held = [record["holder"] for record, _ in read(path) if "holder" in record]
    return f"{named(held[-1])}, since {held[-1]['since']}" if held else "another process"


def is_held(path: Path) -> bool:
    """Whether a living process is known to hold the journal at `path`. Changes nothing."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # the file system knows no locks
        return False
    finally:
        os.close(descriptor)
    return False
