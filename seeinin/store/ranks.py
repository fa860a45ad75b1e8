"""Several processes that write one cache together, and know of each other by their journals alone.

Rank 0 lays the file out, and its journal says what is there when a run begins. From that, and by arithmetic, every rank
knows which units and layers are its own. It commits them to a journal of its own, which the others only read and whose
time of change is its heartbeat; a later run takes over what these journals say.
"""

import glob
import heapq
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from seeinin.store import journal
from seeinin.store.journal import Record


@dataclass(frozen=True, slots=True)
class Rank:
    """One of `count` processes; `run` is a name that all of a run have in common, and no other run has."""

    number: int = 0
    count: int = 1
    run: str = ""

    def units(self, missing: Iterable[int]) -> set[int]:
        """Its own of the units that are still to be committed: every `count`-th."""
        return set(sorted(missing)[self.number :: self.count])

    def layers(self, sizes: Mapping[int, int]) -> set[int]:
        """Its own of the layers that are still to be derived, of so many bytes: the largest first, to who has least."""
        ranks = [(0, number) for number in range(self.count)]
        mine = set()
        for layer in sorted(sizes, key=lambda layer: (-sizes[layer], layer)):
            load, number = heapq.heappop(ranks)
            heapq.heappush(ranks, (load + sizes[layer], number))
            if number == self.number:
                mine.add(layer)
        return mine


ALONE = Rank()


def journal_path(target: Path, rank: int = 0) -> Path:
    return target.with_name(f"{target.name}.journal{f'.{rank}' if rank else ''}")


def others_journals(target: Path) -> list[Path]:
    """The journals of ranks above 0, of this run or of earlier ones."""
    found = target.parent.glob(f"{glob.escape(target.name)}.journal.*")
    return sorted((path for path in found if path.suffix[1:].isdecimal()), key=lambda path: int(path.suffix[1:]))


class Peer:
    """Another rank of this run, as its journal tells from byte `start` on."""

    def __init__(self, target: Path, number: int, run: str, start: int = 0) -> None:
        self.number = number
        self.last: int | None = None  # of the units that it committed
        self.heard = time.monotonic()
        self.done = self.left = False
        self._path = journal_path(target, number)
        self._run, self._end, self._beat = run, start, 0

    def news(self) -> Iterator[Record]:
        """What it has written since the last call."""
        with suppress(FileNotFoundError):
            beat = self._path.stat().st_mtime_ns
            if beat != self._beat:
                self._beat, self.heard = beat, time.monotonic()
        for record, end in journal.read(self._path, self._end):
            if not self._end and record.get("run") != self._run:
                return  # what an earlier run left, and rank 0 is about to remove
            self._end = end
            self.last = record.get("unit", self.last)
            self.done |= "done" in record
            self.left |= "left" in record
            yield record

    @property
    def joined(self) -> bool:
        return self._end > 0

    @property
    def dead(self) -> bool:
        """Whether it has ended without a word."""
        return self.joined and not (self.done or self.left) and not journal.is_held(self._path)

    def __str__(self) -> str:
        return f"rank {self.number}" + (f" ({journal.held_by(self._path)})" if self.joined else "")
