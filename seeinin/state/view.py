"""What of a layer is seen."""

from collections.abc import Mapping
from dataclasses import dataclass

from seeinin.geometry.matrix import Camera

OPENING = 5  # cells a side that a many-dimensional layer opens with

Ranges = Mapping[int, tuple[float, float]]  # low and high end of the axis of each channel


@dataclass(frozen=True)
class View:
    """Which plots of which layer are seen, and from where. `rows` and `columns` are channels in the order shown."""

    layer: int
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    ranges: Ranges
    camera: Camera


def opening_view(number: int, channels: int, ranges: Ranges) -> View:
    """How a layer is first seen: two channels as one plot of equal units, else the first cells of the matrix."""
    if channels == 2:
        return View(number, (1,), (0,), equal_units(ranges), Camera(0.5, 0.5, 1.0))
    every = tuple(range(channels))
    return View(number, every, every, ranges, opening_camera(channels))


def opening_camera(channels: int) -> Camera:
    """The first cells of a matrix of so many channels."""
    side = min(channels, OPENING)
    return Camera(side / 2, side / 2, float(side))


def equal_units(ranges: Ranges) -> Ranges:
    """The same middles, and all as long as the longest."""
    half = max(high - low for low, high in ranges.values()) / 2
    return {c: ((low + high) / 2 - half, (low + high) / 2 + half) for c, (low, high) in ranges.items()}
