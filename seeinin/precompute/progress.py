"""How far a run is: a bar on a terminal; elsewhere, as in the log of a batch job, a sober line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from tqdm import tqdm

from seeinin.store.writer import Writer
from seeinin.wording import count_of

SELDOM = 30.0  # seconds between two lines
LINE = "{desc}{percentage:.0f} %, {n_fmt}B of {total_fmt}B{postfix}, {remaining} left"


def bar(total: int, shown: bool, done: int = 0, **options: Any) -> Any:
    """tqdm over so many bytes."""
    if not sys.stderr.isatty():
        lines = {"file": Lines(), "bar_format": LINE, "mininterval": SELDOM, "maxinterval": SELDOM, "delay": 1e-9}
        options = options | lines | {"leave": True}
    return tqdm(total=total, initial=done, unit="B", unit_scale=True, disable=not shown, **options)


class Lines:
    """A stream for tqdm that knows no carriage return."""

    def write(self, text: str) -> None:
        if line := text.strip():
            sys.stderr.write(f"{line}\n")

    def flush(self) -> None:
        sys.stderr.flush()


class Progress(AbstractContextManager["Progress"]):
    """The bytes of both stages of a writer, those of its other ranks included, who are asked once a second."""

    def __init__(self, writer: Writer, shown: bool) -> None:
        self._writer, self._shown = writer, shown
        self._bar = bar(writer.bytes_total, shown, writer.bytes_done)
        self._asked = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def resuming(self) -> None:
        """Say of how many images the maps are there already."""
        if self._shown and (kept := sum(len(self._writer.units[unit]) for unit in self._writer.committed)):
            images = len(self._writer.spec.index)
            self._bar.write(f"resuming: {kept:,} of {count_of(images, 'image')} kept", file=sys.stderr)

    def stage(self, name: str, image_bytes: float, check: Callable[[], None] = lambda: None) -> Callable[[int], None]:
        """What takes the bytes done since its last call, tells how many images a second that is, and calls `check`."""
        self._bar.set_description(name, refresh=False)
        begun, done = time.perf_counter(), 0

        def count(size: int) -> None:
            nonlocal done
            if self._writer.peers and time.monotonic() - self._asked > 1:
                self._asked = time.monotonic()
                size += self._writer.follow()
            done += size
            speed = done / image_bytes / (time.perf_counter() - begun)
            self._bar.set_postfix_str(f"{speed:,.0f} images/s", refresh=False)
            self.add(size)
            check()

        return count

    def add(self, size: int) -> None:
        """What was done outside a stage of one's own."""
        self._bar.update(size)
