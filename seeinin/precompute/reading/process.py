"""One process that reads images, seen from here."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from seeinin.errors import DataError
from seeinin.precompute.reading.task import Shape, Task

MODULE = "seeinin.precompute.reading.worker"
START = 300  # seconds that a process may take to begin


class KilledError(Exception):
    """A process is gone; the message says how, and which image it was reading."""


class Process:
    """Ctrl-C does not reach it, and it ends by itself when this process does."""

    def __init__(self, task: Task) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._child = subprocess.Popen(
                [sys.executable, "-m", MODULE, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=os.environ | {"OMP_NUM_THREADS": "1"},  # there are as many of us as there are cores
                start_new_session=True,
            )
        self._connection = Connection(ours.detach())
        self._task: Task | None = task

    @property
    def pid(self) -> int:
        return self._child.pid

    def ask(self, shape: Shape | None, items: Sequence[Any], names: Sequence[str], timeout: float) -> list[Any]:
        """An answer for each item. Raises KilledError where the process is gone, DataError where it hangs."""
        answers: list[Any] = []
        try:
            self._begin(names[0] if names else "")
            self._connection.send((shape, items))
            for name in names:
                if not self._connection.poll(timeout):
                    raise DataError(
                        f"{name} gave no answer for {timeout:g} seconds; see whether its disk answers, "
                        "or raise dataset.timeout"
                    )
                answers.append(self._connection.recv())
        except (EOFError, ConnectionError):
            at = names[len(answers)] if names else "nothing"
            raise KilledError(f"a process that was reading {at} {self._end()}") from None
        return answers

    def _begin(self, name: str) -> None:
        """Hand the task over, once; its imports are no image's fault."""
        if self._task is not None:
            self._connection.send(self._task)
            self._task = None
            if not self._connection.poll(START):
                raise DataError(f"the process that is to read {name} does not start within {START} seconds; try again")
            self._connection.recv()

    def kill(self) -> None:
        self._child.kill()

    def close(self) -> None:
        """Only where no thread asks any more: its descriptor may become another file's."""
        self._child.kill()
        self._child.wait()
        self._connection.close()

    def _end(self) -> str:
        code = self._child.wait()
        return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"left with exit code {code}"


def memory() -> str:
    """What there is of it, in a sentence."""
    shared = shutil.disk_usage("/dev/shm") if Path("/dev/shm").is_dir() else None
    known = [f"{shared.free >> 20:,} of {shared.total >> 20:,} MB of shared memory (/dev/shm)"] if shared else []
    try:
        lines = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
        known.insert(0, f"{int(lines['MemAvailable'].split()[0]) >> 10:,} MB of memory")
    except (OSError, KeyError, ValueError):  # not Linux
        pass
    return f"Free are {' and '.join(known)}." if known else ""
