"""The journal beside an unfinished cache: a line is a commit.

Lines are JSON behind their own CRC32. What follows the first line that is torn or damaged never happened.
"""

import fcntl
import json
import os
import socket
import time
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seeinin.store.files import Files, write

Record = Mapping[str, Any]


class Journal:
    """An open journal: `records` are those that hold, the first of them the header."""

    def __init__(self, files: Files, path: Path) -> None:
        self.path = path
        self._files = files
        self._descriptor = files.open(path)
        self.records: list[Record] = []
        self._end = 0

    def lock(self) -> bool:
        """Whether this process now holds the journal, and with it the cache. Reads what it says."""
        while self._files.lock(self._descriptor):
            if os.fstat(self._descriptor).st_nlink:
                self.records, self._end = read(self.path)
                self._files.truncate(self._descriptor, self._end)
                return True
            self.close()  # its holder sealed the cache and removed the journal while we waited to open it
            self._descriptor = self._files.open(self.path)
        return False

    def clear(self) -> None:
        """Nothing is committed any more."""
        self._files.truncate(self._descriptor, 0)
        self._files.datasync(self._descriptor)
        self.records, self._end = [], 0

    def append(self, record: Record) -> None:
        """Commit `record`: it is on the disk when this returns."""
        text = json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode()
        line = b"%08x %s\n" % (zlib.crc32(text), text)
        write(self._files, self._descriptor, line, self._end)
        self._files.datasync(self._descriptor)
        self._end += len(line)
        self.records.append(record)

    def close(self) -> None:
        if self._descriptor >= 0:
            self._files.close(self._descriptor)
        self._descriptor = -1


def read(path: Path) -> tuple[list[Record], int]:
    """The records of the journal at `path` that hold, and where the next belongs; none where there is no journal."""
    records: list[Record] = []
    end = 0
    for line in path.read_bytes().splitlines(keepends=True) if path.exists() else ():
        crc, _, text = line.rstrip(b"\n").partition(b" ")
        if not line.endswith(b"\n") or crc != b"%08x" % zlib.crc32(text):
            break
        records.append(json.loads(text))
        end += len(line)
    return records, end


def holder() -> dict[str, str | int]:
    """This process, for the one that finds the cache taken."""
    return {"host": socket.gethostname(), "pid": os.getpid(), "since": time.strftime("%Y-%m-%d %H:%M:%S")}


def held_by(path: Path) -> str:
    """The last holder that the journal at `path` names, in words."""
    held = [record["holder"] for record in read(path)[0] if "holder" in record]
    return f"process {held[-1]['pid']} on {held[-1]['host']}, since {held[-1]['since']}" if held else "another process"


def is_held(path: Path) -> bool:
    """Whether a living process writes the cache of the journal at `path`. Changes nothing."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
