"""Peers in processes of their own: one that is missing, fails, crashes or takes too long is a row that says so.

A peer is a painter: called with a `Scene`, it makes everything ready and gives a function that draws one frame anew.
That gives the picture, or a function that fetches it and is not measured.
"""

import multiprocessing
import os
import signal
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import Row, timed

Draw = Callable[[], NDArray[np.uint8]]
Painter = Callable[[Any], Callable[[], Any]]

LIMIT = 60.0  # seconds that a peer may take to get ready, or for one frame
LONG, SLOW = 15.0, 1.5  # seconds for a frame from which the first is measured, or the second, and not several
QUICK, TURN = 0.2, 5  # seconds for a frame below which a turn is so many, as in a pan: caches are nobody's but theirs
HEADLESS = {"EGL_PLATFORM": "surfaceless", "QT_QPA_PLATFORM": "offscreen", "DVZ_LOG_LEVEL": "4"}


class PeerError(Exception):
    """A peer cannot be measured; the message is for the table."""


class Peer:
    """A painter in a process of its own, which draws when it is asked. A context manager."""

    def __init__(self, painter: Painter, scene: Any, environment: Mapping[str, str] = HEADLESS) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(there, painter, scene, dict(environment)), daemon=True)
        self._process.start()
        there.close()

    def __enter__(self) -> "Peer":
        try:
            self._answer()
        except PeerError:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._process.kill()
        self._process.join()
        self._pipe.close()

    def frame(self, keep: bool = False) -> tuple[float, NDArray[np.uint8] | None]:
        """Draw; the seconds that it took, and the picture if it is to be kept."""
        self._pipe.send(keep)
        answer: tuple[float, NDArray[np.uint8] | None] = self._answer()
        return answer

    def _answer(self) -> Any:
        if not self._pipe.poll(LIMIT):
            raise PeerError(f"took more than {LIMIT:.0f} s")
        try:
            answer = self._pipe.recv()
        except EOFError:
            self._process.join()
            code = self._process.exitcode or 0
            raise PeerError(f"crashed: {signal.Signals(-code).name if code < 0 else f'exit status {code}'}") from None
        if isinstance(answer, str):
            raise PeerError(answer)
        return answer


def _serve(pipe: Connection, painter: Painter, scene: Any, environment: dict[str, str]) -> None:
    """In the process of the peer."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"XDG_RUNTIME_DIR": folder} | environment
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        try:
            draw = painter(scene)
            pipe.send(None)
            while True:
                keep, start = pipe.recv(), time.perf_counter()
                picture = draw()
                seconds = time.perf_counter() - start
                pipe.send((seconds, (picture() if callable(picture) else picture) if keep else None))
        except EOFError:
            return
        except Exception as error:  # noqa: BLE001 -- whatever is wrong with a peer is what its row says
            pipe.send(f"{type(error).__name__}: {(str(error).strip() or 'no words').splitlines()[0][:120]}")


def versus(
    row: Callable[..., Row],
    ours: Draw,
    peers: Mapping[str, Callable[[], Peer]],
    same: Callable[[NDArray[np.uint8]], bool],
    rounds: int = 7,
) -> list[Row]:
    """A row for each peer, `row(ours, peer, theirs, note)` in ms, taken in turns; `same(picture)` comes first."""
    rows = []
    for name, start in peers.items():
        try:
            with start() as peer:
                rows.append(row(*_against(ours, peer, same, rounds, name)))
        except PeerError as error:
            rows.append(row(alone(ours), name, None, str(error)))
    return rows


def alone(ours: Draw) -> float:
    """Milliseconds."""
    return 1000 * statistics.median(timed(ours) for _ in range(3))


def _against(
    ours: Draw, peer: Peer, same: Callable[[NDArray[np.uint8]], bool], rounds: int, name: str
) -> tuple[float, str, float, str]:
    first, picture = peer.frame(keep=True)
    if picture is None or not same(picture):
        raise PeerError("paints other dots")
    if first > LONG:
        return alone(ours), name, 1000 * first, "its first frame"
    try:
        second = peer.frame()[0]  # what a library compiles, it has compiled by now
        frames, mine, theirs = range(TURN if second < QUICK else 1), list[float](), list[float]()
        for _ in range(rounds):
            mine += [timed(ours) for _ in frames]
            theirs += [peer.frame()[0] for _ in frames] if second < SLOW else [second]
    except PeerError as error:
        return alone(ours), name, 1000 * first, f"its first frame; the next one {error}"
    return 1000 * statistics.median(mine), name, 1000 * statistics.median(theirs), ""


def started(painters: Mapping[str, Painter], scene: Any) -> dict[str, Callable[[], Peer]]:
    """How to start each of these painters on a scene."""
    return {name: partial(Peer, painter, scene) for name, painter in painters.items()}
