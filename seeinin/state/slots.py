"""Ten colours for any number of classes: a class has a colour while it is in a slot, the rest is grey."""

from collections.abc import Collection, Sequence

import numpy as np

from seeinin.state.legend import lift

SLOTS = 10
REST = SLOTS  # the palette's grey
LIFT = 2.0  # times as frequent in a selection as in all images: it stands out
HIDDEN = 255  # a colour that is not drawn

Slots = tuple[int | None, ...]  # the class in each slot


def first_slots(classes: int) -> Slots:
    """Ten classes or fewer fill the slots; of more, none has a colour before it is asked for."""
    return tuple(range(classes)) if classes <= SLOTS else (None,) * SLOTS


def entered(slots: Slots, number: int) -> Slots:
    """With class `number` in a slot: a free one, else that of the class which entered first."""
    if number in slots:
        return slots
    if None in slots:
        free = slots.index(None)
        return (*slots[:free], number, *slots[free + 1 :])
    return (*slots[1:], number)


def lent(slots: Slots, before: Collection[int], counts: np.ndarray, totals: np.ndarray) -> Slots:
    """With the most over-represented of many classes in the free slots: `counts` and `totals` (K) are images, selected
    and in all. Slots that were lent `before` are free, but who still stands out keeps its own.
    """
    lifts = lift(counts, totals)
    order = np.argsort(-lifts, kind="stable")
    out = order[(lifts[order] >= LIFT) & (counts[order] > 1)][:SLOTS].tolist()
    kept = [None if number in before and number not in out else number for number in slots]
    waiting = [number for number in out if number not in kept]
    return tuple(waiting.pop(0) if number is None and waiting else number for number in kept)


def colour_of(slots: Slots, number: int) -> int:
    """The palette index of a class."""
    return slots.index(number) if number in slots else REST


def image_slots(label: np.ndarray, classes: int, slots: Sequence[int | None], hidden: Collection[int]) -> np.ndarray:
    """The palette index of every image, uint8 (N), from its label; images without one are among the rest."""
    table = np.full(classes + 1, REST, np.uint8)  # the last entry is that of label -1
    for slot, number in enumerate(slots):
        if number is not None:
            table[number] = slot
    table[sorted(hidden)] = HIDDEN
    return np.take(table, label)
