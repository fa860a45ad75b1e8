"""What the network confuses: the images of one class that it calls another."""

from collections.abc import Generator

import numpy as np

from seeinin.errors import DataError
from seeinin.pool import Token
from seeinin.state.answers.answer import Answer, Answers, Asked, percent, select
from seeinin.state.sources import Sources


def mistakes(token: Token, sources: Sources, asked: Asked) -> Generator[None, None, Answers]:
    """All that are wrong, all that are right, then every pair of class and prediction, the most frequent first.

    Raises DataError where the cache has no predictions or no labels.
    """
    cache = sources.cache
    if cache.prediction is None or not cache.classes:
        raise DataError("This network names no classes, so it confuses none: the cache holds no predictions.")
    size = len(cache.classes)
    judged = cache.valid & (cache.label >= 0) & (cache.prediction >= 0) & (cache.prediction < size)
    pair = np.where(judged, cache.label.astype(np.int64) * size + cache.prediction, -1)
    counts = np.bincount(pair[judged], minlength=size * size).reshape(size, size)
    right, wrong = judged & (cache.label == cache.prediction), judged & (cache.label != cache.prediction)
    lines = [
        Answer(text, f"{mask.sum():,}", mask.sum() / max(judged.sum(), 1), (), select(mask))
        for text, mask in (("all that are called wrong", wrong), ("all that are called right", right))
    ]
    confused = counts * (1 - np.eye(size, dtype=np.int64))
    for label, prediction in zip(*_frequent_first(confused), strict=True):
        count, share = confused[label, prediction], confused[label, prediction] / counts[label].sum()
        name = f"{cache.classes[label]} → {cache.classes[prediction]}"
        go = select(pair == label * size + prediction)
        lines.append(Answer(name, f"{count:,} · {percent(share)}", share, (int(label), int(prediction)), go))
    yield from ()
    note = f"{wrong.sum():,} of {judged.sum():,} images are called wrong; the shares are of the class"
    return Answers("What it confuses", note, tuple(lines))


def _frequent_first(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of the entries above zero."""
    order = np.argsort(-counts, axis=None, kind="stable")[: np.count_nonzero(counts)]
    row, column = np.divmod(order, counts.shape[1])
    return row, column
