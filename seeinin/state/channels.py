"""Channels by what a person types: `812, 4-9, top 20, silent`."""

import re
from collections.abc import Collection, Sequence

from seeinin.errors import SeeInInError
from seeinin.wording import REPEATED, plain

# longer numbers name no channel, and Python reads none of 5,000 digits
RANGE = re.compile(r"([0-9]{1,9})\s*(?:-|–|to)\s*([0-9]{1,9})")
TOP = re.compile(r"(top|bottom|last)\s+([0-9]{1,9})")


class ChannelError(SeeInInError):
    """What was typed names no channels."""


def channels_of(text: str, order: Sequence[int], pinned: Sequence[int] = (), silent: Collection[int] = ()) -> list[int]:
    """The channels that a text names, each once, pinned ones first; all of them, in `order`, where it is empty.

    `top 20` are the first of the current order, `bottom 20` the last. The `silent` ones stay folded away, unless there
    are no others, until that word or their number is typed. Raises ChannelError with what was not understood.
    """
    found = list(pinned)
    parts = [part.strip().lower() for part in re.split(r"[,;\n]", text) if part.strip()]
    for part in parts or ["all"]:
        found += _part(part, order, silent)
    return list(dict.fromkeys(found))


def _part(part: str, order: Sequence[int], silent: Collection[int]) -> list[int]:
    speaking = [channel for channel in order if channel not in silent] or list(order)
    if part == "all":
        return speaking
    if part == "silent":
        if not silent:
            raise ChannelError("no channel of this layer is silent: write 12, 4-9 or top 20")
        return [channel for channel in order if channel in silent]
    if (top := TOP.fullmatch(part)) and (count := int(top[2])):
        return speaking[:count] if top[1] == "top" else speaking[max(len(speaking) - count, 0) :]
    if pair := RANGE.fullmatch(part):
        first, last = int(pair[1]), int(pair[2])
        found = list(range(first, min(last, len(order)) + 1)) if first <= last else []
    else:
        found = [int(part)] if part.isascii() and part.isdecimal() and len(part) < 10 else []
    if not found or max(found) >= len(order) or (pair and int(pair[2]) >= len(order)):
        typed = plain(part, REPEATED)
        raise ChannelError(f"{typed!r} names no channel of 0 to {len(order) - 1}: write 12, 4-9 or top 20")
    return found
