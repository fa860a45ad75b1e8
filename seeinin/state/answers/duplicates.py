"""Which channels of a layer might as well be one."""

from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING

from seeinin.geometry.similarity import DUPLICATE
from seeinin.geometry.similarity import duplicates as alike
from seeinin.pool import Token
from seeinin.state.answers.answer import Answer, Answers, Asked
from seeinin.state.questions import VALUES, first_images
from seeinin.state.selection import How
from seeinin.state.similar import PRODUCTS, correlation
from seeinin.state.sources import Sources

if TYPE_CHECKING:
    from seeinin.state.state import ViewerState

MOST = 1000  # lines
FEW = 10  # of the closest pairs, where none is a duplicate


def duplicates(token: Token, sources: Sources, asked: Asked) -> Generator[None, None, Answers]:
    """Pairs of channels of the active layer, the closest first; where there are no duplicates the closest pairs."""
    layer = asked.layer
    images = first_images(sources.cache, layer, VALUES, PRODUCTS // layer.shape[0])
    r = yield from correlation(token, sources.cache, layer, images)
    found = alike(r)[:MOST]
    pairs = found or alike(r, 0.0)[:FEW]
    lines = tuple(
        Answer(f"{a} and {b}", f"r = {_signed(value)}", abs(value), (), partial(_open, layer.number, a, b))
        for a, b, value in pairs
    )
    count = f"{len(found):,} pairs" if len(found) != 1 else "1 pair"
    note = f"{count} of {layer.name} with |r| > {DUPLICATE}" + ("" if found else "; the closest are")
    return Answers("Duplicate channels", note, lines)


def _open(layer: int, a: int, b: int, state: "ViewerState", how: How) -> None:
    state.open_cell(b, a, layer)


def _signed(r: float) -> str:
    return f"{r:.3f}".replace("-", "−")
