"""What the figures share: the network that they show, and how panels become a picture that can be printed.

A figure is a script with one function: `draw(studio)` makes its panels, `studio.save` writes them under its name. Text
in the panels is 11 points high; printed 170 mm wide, a picture of 700 points has letters of 8 points.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import seeinin
from seeinin.config import load

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SCALE = 2  # pixels to a point
GAP, AIR = 12, 5  # points between panels, and around what was trimmed
CAPTION = 15  # points, height of a caption's letters
LARGEST = 280_000  # bytes of a picture
PALETTES = 256, 160, 112, 80, 56  # colours of it, the most that keep it as small as that
MARGIN, BARS = (76, 54), 134  # points around the plots (across, down) for axes, and of the window's bars


class Studio:
    """Pictures of the paper's network on MNIST, or, where that is not at hand, of the one on small digits."""

    def __init__(self) -> None:
        self.mnist = "SEEININ_DATA" in os.environ
        self.config = "mnist_siamese" if self.mnist else "digits"

    def viewer(self, size: tuple[int, int] = (1000, 700), config: str = "", *, scale: int = SCALE) -> seeinin.Viewer:
        """A light window on the cache of a config, which is made where it is missing."""
        chosen = load(ROOT / "configs" / f"{config or self.config}.yaml")
        cache = ROOT / chosen.output
        if not cache.exists():
            seeinin.precompute(chosen, output=cache)
        return seeinin.Viewer(cache, size, theme="light", scale=scale)

    def matrix(self, viewer: seeinin.Viewer) -> np.ndarray:
        """The plots, without the white around them."""
        return trimmed(viewer.picture(panel="matrix"))

    def plots(self, side: int, config: str = "", *, strip: int = 0) -> seeinin.Viewer:
        """A viewer that shows nothing but plots, in a square of so many points, with a `strip` below it."""
        viewer = self.viewer(config=config)
        viewer.alone()
        viewer.settle()  # without its columns the window may be smaller
        viewer.window.resize(side + MARGIN[0], side + strip + MARGIN[1] + BARS)
        return viewer

    def save(self, name: str, picture: np.ndarray) -> None:
        """Write a picture with a palette of its own; raises ValueError where it is too large for the repository."""
        path = HERE / f"{'' if self.mnist else 'digits-'}{name}.png"
        for colours in PALETTES:
            small = Image.fromarray(picture[..., :3]).quantize(colours, kmeans=4, dither=Image.Dither.NONE)
            small.save(path, optimize=True)
            size = path.stat().st_size
            if size <= LARGEST:
                print(f"{path.name}: {size:,} bytes, {colours} colours")
                return
        raise ValueError(f"{path} has {size:,} bytes in {colours} colours: make it smaller")


def trimmed(panel: np.ndarray) -> np.ndarray:
    """Without the rows and columns at its edges that have the colour of its corner, but for a little air."""
    ink = (panel != panel[0, 0]).any(axis=2)
    (top, *_, bottom), (left, *_, right) = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
    air = AIR * SCALE
    return panel[max(top - air, 0) : bottom + 1 + air, max(left - air, 0) : right + 1 + air]


def beside(*panels: np.ndarray) -> np.ndarray:
    """Panels from left to right, on white, their upper edges level."""
    return _placed(panels, 1)


def below(*panels: np.ndarray) -> np.ndarray:
    """Panels from top to bottom, their left edges level."""
    return _placed(panels, 0)


def captioned(text: str, panel: np.ndarray) -> np.ndarray:
    """A line of text above a panel, and the panel."""
    line = Image.new("RGBA", (panel.shape[1], 2 * CAPTION * SCALE), "white")
    font = ImageFont.load_default(CAPTION * SCALE)
    ImageDraw.Draw(line).text((0, CAPTION * SCALE // 2), text, "#1b1e24", font)
    return np.concatenate([np.asarray(line), panel])


def _placed(panels: Sequence[np.ndarray], axis: int) -> np.ndarray:
    across = 1 - axis
    longest, gap = max(panel.shape[across] for panel in panels), GAP * SCALE
    parts = []
    for panel in panels:
        margin = [(0, 0), (0, 0), (0, 0)]
        margin[across] = (0, longest - panel.shape[across])
        margin[axis] = (0, 0 if panel is panels[-1] else gap)
        parts.append(np.pad(panel, margin, constant_values=255))
    return np.concatenate(parts, axis)


def run(draw: Callable[[Studio], None]) -> None:
    """What a script does that is called by itself."""
    draw(Studio())
