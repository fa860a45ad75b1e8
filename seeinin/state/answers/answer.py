"""A question that was asked and the list of its answers, each of which leads somewhere."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from seeinin.state.linking import Rule
from seeinin.state.selection import How, Kept, Selection, chosen
from seeinin.store.reader import Layer

if TYPE_CHECKING:
    from seeinin.state.state import ViewerState

Go = Callable[["ViewerState", How], object]


@dataclass(frozen=True, eq=False)
class Asked:
    """What was looked at when a question was asked. `pick` is the row of the picked image."""

    layer: Layer
    selection: Selection | None = None
    against: Kept | None = None
    pick: int | None = None
    link: Rule = "place"


@dataclass(frozen=True, eq=False)
class Answer:
    """One line: `text` with the colours of `classes` before it, `figure` behind it, and `share` (0 to 1) as a bar.

    `go` is where a click leads, with the modifiers that mean the same everywhere; None where it leads nowhere.
    """

    text: str
    figure: str
    share: float = 0.0
    classes: tuple[int, ...] = ()
    go: Go | None = None


@dataclass(frozen=True, eq=False)
class Answers:
    """All lines under a `title`; `note` says what the figures are, and what was looked at."""

    title: str
    note: str
    lines: tuple[Answer, ...]


def select(mask: np.ndarray) -> Go:
    """Leads to the selection of images (N)."""
    return partial(_select, chosen(None, mask))


def _select(selection: Selection, state: "ViewerState", how: How) -> None:
    state.select(selection, how)


def show(layer: int) -> Go:
    """Leads to a layer."""
    return lambda state, how: state.show_layer(layer)


def percent(share: float) -> str:
    return f"{100 * share:.0f} %"
