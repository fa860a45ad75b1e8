"""The images that cannot be read: kept with their reasons, and too many of them are refused."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from seeinin.errors import DataError

log = logging.getLogger(__name__)

SHOWN = 5


class Problems:
    """Reasons by row; `share` of the rows may have one."""

    def __init__(self, names: Sequence[str], share: float, dataset: str) -> None:
        self.names, self.share, self.dataset = names, share, dataset
        self.reasons: dict[int, str] = {}

    def add(self, reasons: dict[int, str]) -> None:
        """Raises DataError where it is too much."""
        new = {row: reason for row, reason in reasons.items() if row not in self.reasons}
        self.reasons |= new
        if len(self.reasons) > self.share * len(self.names):
            raise DataError(
                f"{self.dataset}: {self.summary(self.reasons)}, more than the share of {self.share:g} that "
                "dataset.max_bad allows; mend them, or raise it"
            )
        for row, reason in new.items():
            log.warning("%s: %s; its row will be marked invalid", self.names[row], reason)

    def summary(self, reasons: dict[int, str], count: int | None = None) -> str:
        """How many (`count`, where not all have their reasons here), and the first few of them with their reasons."""
        first = "; ".join(f"{self.names[row]} {reasons[row]}" for row in sorted(reasons)[:SHOWN])
        bad = count or len(reasons)
        more = "; …" if bad > SHOWN else ""
        return f"{bad:,} of {len(self.names):,} images cannot be read ({first}{more})"
