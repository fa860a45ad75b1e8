"""From the values of a channel to the pixels of the frame, along one axis."""

from dataclasses import dataclass
from math import ceil, floor

FAR = 1e12  # pixels beyond which it does not matter where a value lies


@dataclass(frozen=True, slots=True)
class Axis:
    """pixel = floor(value * scale + offset), in whole-frame pixels (y down, so `scale` is negative along y).

    Values below `low` or above `high` are drawn on the pixel of `low` or `high`. The pixel of `high` is the last one
    that the range covers: a range that ends where a cell ends keeps its edge marks inside the cell.
    """

    scale: float
    offset: float
    low: float
    high: float

    def __post_init__(self) -> None:
        if self.scale == 0 or not self.low <= self.high:
            raise ValueError(f"not an axis: {self}")

    @property
    def span(self) -> tuple[int, int]:
        """First and last pixel of the range [low, high]."""
        ends = sorted(value * self.scale + self.offset for value in (self.low, self.high))
        start, end = (min(max(place, -FAR), FAR) for place in ends)
        return floor(start), max(floor(start), ceil(end) - 1)

    def value(self, pixel: float) -> float:
        """The value at a place in the frame (pixel + 0.5 for the centre of a pixel)."""
        return (pixel - self.offset) / self.scale
