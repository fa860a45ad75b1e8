"""Orders of the channels of a layer, worked out from the cache by all threads of the pool."""

from collections.abc import Callable, Generator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seeinin.errors import DataError
from seeinin.geometry.classes import leading_share
from seeinin.geometry.information import bins_of, class_counts, equal_counts, information
from seeinin.geometry.orders import Ranking, in_order, ranked
from seeinin.geometry.pictures import Pictures, image_values, reduced
from seeinin.geometry.ranking import auc, average_precision, tally
from seeinin.pool import Token, ranges
from seeinin.state.questions import (
    STEP,
    VALUES,
    Progress,
    Question,
    constant,
    first_images,
    in_steps,
    sides,
    silent,
    values,
)
from seeinin.state.similar import order_similar
from seeinin.state.sources import Sources
from seeinin.store.holes import Holes
from seeinin.store.reader import Cache

BINS = 64  # of a channel, for *class*
PICTURES = 1 << 17  # that can vary together in memory, if grey


def order_channels(
    token: Token, sources: Sources, question: Question, progress: Progress = lambda share: None
) -> Generator[None, None, Ranking]:
    """Answer a question about channels. `progress` gets the share that is done, 0 to 1, on the thread of the pool.

    *network*    as they are
    *variance*   of all values, in the channel's units
    *class*      mutual information of the value, in 64 bins of equal count, and the class of its image, in bits
    *few*        the share of the activation, as far as above zero, that comes from the two classes that fire most
    *similar*    correlated channels side by side; the score is the correlation with the one before
    *separates*  average precision of the value for the selection, or of the negative value where that is larger
    *tells*      (2·AUC - 1)⁺ × the share of the variance of the selected images, reduced to 16 × 16, that the channel's
                 mean over the selected points of each explains

    Points of structured layers inherit the label of their image; what is selected in part counts in part. Silent
    channels come last; where a class or a selection is asked for only constant ones do, for what fires seldom may fire
    for just that. Raises DataError where there is no selection or no class to compare.
    """
    layer = sources.cache.layers[question.layer]
    if question.order == "network":
        return in_order(np.arange(layer.shape[0]), np.full(layer.shape[0], np.nan), silent(layer), sources.cache.images)
    if question.order == "variance":
        return ranked(layer.std**2, silent(layer), sources.cache.images)
    if question.order == "few":
        cache = sources.cache
        count = np.bincount(cache.label[cache.valid & (cache.label >= 0)], minlength=len(cache.classes))
        return ranked(leading_share(layer.class_mean, count), silent(layer), cache.images)
    if question.order == "similar":
        return (yield from order_similar(token, sources.cache, layer, progress))
    images = first_images(sources.cache, layer, VALUES)
    if question.order == "tells":
        images = min(images, PICTURES // sources.cache.pixel_shape[2])
    work = {"class": _class, "separates": _separates, "tells": _tells}[question.order](sources, question, images)
    score, low = np.full(layer.shape[0], np.nan), np.zeros(layer.shape[0], bool)

    def measure(channels: list[int]) -> None:
        columns = [values(sources, layer, channel, images) for channel in channels]
        score[channels], low[channels] = work(columns)

    points = images * layer.positions
    varying = np.flatnonzero(~constant(layer)).tolist()
    groups = [varying[start:stop] for start, stop in ranges(0, len(varying), max(1, STEP // points))]
    yield from in_steps(token, measure, groups, max(points, STEP), progress)
    return ranked(score, constant(layer), images, low if question.order == "separates" else None)


Work = Callable[[list[NDArray[Any]]], tuple[Any, Any]]  # columns -> their scores, and whether low values separate


def _class(sources: Sources, question: Question, images: int) -> Work:
    label = np.where(sources.cache.valid, sources.cache.label, np.int32(-1))[:images]
    classes = len(sources.cache.classes)
    if not (label >= 0).any():
        raise DataError("No image of this cache has a label, and this order looks for what tells classes apart.")
    positions = sources.cache.layers[question.layer].positions
    labelled = np.repeat(np.stack([label >= 0] * 2, axis=1).astype(np.uint8), positions, axis=0)

    def told(column: NDArray[Any]) -> float:
        values, counts = tally(column, labelled)
        edges = equal_counts(values, counts[:, 1], BINS)
        return information(class_counts(bins_of(column, edges), label, len(edges), classes))

    return lambda columns: ([told(column) for column in columns], False)


def _separates(sources: Sources, question: Question, images: int) -> Work:
    weights = sides(sources, question, images)

    def precisions(columns: list[NDArray[Any]]) -> tuple[Any, Any]:
        counts = [tally(column, weights)[1] for column in columns]
        high, low = (np.array([average_precision(count[::step]) for count in counts]) for step in (1, -1))
        return np.maximum(high, low), low > high

    return precisions


def _tells(sources: Sources, question: Question, images: int) -> Work:
    weights = sides(sources, question, images)
    strength = weights[:, 1].reshape(images, -1)
    chosen, small = _reduced(sources.cache, np.flatnonzero(strength.any(axis=1)))
    pictures = Pictures(small, strength[chosen].mean(axis=1))

    def told(columns: list[NDArray[Any]]) -> tuple[Any, Any]:
        above = np.array([max(2 * auc(tally(column, weights)[1]) - 1, 0) for column in columns])
        rows = [column.reshape(images, -1)[chosen] for column in columns]
        values = np.stack([image_values(row, strength[chosen]) for row in rows], axis=1)
        return above * pictures.explained(values), False

    return told


def _reduced(cache: Cache, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The rows whose images are not damaged, and their small pictures."""
    holes = Holes()
    parts = [reduced(cache.thumbnails(rows[start:stop], holes)) for start, stop in ranges(0, len(rows), 1000)]
    kept = ~holes.among(rows)
    return rows[kept], (np.concatenate(parts) if parts else np.zeros((0, 1), np.float32))[kept]
