"""Questions about the whole network or the whole layer, worked out behind the window; the answers are a list."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from typing import Any

from seeinin.pool import POOL, Latest
from seeinin.state.answers.answer import Answers, Asked
from seeinin.state.state import ViewerState


@dataclass(frozen=True)
class Inquiry:
    """A question as a menu has it, and when it can be asked."""

    text: str
    tip: str
    ready: Callable[[ViewerState], bool]


def _selected(state: ViewerState) -> bool:
    return state.selection is not None


def _labelled(state: ViewerState) -> bool:
    return bool(state.cache.classes)


def _classified(state: ViewerState) -> bool:
    return _labelled(state) and state.cache.prediction is not None


INQUIRIES: dict[str, Inquiry] = {
    "mistakes": Inquiry(
        "What does it confuse?", "Images of one class that the network calls another, by how many", _classified
    ),
    "wrong": Inquiry(
        "Why is the picked image wrong?",
        "How far it has gone over, layer by layer, to the class that it is called",
        lambda state: _classified(state) and state.pick is not None,
    ),
    "parting": Inquiry(
        "At which layer does the selection part?", "From the rest, or from what it is compared with", _selected
    ),
    "place": Inquiry(
        "Is the selection a place or a thing?",
        "Whether the place in the map or the class decides what is selected",
        lambda state: _selected(state) and state.layer is not None and state.layer.positions > 1,
    ),
    "odd": Inquiry(
        "Which images are odd?",
        "Nearer to another class than to their own, in this layer",
        _labelled,
    ),
    "tight": Inquiry(
        "How tight are the classes?",
        "Their widths, and distances from the origin, in this layer",
        _labelled,
    ),
    "silent": Inquiry("Which channels are silent?", "Constant, or nearly, in every layer", lambda _: True),
    "duplicates": Inquiry(
        "Which channels are duplicates?", "Pairs of this layer that might as well be one", lambda _: True
    ),
}


class Asking:
    """Asks; what comes back becomes the state's `answers`. The newest question wins."""

    def __init__(self, state: ViewerState) -> None:
        self.state = state
        self._latest = Latest(POOL.later)

    def ask(self, name: str) -> None:
        """`name` of INQUIRIES, about the active layer, the selection and the pick of this moment.

        What cannot be answered is raised as DataError when the answer is due, on the state's thread.
        """
        state = self.state
        if state.layer is None:
            return
        pick = None if state.pick is None else state.image_of(state.pick)
        asked = Asked(state.layer, state.selection, state.against, pick, state.link)
        state.busy = INQUIRIES[name].text
        answers = self._latest.request(_answer, name, state.sources, asked)
        state.inbox.deliver(answers, partial(setattr, state, "answers"))
        answers.add_done_callback(lambda _: state.inbox.post(partial(setattr, state, "busy", "")))


def _answer(token: Any, name: str, *job: Any) -> Generator[None, None, Answers]:
    from seeinin.state.answers.jobs import JOBS  # kernels, which the window starts without

    return (yield from JOBS[name](token, *job))
