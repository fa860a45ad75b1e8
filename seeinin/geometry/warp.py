"""How the values of a channel are spread along its axis: evenly, by the logarithm on both sides of zero, or by rank.

Everything that draws or hits points works on the coordinates along the axis; a linear axis has the values themselves.
"""

from typing import Any, Literal, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.ticks import label, ticks

Kind = Literal["linear", "log", "rank"]

DECADES = (1.0, 2.0, 5.0)
CODES = np.arange(65536, dtype=np.uint16)


class Warp(NamedTuple):
    """`linear`: the value. `log`: sign(v) · log₁₀(1 + |v| / `unit`), nearly even within ± `unit` (Webber 2013,
    https://doi.org/10.1088/0957-0233/24/2/027001). `rank`: the share of the channel's values below, and half of those
    that are equal."""

    kind: Kind = "linear"
    unit: float = 1.0

    @overload
    def coordinate(self, value: float) -> float: ...
    @overload
    def coordinate(self, value: NDArray[Any]) -> NDArray[np.float64]: ...
    def coordinate(self, value: Any) -> Any:
        """Where values are along the axis. A rank is its own."""
        if self.kind != "log":
            return value
        with np.errstate(invalid="ignore"):  # NaN, among them signalling ones
            return np.sign(value) * np.log10(1 + np.abs(value) / self.unit)

    def value(self, coordinate: float) -> float:
        """What is at a place of the axis; of ranks the share."""
        if self.kind != "log":
            return coordinate
        return float(np.sign(coordinate) * self.unit * (10 ** min(abs(coordinate), 300.0) - 1))

    def words(self, coordinate: float) -> str:
        """'0.123', and of ranks '42 %'."""
        return f"{100 * coordinate:.1f} %" if self.kind == "rank" else f"{self.value(coordinate):.3g}"

    def ticks(self, low: float, high: float, most: int) -> list[tuple[float, str]]:
        """At most about `most` places between two of the axis, each with its label."""
        if self.kind == "linear":
            return ticks(low, high, most)
        if self.kind == "rank":
            within = ticks(100 * max(low, 0.0), 100 * min(high, 1.0), max(most, 3))  # both ends, and the median
            return [(share / 100, text + " %") for share, text in within]
        found = self._decades(low, high, most)
        if len(found) < 2:  # the range lies between two of them
            found = [(self.coordinate(v), text) for v, text in ticks(self.value(low), self.value(high), most)]
        return found

    def _decades(self, low: float, high: float, most: int) -> list[tuple[float, str]]:
        """Zero, then powers of ten from the outside, then their multiples, wherever there is room."""
        apart, found = (high - low) / max(most, 1), list[tuple[float, str]]()
        largest = max(abs(self.value(low)), abs(self.value(high)), 1e-300)
        powers = 10.0 ** np.arange(np.floor(np.log10(largest)), np.floor(np.log10(self.unit)) - 1, -1)
        wanted = [0.0, *(sign * times * power for times in DECADES for power in powers for sign in (1, -1))]
        for value in wanted:
            place = float(self.coordinate(float(value)))
            if low <= place <= high and all(abs(place - other) >= apart for other, _ in found):
                found.append(
                    (place, label(float(f"{value:.12g}"), max(0, -int(np.floor(np.log10(abs(value))))) if value else 0))
                )
        return sorted(found)


LINEAR = Warp()


def warped(column: NDArray[Any], warp: Warp) -> NDArray[Any]:
    """The coordinates (P,) of a float16 or float32 column, float32; of a linear axis the column as it is.

    NaN stays what it is, and has no rank.
    """
    if warp.kind == "linear":
        return column
    if column.dtype == np.float16:
        return _of_codes(column.view(np.uint16), warp)
    if warp.kind == "log":
        return warp.coordinate(column.astype(np.float64)).astype(np.float32)
    values, number, counts = np.unique(column, return_inverse=True, return_counts=True, equal_nan=True)
    return _ranks(values.astype(np.float64), counts).astype(np.float32)[number.reshape(-1)]


def _of_codes(codes: NDArray[np.uint16], warp: Warp) -> NDArray[np.float32]:
    """By a table of all values that float16 has."""
    values = CODES.view(np.float16).astype(np.float64)
    if warp.kind == "log":
        return warp.coordinate(values).astype(np.float32)[codes]
    counts = np.bincount(codes, minlength=65536)
    different, number = np.unique(values, return_inverse=True, equal_nan=True)  # ± 0 are one value
    together = np.bincount(number, counts, len(different))
    return _ranks(different, together)[number].astype(np.float32)[codes]


def _ranks(values: NDArray[np.float64], counts: NDArray[np.floating] | NDArray[np.integer]) -> NDArray[np.float64]:
    """Of ascending different values, NaN last."""
    counts = np.where(np.isnan(values), 0, counts)
    ranks = (np.cumsum(counts) - counts / 2) / max(counts.sum(), 1)
    return np.where(np.isnan(values), np.nan, ranks)
