"""What is done with an image that is not in memory: look at it, later read it; or say why neither is possible."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from seeinin.errors import Terminated

Shape = tuple[int, int, int]  # h, w, c


class Look(NamedTuple):
    """What is known of an image before it is read."""

    shape: Shape  # as it would be read at its own size, c of 1 or 3
    label: int = -1
    digest: bytes = b""  # of its pixels, where they had to be read for this
    oddities: tuple[str, ...] = ()  # the conversions that it will need


class Unreadable(NamedTuple):
    reason: str


class UnreadableError(Exception):
    """An image that will not do, and why."""


class Task(Protocol):
    """How the items of one dataset become pixels. Both methods may raise anything: it is the reason."""

    def look(self, item: Any) -> Look: ...

    def read(self, item: Any, shape: Shape) -> NDArray[np.uint8]:
        """Pixels of exactly this shape."""


def answer(task: Task, item: Any, shape: Shape | None) -> Look | NDArray[np.uint8] | Unreadable:
    """A look at the item where `shape` is None, else its pixels; the reason where that fails."""
    try:
        return task.look(item) if shape is None else task.read(item, shape)
    except Terminated:  # which comes from outside, in the midst of it
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001  damaged files and users' code raise what they like; the reason is kept
        return Unreadable(_reason(error))


def _reason(error: BaseException) -> str:
    if isinstance(error, UnreadableError):
        return str(error)
    text = (error.strerror if isinstance(error, OSError) else None) or str(error) or "no reason given"
    line = text.strip().partition("\n")[0][:300]
    return line if isinstance(error, OSError) else f"{type(error).__name__}: {line}"
