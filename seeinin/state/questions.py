"""What can be asked about the channels of a layer, and what it takes to answer: columns, labels, weights, threads."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from seeinin.errors import DataError
from seeinin.pool import POOL, Token, ranges
from seeinin.state.linking import Rule
from seeinin.state.selection import SELECTED, Selection
from seeinin.state.sources import Sources
from seeinin.store.reader import Cache, Layer

Order = Literal["network", "variance", "class", "few", "similar", "separates", "tells"]
Progress = Callable[[float], object]
T = TypeVar("T")

VALUES = 1 << 30  # of a layer, some seconds; of a larger layer the first images, as many as fit
STEP = 1 << 21  # values that a thread takes at a time: some milliseconds


@dataclass(frozen=True)
class Question:
    """What is to be ordered, and by what: `selection` against `rest`, or against all that is not selected."""

    layer: int
    order: Order
    selection: Selection | None = None
    rest: Selection | None = None
    link: Rule = "place"


def values(sources: Sources, layer: Layer, channel: int, images: int) -> NDArray[Any]:
    """The first images of a column: from memory if it is there, but without driving out what views hold."""
    return sources.columns.first(layer, channel, images * layer.positions)


def sides(sources: Sources, question: Question, images: int) -> NDArray[np.uint8]:
    """How far each point of the first images belongs to the rest and to the selection, (P, 2), 0 to 255.

    Raises DataError where nothing is selected.
    """
    if question.selection is None:
        raise DataError("Nothing is selected, and this order compares a selection with the rest: select something.")

    def strength(selection: Selection) -> NDArray[np.uint8]:
        share = sources.linker.share(selection, question.link, question.layer)
        return np.repeat(share.strength, share.repeat)

    chosen = strength(question.selection)
    rest = SELECTED - chosen if question.rest is None else strength(question.rest)
    points = images * sources.cache.layers[question.layer].positions
    valid = np.repeat(sources.cache.valid, len(chosen) // sources.cache.images)
    return (np.stack([rest, chosen], axis=1) * valid[:, None])[:points]


def silent(layer: Layer) -> NDArray[np.bool_]:
    """Channels (D) that are constant from their 0.1 to their 99.9 % quantile: at most one value in 500 differs.

    One with NaN or infinities is not: that is to be seen.
    """
    equal = constant(layer) | (layer.quantiles[:, 0] == layer.quantiles[:, -1])
    return np.array(equal & (layer.nonfinite == 0))


def constant(layer: Layer) -> NDArray[np.bool_]:
    """Channels (D) with no two different finite values."""
    return np.array(~(layer.maximum > layer.minimum))


def first_images(cache: Cache, layer: Layer, *most: int) -> int:
    """How many images, from the first on, have at most so many values in a layer."""
    return max(1, min(cache.images, min(most) // (layer.shape[0] * layer.positions)))


def in_steps(
    token: Token, work: Callable[[T], object], items: Sequence[T], size: int, progress: Progress
) -> Generator[None, None, None]:
    """Call `work` for every item, each of `size` values, on all threads, giving way every few milliseconds."""
    for start, stop in ranges(0, len(items), POOL.size * max(1, STEP // size)):
        POOL.share(work, items[start:stop])
        progress(stop / len(items))
        token.check()
        yield
