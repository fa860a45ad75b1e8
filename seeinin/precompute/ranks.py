"""The processes that torchrun starts to write one cache together, and the eye that they keep on each other."""

from __future__ import annotations

import logging
import os
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import torch

from seeinin.errors import CacheError
from seeinin.store.beginning import has_begun
from seeinin.store.ranks import ALONE, Peer, Rank
from seeinin.store.writer import Writer

log = logging.getLogger(__name__)

POLL, PATIENCE = 0.1, 60.0  # seconds


@dataclass(frozen=True)
class Launch:
    """This process: its rank, its number among those of its machine, how many those are, and the starts before this."""

    rank: Rank = ALONE
    local: int = 0
    beside: int = 1
    restarts: int = 0


BY_ITSELF = Launch()


def torchrun() -> Launch:
    """What torchrun says of this process. The store that it keeps for its ranks gives the run a name."""
    environment = os.environ
    if "TORCHELASTIC_RUN_ID" not in environment or environment["WORLD_SIZE"] == "1":
        return BY_ITSELF
    restarts = int(environment.get("TORCHELASTIC_RESTART_COUNT", 0))
    store, number, count = next(torch.distributed.rendezvous("env://"))
    if number == 0:
        store.set(f"seeinin/{restarts}", uuid.uuid4().hex)
    run = store.get(f"seeinin/{restarts}").decode()
    local, beside = int(environment["LOCAL_RANK"]), int(environment["LOCAL_WORLD_SIZE"])
    return Launch(Rank(number, count, run), local, beside, restarts)


def await_first(target: Path, rank: Rank, check: Callable[[], None]) -> None:
    """Return once rank 0 has laid out the cache of `target`, or found what is left of it."""
    since = time.monotonic()
    while not has_begun(target, rank):
        check()
        time.sleep(POLL)
        if time.monotonic() - since > PATIENCE:
            log.warning("rank %d waits for rank 0, which has not begun for %.0f seconds", rank.number, PATIENCE)
            since = time.monotonic()


class Watch(AbstractContextManager["Watch"]):
    """Waits for the other ranks of a run, and says which of them hang or are gone.

    `check` raises where the run shall end; `report` gets the bytes that others have done while this one waited.
    """

    def __init__(self, writer: Writer, rank: Rank, check: Callable[[], None], report: Callable[[int], None]) -> None:
        self._writer, self._rank, self._check, self._report = writer, rank, check, report
        self._patience = dict.fromkeys(writer.peers, PATIENCE)

    def wait(self, until: Callable[[], bool]) -> None:
        """Return once `until()` holds. Raises CacheError where a rank has ended before."""
        self._report(self._writer.follow())
        while not until():
            if gone := self._gone():
                raise CacheError(self._told(gone[0]))
            for peer in self._writer.peers:
                self._look(peer)
            self._check()
            time.sleep(POLL)
            self._report(self._writer.follow())

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Whoever leaves early says which rank was killed, unless a lower one says so."""
        if kind is None or issubclass(kind, CacheError):
            return
        self._report(self._writer.follow())
        dead = [peer for peer in self._gone() if not peer.left]
        if not set(range(self._rank.number)) - {peer.number for peer in dead}:
            for peer in dead:
                log.warning("%s", self._told(peer))

    def _gone(self) -> list[Peer]:
        """The ranks that have ended before their work was done."""
        suspects = [peer for peer in self._writer.peers if peer.left or peer.dead]
        if suspects:
            self._report(self._writer.follow())  # the last thing that one of them did may have been to say it was done
        return [peer for peer in suspects if peer.left or peer.dead]

    def _look(self, peer: Peer) -> None:
        idle = time.monotonic() - peer.heard
        if idle > self._patience[peer] and not peer.done:
            log.warning("%s has given no sign of life for %.0f seconds; %s", peer, idle, self._last(peer))
            self._patience[peer] *= 2

    def _told(self, peer: Peer) -> str:
        return (
            f"{peer} has ended before its work was done; {self._last(peer)}. "
            "What is committed stays: run the same command again, with as many ranks as you like."
        )

    def _last(self, peer: Peer) -> str:
        if peer.last is None:
            return "it has finished no images yet"
        rows = self._writer.units[peer.last]
        return f"the last that it finished were images {rows.start} to {rows.stop - 1}"
