"""What is selected, and how selections combine."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

How = Literal["replace", "add", "subtract", "intersect"]
SELECTED = 255  # full strength; a linked image of which only a part is selected has less


@dataclass(frozen=True, eq=False)
class Selection:
    """Points of one layer, exactly, or whole images (`layer` None).

    `strength` is uint8, 0 or 255, (P,) for points of a layer and (N,) for images.
    """

    layer: int | None
    strength: NDArray[np.uint8]

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Selection) and self.layer == other.layer and np.array_equal(self.strength, other.strength)
        )

    __hash__ = None  # type: ignore[assignment]  # equal by content, and too large to hash

    @cached_property
    def count(self) -> int:
        """Selected points (images, where whole images are selected)."""
        return int(np.count_nonzero(self.strength))


class Kept(NamedTuple):
    """A selection with a name."""

    name: str
    selection: Selection


def chosen(layer: int | None, mask: np.ndarray) -> Selection:
    """A selection from a mask of any dtype."""
    return Selection(layer, np.where(mask, np.uint8(SELECTED), np.uint8(0)))


def combined(old: NDArray[np.uint8], new: NDArray[np.uint8], how: How) -> NDArray[np.uint8]:
    """Two strengths over the same points, uint8 0 or 255."""
    if how == "replace":
        return new
    if how == "add":
        return np.maximum(old, new)
    return np.minimum(old, SELECTED - new if how == "subtract" else new)
