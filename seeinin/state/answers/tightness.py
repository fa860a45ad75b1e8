"""Which classes are tight in the space of a layer, and how far from its origin they lie."""

from collections.abc import Generator

import numpy as np

from seeinin.pool import Token
from seeinin.state.answers.answer import Answer, Answers, Asked, select
from seeinin.state.answers.distances import centroids, distances, labelled
from seeinin.state.sources import Sources


def tightness(token: Token, sources: Sources, asked: Asked) -> Generator[None, None, Answers]:
    """The classes by the root mean squared distance of their images to their centroid, the tightest first.

    Raises DataError where there are no classes.
    """
    cache, layer = sources.cache, asked.layer
    rows, centre = labelled(cache, layer), centroids(layer)
    label = cache.label[rows]
    squared = yield from distances(token, layer, rows, np.ones(centre.shape[1]))
    total = np.bincount(label, squared[np.arange(len(rows)), label], minlength=len(centre))
    with np.errstate(invalid="ignore"):
        width = np.sqrt(total / np.bincount(label, minlength=len(centre)))
    away, widest = np.linalg.norm(centre, axis=1), np.nanmax(width)
    lines = [
        Answer(
            cache.classes[k],
            f"{width[k]:.3f} · {away[k]:.3f}",
            width[k] / widest if widest else 0.0,
            (k,),
            select(cache.label == k),
        )
        for k in np.argsort(width, kind="stable").tolist()
        if np.isfinite(width[k])
    ]
    note = f"rms distance of a class to its centroid in {layer.name} · distance of the centroid from the origin"
    return Answers("How tight the classes are", note, tuple(lines))
