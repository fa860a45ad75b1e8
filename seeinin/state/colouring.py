"""What the colour of a point means."""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seeinin.state.columns import Columns
from seeinin.state.slots import HIDDEN, REST, SLOTS, Slots, image_slots
from seeinin.store.reader import Cache, Layer

RIGHT, WRONG = 3, 2  # the green and the red slot

Meaning = Literal["class", "prediction", "correct", "channel", "row", "column", "extra", "nothing"]


class ColourBy(NamedTuple):
    """`which` is the number of a channel of the active layer, or the name of an extra column of the dataset."""

    meaning: Meaning = "class"
    which: int | str = 0

    @property
    def is_scale(self) -> bool:
        """Whether the ten slots are steps of a scale, ten equal parts of the values, and not ten classes."""
        return self.meaning in ("channel", "row", "column")


class PointColours(NamedTuple):
    """The palette index of every point, uint8: entry `point // repeat`. `scale`: the slots are steps of a scale."""

    slot: NDArray[np.uint8]
    repeat: int
    scale: bool


class Colours:
    """The colours of the last question, kept: a picture is asked for at every step of a move. Thread safe."""

    def __init__(self, cache: Cache, columns: Columns) -> None:
        self.cache, self.columns = cache, columns
        self._known: tuple[object, PointColours] | None = None

    def of(self, by: ColourBy, layer: Layer, slots: Slots, hidden: frozenset[int]) -> PointColours:
        """The colours of all points of a layer; read and worked out where they are not those asked for last."""
        question, known = (by, layer.number, slots, hidden), self._known
        if known is None or known[0] != question:
            known = question, point_colours(by, self.cache, layer, self.columns, slots, hidden)
            self._known = known
        return known[1]


def meanings(cache: Cache) -> list[ColourBy]:
    """What this cache can be coloured by, but for the channels of the active layer."""
    found = [ColourBy("class")] if cache.classes else []
    if cache.prediction is not None:
        found.append(ColourBy("prediction"))
        found += [ColourBy("correct")] if cache.classes else []
    return [
        *found,
        ColourBy("row"),
        ColourBy("column"),
        *(ColourBy("extra", n) for n in cache.extra),
        ColourBy("nothing"),
    ]


def point_colours(
    by: ColourBy, cache: Cache, layer: Layer, columns: Columns, slots: Slots, hidden: frozenset[int]
) -> PointColours:
    """The colours of all points of a layer; images of hidden classes are not drawn, whatever the colours mean."""
    if by.meaning == "class":
        return PointColours(image_slots(cache.label, len(cache.classes), slots, hidden), layer.positions, False)
    shown = ~np.isin(cache.label, sorted(hidden))
    if by.meaning == "channel" and 0 <= int(by.which) < layer.shape[0]:  # else it was one of another layer
        return _per_point(tenths(columns.get(layer, int(by.which))), shown, layer)
    if by.meaning in ("row", "column"):
        _, height, width = layer.shape
        y, x = np.divmod(np.arange(layer.positions), width)
        place = SLOTS * y // height if by.meaning == "row" else SLOTS * x // width
        return _per_point(np.tile(place.astype(np.uint8), cache.images), shown, layer)
    slot, scale = _per_image(by, cache, slots)
    return PointColours(np.where(shown, slot, np.uint8(HIDDEN)), layer.positions, scale)


def tenths(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Which tenth of the values each one belongs to, 0 to 9, uint8; equal values together, NaN among the rest."""
    wide = values.astype(np.float32)
    finite = wide[np.isfinite(wide)]
    if not finite.size:
        return np.full(wide.shape, REST, np.uint8)
    edges = np.quantile(finite, np.arange(1, SLOTS) / SLOTS)
    return np.where(np.isnan(wide), REST, np.searchsorted(edges, wide, side="right")).astype(np.uint8)


def _per_point(slot: NDArray[np.uint8], shown: NDArray[np.bool_], layer: Layer) -> PointColours:
    if not shown.all():
        slot.reshape(-1, layer.positions)[~shown] = HIDDEN
    return PointColours(slot, 1, True)


def _per_image(by: ColourBy, cache: Cache, slots: Slots) -> tuple[NDArray[np.uint8], bool]:
    prediction = cache.prediction
    if by.meaning == "prediction" and prediction is not None:
        return image_slots(prediction, len(cache.classes), slots, ()), False
    if by.meaning == "correct" and prediction is not None:
        found = np.where(prediction == cache.label, np.uint8(RIGHT), np.uint8(WRONG))
        return np.where(cache.label < 0, np.uint8(REST), found), False
    if by.meaning == "extra":
        return _of_extra(cache.extra[str(by.which)])
    return np.full(cache.images, REST, np.uint8), False


def _of_extra(values: NDArray[np.generic]) -> tuple[NDArray[np.uint8], bool]:
    """Few different values get a slot each, in their order; many numbers are a scale; many names are the rest."""
    different, number = np.unique(values, return_inverse=True)
    if different.size <= SLOTS:
        return number.astype(np.uint8), False
    if np.issubdtype(values.dtype, np.number):
        return tenths(values), True
    return np.full(values.size, REST, np.uint8), False
