"""Which colour a point has, and how strongly it is selected."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.jit import kernel


@dataclass(frozen=True)
class Colouring:
    """The colour slot and the selection strength of every point, given per point or per image.

    slot, strength      uint8; entry p // repeat belongs to point p. Strength 0: not selected
    palette             uint8 (256, 3), linear light; `visible` bool (256): slots that are drawn
    """

    slot: NDArray[np.uint8]
    slot_repeat: int
    palette: NDArray[np.uint8]
    visible: NDArray[np.bool_]
    strength: NDArray[np.uint8] | None = None
    strength_repeat: int = 1

    @property
    def planes(self) -> int:
        """2 where points are selected, else 1."""
        return 1 if self.strength is None else 2

    def packed(self) -> NDArray[np.uint64]:
        """What a point of each slot (256) adds to a word of four narrow sums: 10 bits count, 18 each r, g and b."""
        red, green, blue = self.palette.astype(np.uint64).T
        words: NDArray[np.uint64] = np.uint64(1 << 54) | red << np.uint64(36) | green << np.uint64(18) | blue
        return words

    def of(self, points: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Slot and strength of some points."""
        slot = self.slot[points // self.slot_repeat]
        if self.strength is None:
            return slot, np.zeros_like(slot)
        return slot, self.strength[points // self.strength_repeat]

    def spread(self, start: int, slot: NDArray[np.uint8], strength: NDArray[np.uint8]) -> None:
        """Slot and strength of consecutive points from `start` on, into `slot` and `strength`."""
        _spread(self.slot, self.slot_repeat, start, slot)
        if self.strength is None:
            strength.fill(0)
        else:
            _spread(self.strength, self.strength_repeat, start, strength)


@kernel
def _spread(values, repeat, start, out):  # type: ignore[no-untyped-def]
    """out[p] = values[(start + p) // repeat], entry by entry."""
    if repeat == 1:
        out[:] = values[start : start + out.size]
        return
    entry, done = start // repeat, 0
    left = repeat - start % repeat
    while done < out.size:
        out[done : done + left] = values[entry]
        entry, done, left = entry + 1, done + left, repeat
