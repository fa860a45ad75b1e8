"""How every benchmark here times, compares and tells: ours and the peer in turn, in one run, medians of both."""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True)
class Row:
    """One comparison, less is better; `promise` is the largest `ratio` (ours / theirs) that keeps it.

    `theirs` is None where there is nothing to compare with, and `note` says why, or what else there is to know.
    """

    benchmark: str
    case: str
    ours: float | None
    unit: str
    peer: str = ""
    theirs: float | None = None
    promise: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return None if self.ours is None or self.theirs is None else self.ours / self.theirs

    @property
    def met(self) -> bool | None:
        return None if self.promise is None or self.ratio is None else self.ratio <= self.promise

    def as_json(self) -> dict[str, object]:
        return asdict(self) | {"ratio": self.ratio, "met": self.met}

    @classmethod
    def from_json(cls, figures: dict[str, Any]) -> Self:
        return cls(**{field.name: figures[field.name] for field in fields(cls)})


def timed(action: Callable[[], object]) -> float:
    """Seconds that it takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def alternate(
    *actions: Callable[[], object], rounds: int = 7, before: Callable[[], object] = lambda: None
) -> list[float]:
    """Median seconds of each action after one unmeasured turn; in turns, so a machine that slows down slows all.

    `before` each of them something may have to be done that is not measured.
    """
    seconds: list[list[float]] = [[] for _ in actions]
    for turn in range(rounds + 1):
        for action, record in zip(actions, seconds, strict=True):
            before()
            took = timed(action)
            if turn:
                record.append(took)
    return [statistics.median(record) for record in seconds]


def figure(value: float | None) -> str:
    """Three figures."""
    return "" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def table(rows: Sequence[Row]) -> str:
    """The rows as Markdown."""
    lines = ["| case | ours | peer | theirs | ours / theirs | promise | |", "|---|---:|---|---:|---:|---|---|"]
    for row in rows:
        verdict = "" if row.met is None else f"≤ {figure(row.promise)}: {'met' if row.met else '**missed**'}"
        ours, theirs = (f"{figure(value)} {row.unit}" if value is not None else "" for value in (row.ours, row.theirs))
        cells = (f"{row.benchmark}: {row.case}", ours, row.peer, theirs, figure(row.ratio), verdict, row.note)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main(measure: Callable[[], Sequence[Row]], description: str | None) -> None:
    """The command line of a benchmark: prints its table, and with --json FILE keeps the figures."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    arguments = parser.parse_args()
    rows = measure()
    print(table(rows))
    if arguments.json:
        arguments.json.write_text(json.dumps([row.as_json() for row in rows], indent=1) + "\n")
