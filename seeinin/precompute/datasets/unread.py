"""Images that are not held in memory: looked at once to learn their shape, then read as they are needed."""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seeinin import config
from seeinin.errors import DataError
from seeinin.precompute.datasets.labels import numbered
from seeinin.precompute.datasets.rows import Batch, Rows
from seeinin.precompute.reading.problems import Problems
from seeinin.precompute.reading.task import Look, Shape, Task, Unreadable
from seeinin.precompute.reading.workers import Request, Workers

log = logging.getLogger(__name__)

CHUNK = 16  # images that a process is asked for at once, if they are not large
AHEAD = 256e6  # bytes of pixels that may wait for the network
QUIET = 10  # seconds of looking at images after which it is said how many are left
WORTHWHILE = 64  # images for which a further process is started


@dataclass
class Unread:
    """A dataset whose `task` looks at and reads `items`. Where `label` is None, looking tells the labels; where
    `digests` is None, it tells them from the pixels. Messages call an item by its name behind `kind`.
    """

    task: Task
    items: Sequence[Any]
    names: Sequence[str] | None  # None: their numbers
    classes: tuple[str, ...]
    named: str
    reading: config.Reading
    label: NDArray[np.int32] | None = None
    digests: Sequence[bytes] | None = None
    extra: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    kind: str = ""

    def __post_init__(self) -> None:
        if not len(self.items):
            raise DataError(f"{self.named} holds no images")
        self._workers = Workers(self.task, self._count(), self.reading.timeout)

    def __len__(self) -> int:
        return len(self.items)

    def close(self) -> None:
        self._workers.close()

    def choose(self, index: NDArray[np.int64], size: tuple[int, int] | None) -> Rows:
        """The rows of a cache, each image of `size` (h, w) where that is given. Raises DataError where images differ in
        size and it is not, and where more of them than allowed cannot be read.
        """
        own = [str(i) if self.names is None else self.names[i] for i in index]
        names = [self.kind + name for name in own]
        problems = Problems(names, self.reading.max_bad, self.named)
        looks = self._looks(index, names, problems)
        _log_oddities(looks)
        shape = _shape(looks, names, size, self.named)
        if self.label is None:
            found = [look.label if isinstance(look, Look) else -1 for look in looks]
            label, classes = numbered(found, len(found), self.classes, self.named)
        else:
            label, classes = self.label[index], self.classes
        digests = [look.digest if isinstance(look, Look) else b"" for look in looks]
        identity = hashlib.sha256(repr((classes, label.tolist(), self.digests or digests)).encode()).hexdigest()

        def read(batches: Iterable[range]) -> Iterator[Batch]:
            return self._read(index, digests, shape, problems, list(batches))

        extra = {name: column[index] for name, column in self.extra.items()}
        return Rows(shape, label, classes, own, identity, problems, read, extra)

    def _looks(self, index: NDArray[np.int64], names: list[str], problems: Problems) -> list[Look | Unreadable]:
        places = [slice(start, start + CHUNK) for start in range(0, len(index), CHUNK)]
        requests: Iterator[Request] = ((None, [self.items[i] for i in index[p]], names[p]) for p in places)
        answers = self._workers.answers(requests, 2 * max(1, self._workers.count))
        looks: list[Look | Unreadable] = []
        said = time.monotonic()
        for answer in answers:
            looks += answer
            if time.monotonic() - said > QUIET:
                log.info("%s: %s of %s images looked at", self.named, f"{len(looks):,}", f"{len(index):,}")
                said = time.monotonic()
        problems.add({row: look.reason for row, look in enumerate(looks) if isinstance(look, Unreadable)})
        return looks

    def _read(
        self,
        index: NDArray[np.int64],
        digests: list[bytes],
        shape: Shape,
        problems: Problems,
        batches: list[range],
    ) -> Iterator[Batch]:
        """Each batch is asked for in chunks, of which as many are under way as memory allows."""
        known, size = frozenset(problems.reasons), int(np.prod(shape))
        at_once = max(1, min(CHUNK, int(AHEAD / CHUNK / size)))
        chunks = [
            [row for row in rows[at : at + at_once] if row not in known]
            for rows in batches
            for at in range(0, len(rows), at_once)
        ]

        def item(row: int) -> Any:
            return self.items[index[row]] if self.digests else (self.items[index[row]], digests[row])

        requests: Iterator[Request] = (
            (shape, [item(row) for row in chunk], [problems.names[row] for row in chunk]) for chunk in chunks
        )
        ahead = max(2 * max(1, self._workers.count), int(AHEAD / (at_once * size)))
        answers = self._workers.answers(requests, ahead)
        asked = iter(chunks)
        for rows in batches:
            pixels, reasons = np.zeros((len(rows), *shape), np.uint8), {}
            for _ in range(0, len(rows), at_once):
                for row, answer in zip(next(asked), next(answers), strict=True):
                    if isinstance(answer, Unreadable):
                        reasons[row] = answer.reason
                    else:
                        pixels[row - rows.start] = answer
            problems.add(reasons)
            yield Batch(pixels, np.array([row not in problems.reasons for row in rows]))

    def _count(self) -> int:
        if self.reading.workers is not None:
            return self.reading.workers
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return min(cores, 8, -(-len(self.items) // WORTHWHILE))


def _shape(looks: list[Look | Unreadable], names: list[str], size: tuple[int, int] | None, named: str) -> Shape:
    """One shape for all: `size` or that which all have, in colour where any image is."""
    first: dict[tuple[int, int], str] = {}
    channels = 1
    for look, name in zip(looks, names, strict=True):
        if isinstance(look, Look):
            first.setdefault(look.shape[:2], name)
            channels = max(channels, look.shape[2])
    if size is None and len(first) > 1:
        (a, of_a), (b, of_b) = list(first.items())[:2]
        raise DataError(
            f"{named}: the images differ in size ({of_a} is {a[0]} × {a[1]}, {of_b} {b[0]} × {b[1]}); "
            "set preprocess.size: [height, width], to which all are resized as they are read"
        )
    if not first:
        raise DataError(f"{named}: no image of it can be read")
    return *(size or next(iter(first))), channels


def _log_oddities(looks: Iterable[Look | Unreadable]) -> None:
    """How many images are converted, and from what."""
    read = [look for look in looks if isinstance(look, Look)]
    found = Counter(oddity for look in read for oddity in look.oddities)
    grey = sum(look.shape[2] == 1 for look in read)
    if 0 < grey < len(read):
        found["greyscale among colour"] = grey
    if found:
        log.warning("images converted: %s", ", ".join(f"{count:,} {oddity}" for oddity, count in found.most_common()))
