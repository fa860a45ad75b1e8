"""What a file may say: words, numbers, colours and orders, each a ValueError where it is none that we know."""

from collections.abc import Sequence
from typing import Any, cast, get_args

import numpy as np

from seeinin.geometry.warp import Kind, Warp
from seeinin.state.gallery import GalleryBy, GalleryOrder
from seeinin.state.slots import Slots, first_slots


def one_of(value: Any, *known: str) -> str:
    if value not in known:
        raise ValueError(f"{value!r} is none of {known}")
    return str(value)


def number_of(value: Any, below: int | None = None) -> int:
    """A class or a channel, of so many."""
    number = int(value)
    if number < 0 or (below is not None and number >= below):
        raise ValueError(f"there is no number {number}")
    return number


def between(value: Any, low: float, high: float) -> float:
    """A size, brought into its bounds."""
    if not np.isfinite(number := float(value)):
        raise ValueError(f"{value!r} is no size")
    return min(max(number, low), high)


def slots_of(classes: int, content: Sequence[Any]) -> Slots:
    """The class in each slot, as many slots as so many classes have."""
    slots = tuple(None if number is None else number_of(number, classes) for number in content)
    taken = [number for number in slots if number is not None]
    if len(slots) != len(first_slots(classes)) or len(set(taken)) < len(taken):
        raise ValueError(f"{content!r} are not the colours of {classes} classes")
    return slots


def warp_of(kind: str, unit: float) -> Warp:
    if not 0 < float(unit) < np.inf:
        raise ValueError(f"{unit!r} is no unit of an axis")
    return Warp(cast("Kind", one_of(kind, *get_args(Kind))), float(unit))


def gallery_of(content: Sequence[Any]) -> GalleryBy:
    order, channel = content
    known = cast("GalleryOrder", one_of(order, *get_args(GalleryOrder)))
    return GalleryBy(known, None if channel is None else number_of(channel))
