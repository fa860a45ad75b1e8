"""What each colour stands for, where the colours do not mean classes."""

from typing import NamedTuple

import numpy as np

from seeinin.pool import Token
from seeinin.state.colouring import RIGHT, WRONG, ColourBy, ends_of, ends_of_channel
from seeinin.state.slots import REST, SLOTS
from seeinin.store.reader import Cache, Layer


class ColourKey(NamedTuple):
    """`entries` are slots with their names; `scale` is what the first and the last of ten steps stand for."""

    entries: tuple[tuple[int, str], ...] = ()
    scale: tuple[str, str] | None = None


def colour_key(token: Token, by: ColourBy, cache: Cache, layer: Layer) -> ColourKey:
    """Nothing where the legend says it already. Raises CacheError where the file is damaged."""
    if by.meaning == "correct":
        return ColourKey(((RIGHT, "right"), (WRONG, "wrong")))
    if by.meaning == "channel" and 0 <= int(by.which) < layer.shape[0]:
        low, high = ends_of_channel(layer, int(by.which))
        return ColourKey(scale=(f"{low:.3g}", f"{high:.3g}"))
    if by.meaning in ("row", "column"):
        return ColourKey(scale=("top", "bottom") if by.meaning == "row" else ("left", "right"))
    if by.meaning == "extra":
        return _of_extra(cache.extra[str(by.which)])
    return ColourKey()


def _of_extra(values: np.ndarray) -> ColourKey:
    """As `point_colours` has it."""
    different = np.unique(values)
    if different.size <= SLOTS:
        return ColourKey(tuple(enumerate(map(_text, different))))
    if np.issubdtype(values.dtype, np.number):
        low, high = ends_of(different)
        return ColourKey(scale=(f"{low:.6g}", f"{high:.6g}"))
    return ColourKey(((REST, f"{different.size:,} different ones"),))


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return f"{value:.4g}" if isinstance(value, np.floating) else str(value)
