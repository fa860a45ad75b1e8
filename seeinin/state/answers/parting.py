"""At which layer two sets of images part: how well the line between their means tells them apart, layer by layer."""

from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray

from seeinin.errors import DataError
from seeinin.geometry.parting import parted
from seeinin.pool import Token
from seeinin.state.answers.answer import Answer, Answers, Asked, Go, show
from seeinin.state.answers.sampling import LEAST, sample
from seeinin.state.sources import Sources


def parting(token: Token, sources: Sources, asked: Asked) -> Generator[None, None, Answers]:
    """Of the input and every layer, in order, the chance that an image of the selection lies farther along the line
    between the two means than one of the other side; measured on the half of the images that did not make the line.

    Raises DataError where either side has fewer than four images.
    """
    sides = _sides(sources, asked)
    pixels = yield from sample(token, sources.cache.pixels, sources.cache.pixel_shape, sides)
    lines = [_answer("input", pixels, None)]
    for layer in sources.cache.layers:
        values = yield from sample(token, layer.maps, layer.shape, sides)
        lines.append(_answer(layer.name, values, show(layer.number)))
    other = "the rest" if asked.against is None else asked.against.name
    note = f"how often one of the selected is told from one of {other} by a line: 0.5 is chance, 1 always"
    return Answers("Where they part", note, tuple(lines))


def _answer(name: str, values: tuple[NDArray[np.float32], NDArray[np.bool_]], go: Go | None) -> Answer:
    told = parted(*values)
    return Answer(name, f"{told:.3f}", max(2 * told - 1, 0.0), (), go)


def _sides(sources: Sources, asked: Asked) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first images of what the selection is compared with, and of the selection."""
    if asked.selection is None:
        raise DataError("Nothing is selected: select one of the two classes first.")
    valid, inside = sources.cache.valid, sources.linker.images(asked.selection) > 0
    outside = ~inside if asked.against is None else sources.linker.images(asked.against.selection) > 0
    sides = np.flatnonzero(valid & outside & ~inside), np.flatnonzero(valid & inside)
    if min(map(len, sides)) < LEAST:
        raise DataError(f"There are {len(sides[1])} images on one side and {len(sides[0])} on the other: too few.")
    return sides
