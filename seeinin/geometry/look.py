"""How counts look: size and opacity of a mark, brightness by density, and both as the kernels want them."""

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

LEVELS = 1024  # of brightness by density
CONTRAST = 1.5  # above 1, what is dense stands out more from what is half as dense
FAINTEST = 0.25  # opacity of a pixel with one point in the density style


@dataclass(frozen=True)
class Look:
    """How counts are drawn.

    size        diameter of a mark in pixels; `opacity` of one mark, 0..1
    fade        what is left of the opacity of unselected points while something is selected
    background  sRGB
    each        points that one point stands for, where only a sample has been counted; of the density style
    """

    size: float = 2.0
    opacity: float = 0.5
    style: Literal["points", "density"] = "points"
    background: tuple[int, int, int] = (16, 18, 22)
    fade: float = 0.45
    each: float = 1.0

    def planes(self, selecting: bool) -> tuple["Look", "Look"]:
        """The looks of unselected and selected points."""
        if not selecting:
            return self, self
        faint = replace(self, size=max(1.0, self.size - 0.5), opacity=self.opacity * self.fade)
        return faint, replace(self, size=self.size + 1)


def mark(look: Look, radius: int) -> NDArray[np.float32]:
    """Optical depth that one point adds to the pixels around it, (2 radius + 1, 2 radius + 1).

    The mark is a disc with an edge one pixel soft. n marks on one pixel let (1 - opacity)^n of the background through.
    """
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    cover = np.clip(look.size / 2 + 0.5 - np.hypot(y, x), 0, 1)
    depth: NDArray[np.float32] = -np.log1p(-np.minimum(look.opacity * cover, 0.999)).astype(np.float32)
    return depth


class Brush(NamedTuple):
    """A look as the kernels want it, for unselected and selected points."""

    marks: NDArray[np.float32]  # (2, n, n): optical depth around a point
    counts: NDArray[
        np.float32
    ]  # (2, 1, 1): likewise in the density style, before `depths`: as many as there are points
    depths: NDArray[np.float32]  # (2, LEVELS): optical depth by brightness
    background: NDArray[np.float32]  # (3,) sRGB
    each: np.float32  # see Look
    planes: int


def brush(look: Look, selecting: bool) -> Brush:
    """Marks and fades of both planes."""
    faint, strong = look.planes(selecting)
    radius = max(0, int(np.ceil(strong.size / 2 - 0.5)))
    marks, counts = np.stack([mark(faint, radius), mark(strong, radius)]), np.ones((2, 1, 1), np.float32)
    fades = np.array([[look.fade if selecting else 1.0], [1.0]])
    alpha = fades * (FAINTEST + (1 - FAINTEST) * np.linspace(0, 1, LEVELS) ** CONTRAST)
    depths = -np.log1p(-np.minimum(alpha, 0.9999)).astype(np.float32)
    background = np.array(look.background, np.float32)
    return Brush(marks, counts, depths, background, np.float32(look.each), 1 + selecting)
