"""Whether what is selected is a place in the map or a thing in the image."""

from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seeinin.errors import DataError
from seeinin.geometry.information import information
from seeinin.pool import Token
from seeinin.state.answers.answer import Answer, Answers, Asked, percent
from seeinin.state.colouring import ColourBy
from seeinin.state.selection import How
from seeinin.state.sources import Sources

if TYPE_CHECKING:
    from seeinin.state.state import ViewerState


class Cause(NamedTuple):
    """What might decide which points are selected: a number for each point (P), and how to see it in colours."""

    text: str
    number: NDArray[np.int64]
    colour: ColourBy


def place_or_thing(token: Token, sources: Sources, asked: Asked) -> Generator[None, None, Answers]:
    """How much of the selection each cause tells: mutual information over the entropy of being selected, 0 to 1.

    Raises DataError where nothing is selected, or all, or the layer has no positions.
    """
    cache, layer = sources.cache, asked.layer
    if asked.selection is None:
        raise DataError("Nothing is selected: select a cluster first.")
    if layer.positions == 1:
        raise DataError(f"{layer.name} has no positions: go to a layer with maps, and select a cluster there.")
    part = np.repeat(cache.valid, layer.positions)
    inside = sources.linker.points(asked.selection, asked.link, layer.number)[part] > 0
    share = inside.mean()
    if not 0 < share < 1:
        raise DataError(f"All of {layer.name} is selected, or none of it: select a cluster first.")
    entropy = -share * np.log2(share) - (1 - share) * np.log2(1 - share)
    lines = []
    for text, number, colour in _causes(sources, asked):
        counts = np.stack([np.bincount(number[part][side], minlength=number.max() + 1) for side in (~inside, inside)])
        told = min(information(counts.T) / entropy, 1.0)
        lines.append(Answer(text, percent(told), told, (), partial(_colour, colour)))
        token.check()
        yield
    note = f"how much of what is selected in {layer.name} is decided by each, of 100 %"
    return Answers("A place or a thing", note, tuple(sorted(lines, key=lambda line: -line.share)))


def _causes(sources: Sources, asked: Asked) -> Generator[Cause, None, None]:
    cache, (_, height, width) = sources.cache, asked.layer.shape
    place = np.arange(height * width)
    yield Cause("the place in the map", np.tile(place, cache.images), ColourBy("row"))
    yield Cause("its height alone", np.tile(place // width, cache.images), ColourBy("row"))
    yield Cause("its place across alone", np.tile(place % width, cache.images), ColourBy("column"))
    if cache.classes:
        yield Cause("the class", np.repeat(cache.label.astype(np.int64) + 1, height * width), ColourBy("class"))
    if cache.prediction is not None:
        called = np.repeat(cache.prediction.astype(np.int64) + 1, height * width)
        yield Cause("the prediction", called, ColourBy("prediction"))


def _colour(by: ColourBy, state: "ViewerState", how: How) -> None:
    state.colour_by = by
