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
        """Whether the ten slots are steps of a scale, ten equal parts of the values' range, and not ten classes."""
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
        channel = int(by.which)
        return _per_point(steps(columns.get(layer, channel), *ends_of_channel(layer, channel)), shown, layer)
    if by.meaning in ("row", "column"):
        _, height, width = layer.shape
        y, x = np.divmod(np.arange(layer.positions), width)
        place = SLOTS * y // height if by.meaning == "row" else SLOTS * x // width
        return _per_point(np.tile(place.astype(np.uint8), cache.images), shown, layer)
    slot, scale = _per_image(by, cache, slots)
    return PointColours(np.where(shown, slot, np.uint8(HIDDEN)), layer.positions, scale)


def steps(values: NDArray[np.generic], low: float, high: float) -> NDArray[np.uint8]:
    """In which tenth of the way from `low` to `high` each value lies, 0 to 9, uint8: those beyond at the ends, NaN
    among the rest. Where nothing lies between, all are alike."""
    wide = values.astype(np.float32)
    way = (np.clip(wide, low, high) - np.float32(low)) / np.float32((high - low) or 1.0)
    return np.where(np.isnan(way), REST, np.minimum(SLOTS * np.nan_to_num(way), SLOTS - 1)).astype(np.uint8)


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
        return steps(values, *ends_of(values)), True
    return np.full(values.size, REST, np.uint8), False


def ends_of_channel(layer: Layer, channel: int) -> tuple[float, float]:
    """As far as the scale reaches: between quantiles, or, where they are equal, all values."""
    low, *_, high = layer.quantiles[channel]
    if not high > low:
        low, high = layer.minimum[channel], layer.maximum[channel]
    return float(low), float(high)


def ends_of(values: NDArray[np.generic]) -> tuple[float, float]:
    """The least and the greatest number of many."""
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
