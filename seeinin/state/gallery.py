"""Which images the gallery shows, and in which order."""

from collections.abc import Collection, Generator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seeinin.pool import Token, ranges
from seeinin.state.linking import Rule
from seeinin.state.oddness import oddness
from seeinin.state.questions import STEP
from seeinin.state.selection import Selection
from seeinin.state.sources import Sources
from seeinin.store.reader import Layer

GalleryOrder = Literal["unlike", "highest", "lowest", "rows"]


class GalleryBy(NamedTuple):
    """`unlike`: least like its class first, see `oddness`. `highest`, `lowest`: by the value of a channel of the active
    layer, that in focus where `channel` is None. `rows`: as they are in the cache."""

    order: GalleryOrder = "rows"
    channel: int | None = None


@dataclass(frozen=True, eq=False)
class Listing:
    """`rows` of the cache in order, the `points` of the layer that stand for them, and the `score` of each.

    The score is the channel's value at that point, or the oddness; NaN where there is none, and these come last.
    """

    rows: NDArray[np.int64]
    points: NDArray[np.int64]
    score: NDArray[np.floating]


def listing(
    token: Token,
    sources: Sources,
    layer: Layer,
    by: GalleryBy,
    selection: Selection | None,
    link: Rule,
    hidden: Collection[int] = (),
) -> Generator[None, None, Listing]:
    """The images of which something is selected, without a selection all that are not hidden; `by.channel` is given.

    An image has the highest (lowest) value of its points that are selected as the layer sees them, and that point
    stands for it; of all its points where the layer sees none. Else the first selected point stands for it, or the
    middle of the map. Equals stay in the order of the cache. Raises CacheError where the file is damaged.
    """
    cache = sources.cache
    shown = ~np.isin(cache.label, list(hidden))
    if selection is not None:
        shown &= sources.linker.images(selection) > 0
    rows = np.flatnonzero(shown)
    share = None if selection is None else sources.linker.share(selection, link, layer.number)
    chosen = None if share is None or share.repeat > 1 else share.strength.reshape(cache.images, -1) > 0
    if by.order in ("unlike", "rows"):
        if by.order == "unlike" and layer.number not in sources.oddness:
            sources.oddness[layer.number] = yield from oddness(token, cache, layer)
        odd = sources.oddness[layer.number][rows] if by.order == "unlike" else np.full(len(rows), np.nan)
        place = _middle(layer) if chosen is None else _first(chosen[rows], _middle(layer))
        return _sorted(rows, rows * layer.positions + place, odd, descending=True)
    assert by.channel is not None
    yield from sources.columns.reading(layer, by.channel)
    values = sources.columns.get(layer, by.channel).reshape(cache.images, -1)
    place, score = np.zeros(len(rows), np.int64), np.empty(len(rows))
    sign = 1 if by.order == "highest" else -1
    for start, stop in ranges(0, len(rows), max(1, STEP // layer.positions)):
        part = rows[start:stop]
        place[start:stop] = _extreme(sign * values[part].astype(np.float32), None if chosen is None else chosen[part])
        score[start:stop] = values[part, place[start:stop]]
        token.check()
        yield
    return _sorted(rows, rows * layer.positions + place, score, descending=sign > 0)


def _middle(layer: Layer) -> int:
    _, height, width = layer.shape
    return height // 2 * width + width // 2


def _first(chosen: NDArray[np.bool_], otherwise: int) -> NDArray[np.int64]:
    """Of each row (n, P) its first chosen place."""
    return np.where(chosen.any(axis=1), chosen.argmax(axis=1), otherwise)


def _extreme(values: NDArray[np.float32], chosen: NDArray[np.bool_] | None) -> NDArray[np.int64]:
    """Of each row (n, P) where its largest chosen value is; a NaN only where it has nothing else."""
    if chosen is None:
        chosen = np.ones(values.shape, bool)
    among = chosen | ~chosen.any(axis=1, keepdims=True)
    rank = np.where(np.isnan(values), -np.inf, values)
    best = np.where(among, rank, -np.inf).argmax(axis=1)
    return np.where(among[np.arange(len(best)), best], best, _first(among, 0))


def _sorted(
    rows: NDArray[np.int64], points: NDArray[np.int64], score: NDArray[np.floating], *, descending: bool
) -> Listing:
    order = np.argsort(-score if descending else score, kind="stable")  # NaN comes last either way
    return Listing(rows[order], points[order], score[order])
