"""Which channels are silent: constant for all but one value in 500, in every layer."""

from collections.abc import Generator

from seeinin.pool import Token
from seeinin.state import questions
from seeinin.state.answers.answer import Answer, Answers, Asked, Go
from seeinin.state.ranges import Limits
from seeinin.state.sources import Sources
from seeinin.state.view import Arrangement, View, opening_view


def silent_channels(token: Token, sources: Sources, asked: Asked) -> Generator[None, None, Answers]:
    """The layers that have any, in the network's order."""
    lines, total, channels = [], 0, 0
    for layer in sources.cache.layers:
        silent, size = questions.silent(layer), layer.shape[0]
        count = int(silent.sum())
        total, channels = total + count, channels + size
        if count:
            go = _show(layer.number, size, frozenset(silent.nonzero()[0].tolist()))
            lines.append(Answer(layer.name, f"{count:,} of {size:,}", count / size, (), go))
        token.check()
        yield
    note = f"{total:,} of {channels:,} channels have one value for all but one point in 500 or fewer"
    return Answers("Silent channels", note, tuple(lines))


def _show(number: int, count: int, silent: frozenset[int]) -> Go:
    """Leads to the layer of `count` channels, with nothing but its silent ones."""

    def view(limits: Limits) -> View:
        return opening_view(number, limits, silent).arranged(Arrangement(text="silent"), count, silent)

    return lambda state, how: state.show_view(number, view)
