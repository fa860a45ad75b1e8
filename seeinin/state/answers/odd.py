"""Which images are odd: nearer to another class than to their own, and so perhaps mislabelled."""

from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from seeinin.pool import Token
from seeinin.state.answers.answer import Answer, Answers, Asked, select
from seeinin.state.answers.distances import distances, labelled, units
from seeinin.state.named import Place
from seeinin.state.selection import How, chosen
from seeinin.state.sources import Sources

if TYPE_CHECKING:
    from seeinin.state.state import ViewerState

MOST = 200  # lines


def odd_images(token: Token, sources: Sources, asked: Asked) -> Generator[None, None, Answers]:
    """Images by how many times farther they are from the mean of their class than from that of another.

    In the active layer, in standard deviations of each channel. Raises DataError where there are no classes.
    """
    cache, layer = sources.cache, asked.layer
    rows = labelled(cache, layer)
    label, number = cache.label[rows], np.arange(len(rows))
    apart = np.sqrt((yield from distances(token, layer, rows, units(layer))))
    own = apart[number, label]
    apart[number, label] = np.nan
    other = np.where(np.isnan(apart).all(axis=1), 0, np.nan_to_num(apart, nan=np.inf).argmin(axis=1))
    times = own / np.maximum(apart[number, other], 1e-300)
    times = np.nan_to_num(times, posinf=0)
    odd = np.zeros(cache.images, bool)
    odd[rows[times > 1]] = True
    lines = [Answer("all nearer to another class", f"{odd.sum():,}", odd.sum() / len(rows), (), select(odd))]
    for k in np.argsort(-times, kind="stable")[:MOST].tolist():
        name = f"#{cache.index[rows[k]]} {cache.classes[label[k]]}, like {cache.classes[other[k]]}"
        share = 1 - 1 / max(times[k], 1)
        go = partial(_pick, layer.number, int(rows[k]))
        lines.append(Answer(name, f"{times[k]:.2f} ×", share, (int(label[k]), int(other[k])), go))
    note = f"how many times farther from its own class's mean in {layer.name} than from the other's"
    return Answers("Odd images", note, tuple(lines))


def _pick(layer: int, row: int, state: "ViewerState", how: How) -> None:
    """Keep the image in sight; with a modifier combine it with the selection."""
    if how == "replace":
        state.pick = Place(layer, row * state.cache.layers[layer].positions)
    else:
        state.select(chosen(None, np.arange(state.cache.images) == row), how)
