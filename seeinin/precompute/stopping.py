"""Ctrl-C and SIGTERM: the first lets the unit in hand be finished, the second leaves at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from seeinin.errors import Terminated

STOPPING = b"\nStopping when the images in hand are on the disk; once more leaves at once, and loses only those.\n"


class Stop:
    """Whether somebody asked for the end."""

    def __init__(self) -> None:
        self._asked: int | None = None

    def check(self) -> None:
        """Raise KeyboardInterrupt after Ctrl-C, and Terminated after SIGTERM."""
        if self._asked == signal.SIGINT:
            raise KeyboardInterrupt
        if self._asked is not None:
            raise Terminated(128 + self._asked)

    def ask(self, number: int, _: FrameType | None) -> None:
        """The handler of both signals."""
        if self._asked is not None:
            os._exit(128 + number)  # what was committed is on the disk, and nothing else counts
        self._asked = number
        os.write(2, STOPPING)  # not through sys.stderr, in whose midst the signal may have come


@contextmanager
def stoppable() -> Iterator[Stop]:
    """While this lasts nothing is interrupted but where `check` is called. Elsewhere than in the main thread, or where
    a signal is ignored, all stays as it is."""
    stop, before = Stop(), {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            if (handler := signal.getsignal(number)) is not signal.SIG_IGN:
                before[number] = handler
                signal.signal(number, stop.ask)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
