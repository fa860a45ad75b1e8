"""What the feature maps show: one image or the average of some, by themselves or against all others."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.fields import Field
from seeinin.state.named import Maps
from seeinin.state.selection import Kept, Selection
from seeinin.store.reader import Cache
from seeinin.wording import count_of

INPUT, CROPS = -1, -2  # stand for the images, and for what patches see of them, where a layer's number stands


@dataclass(frozen=True, eq=False)
class Subject:
    """What is averaged: `rows` int64, ascending. `weights` (K): images of each class, where they are whole classes.

    Where nobody `asked`, a large layer is averaged over its first images only, a fair sample since rows are shuffled.
    `patches` are the points of a layer with positions that are selected. `rest` are the images that the maps are
    compared with, and `everything` both together.
    """

    rows: NDArray[np.int64]
    name: str
    title: str
    weights: NDArray[np.int64] | None = None
    asked: bool = True
    patches: Selection | None = None
    rest: "Subject | None" = None
    everything: "Subject | None" = None

    @property
    def image(self) -> int | None:
        """The row of the image, where it is but one."""
        return int(self.rows[0]) if self.asked and len(self.rows) == 1 else None

    @property
    def size(self) -> int:
        """Images that are looked at."""
        return len(self.rows) + (0 if self.rest is None else len(self.rest.rows))


def subject_of(
    cache: Cache, what: int | Selection | None, maps: Maps = "average", against: Kept | None = None
) -> Subject:
    """The image of a row, the images of which any point is selected, or all images; as a difference from `against`,
    or from all others without it."""
    if not isinstance(what, int):
        subject = _selected_images(cache, what)
    else:
        known = cache.label[what] >= 0
        name = f"image #{int(cache.index[what])}" + (f" · {cache.classes[cache.label[what]]}" if known else "")
        subject = Subject(np.array([what]), name, name)
    return subject if maps == "average" or what is None else _compared(cache, subject, against)


def _selected_images(cache: Cache, selection: Selection | None) -> Subject:
    """All images alike, however much of them is selected."""
    rows = _rows(cache, selection)
    weights = _whole_classes(cache, rows)
    if selection is None:
        every = "average of all" if len(rows) > 1 else "average of"
        return Subject(rows, "all", f"{every} {count_of(len(rows), 'image')}", weights, asked=False)
    title = f"average of {count_of(len(rows), 'selected image')}"
    patches = None if selection.layer is None or crop_of_layer(cache, selection.layer) is None else selection
    return Subject(rows, f"{len(rows):,} selected", title, weights, patches=patches)


def _rows(cache: Cache, selection: Selection | None) -> NDArray[np.int64]:
    """The images that could be read and of which any point is selected; all without a selection."""
    chosen = np.asarray(cache.valid)
    if selection is not None:
        chosen = chosen & selection.strength.reshape(cache.images, -1).any(axis=1)
    return np.flatnonzero(chosen)


def _compared(cache: Cache, subject: Subject, against: Kept | None) -> Subject:
    """With what it is compared with, or with all other images, if there are any."""
    if against is not None:
        others, everything = _rows(cache, against.selection), None
    else:
        others = np.setdiff1d(np.flatnonzero(cache.valid), subject.rows, assume_unique=True)
        everything = _selected_images(cache, None)
    if not len(others) or not len(subject.rows):
        return replace(subject, title=f"{subject.title}, and no others")
    name = count_of(len(others), "other") if against is None else against.name
    title = f"{subject.name} − {name}, in standard deviations"
    rest = Subject(others, "the others", "", _whole_classes(cache, others))
    return replace(subject, title=title, rest=rest, everything=everything)


def crop_of_layer(cache: Cache, number: int) -> Field | None:
    """The box that a point of a layer looks at; None where that is the whole image for every point."""
    from seeinin.geometry.crops import crop_of  # numba: not before a thread needs it

    crop = crop_of(cache.layers[number].field, cache.pixel_shape)
    return None if crop.stride == (0, 0) or cache.layers[number].positions == 1 else crop


def _whole_classes(cache: Cache, rows: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """Images of each class if `rows` are all images of some classes and no others."""
    label, size = np.asarray(cache.label), len(cache.classes)
    if not size or not len(rows) or (label[rows] < 0).any():
        return None
    counts = np.bincount(label[rows], minlength=size)
    known = np.asarray(cache.valid) & (label >= 0)
    return counts if np.isin(counts - np.bincount(label[known], minlength=size), 0)[counts > 0].all() else None
