"""What can be asked about the channels of a layer, and what it takes to answer: columns, labels, weights, threads."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from seeinin.errors import DataError
from seeinin.pool import POOL, Token, ranges
from seeinin.state.columns import Columns
from seeinin.state.linking import Linker, Rule
from seeinin.state.selection import SELECTED, Selection
from seeinin.store.reader import Cache, Layer

Order = Literal["network", "variance", "class", "similar", "separates", "tells"]
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


@dataclass(frozen=True)
class Source:
    """Where the answers come from."""

    cache: Cache
    linker: Linker
    columns: Columns

    def column(self, layer: Layer, channel: int, images: int) -> NDArray[Any]:
        """The first images of a column: from memory if it is there, but without driving out what views hold."""
        points, held = images * layer.positions, self.columns.held_column(layer, channel)
        return layer.read_column(channel, 0, points) if held is None else held[:points]

    def label(self, images: int) -> NDArray[np.int32]:
        """The class of each of the first images; -1 also where it could not be read."""
        return np.where(self.cache.valid, self.cache.label, np.int32(-1))[:images]

    def weights(self, question: Question, images: int) -> NDArray[np.uint8]:
        """How far each point of the first images belongs to the rest and to the selection, (P, 2)."""
        if question.selection is None:
            raise DataError("Nothing is selected, and this order compares the selection with the rest.")
        positions = self.cache.layers[question.layer].positions
        chosen = self._strength(question, question.selection)
        rest = SELECTED - chosen if question.rest is None else self._strength(question, question.rest)
        valid = np.repeat(self.cache.valid, positions)
        return (np.stack([rest, chosen], axis=1) * valid[:, None])[: images * positions]

    def _strength(self, question: Question, selection: Selection) -> NDArray[np.uint8]:
        share = self.linker.share(selection, question.link, question.layer)
        return np.repeat(share.strength, share.repeat)


def silent(layer: Layer) -> NDArray[np.bool_]:
    """Channels (D) that are constant from their 0.1 to their 99.9 % quantile: at most one value in 500 differs."""
    return np.array(constant(layer) | (layer.quantiles[:, 0] == layer.quantiles[:, -1]))


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
