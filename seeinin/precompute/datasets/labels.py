"""Labels: the numbers of classes, and their names."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seeinin.errors import DataError

MAX_CLASSES = 1_000_000  # beyond, a label is something else: an identifier, a brightness

Labels = tuple[NDArray[np.int32], tuple[str, ...]]


def numbered(label: ArrayLike | None, count: int, classes: Sequence[str], named: str) -> Labels:
    """Labels int32 (count) and the names of the classes. Whole numbers are places in `classes`, and name themselves
    where it is empty; texts are names of classes, sorted where it is empty; "" and -1 are no label.
    """
    if label is None:
        return np.full(count, -1, np.int32), tuple(classes)
    labels = np.asarray(label)
    if labels.ndim > 1 and labels.shape[0] == count and labels.size != count:
        raise DataError(f"{named}: the labels have the shape {labels.shape}; give each image one")
    if labels.shape not in ((count,), (count, 1)):
        raise DataError(
            f"{named} differ in number: {count:,} images but {len(np.atleast_1d(labels)):,} labels; pair them"
        )
    labels = labels.reshape(count)
    if labels.dtype.kind in "SUO":
        texts = [text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text) for text in labels.tolist()]
        return _named(texts, classes, named)
    if labels.dtype.kind not in "iufb" or not (np.isfinite(labels) & (labels == np.rint(labels))).all():
        raise DataError(f"{named}: the labels are not whole numbers; give each image the number of its class, from 0")
    lowest, highest = (int(labels.min()), int(labels.max())) if count else (-1, -1)
    if lowest < -1 or highest >= MAX_CLASSES:
        wrong = lowest if lowest < -1 else highest
        raise DataError(
            f"{named}: {wrong:.16g} is no label; give the numbers of classes, from 0, and -1 where there is none"
        )
    if classes and highest >= len(classes):
        raise DataError(
            f"{named}: label {highest} has no name among the {len(classes)} of classes; add the missing ones"
        )
    return labels.astype(np.int32), tuple(classes) or tuple(str(k) for k in range(highest + 1))


def _named(texts: list[str], classes: Sequence[str], named: str) -> Labels:
    names = tuple(classes) or tuple(sorted(set(texts) - {""}))
    number = {name: k for k, name in enumerate(names)} | {"": -1}
    if unknown := next((text for text in texts if text not in number), None):
        near = difflib.get_close_matches(unknown, names, n=1, cutoff=0)[0]
        raise DataError(f"{named}: the label {unknown} is not among dataset.classes; the nearest there is {near}")
    return np.array([number[text] for text in texts], np.int32).reshape(len(texts)), names
