"""Glyphs: characters as FreeType draws them at the exact size in physical pixels, and the atlas that holds them."""

import functools
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import vispy


class Glyph(NamedTuple):
    """One character, hinted to the pixel grid."""

    bitmap: np.ndarray  # coverage, uint8 (height, width)
    left: int  # from the pen to the bitmap's left edge
    top: int  # from the baseline up to the bitmap's upper edge
    advance: int  # of the pen


class Metrics(NamedTuple):
    """The font's own lines, in pixels from the baseline."""

    ascent: int  # up to the top of the highest letters
    capital: int  # up to the top of a capital
    descent: int  # down to the bottom of the lowest letters


@functools.cache
def glyph(character: str, size: int, bold: bool = False) -> Glyph:
    """Draw one character at `size` (64ths of a physical pixel per em); what no font has becomes a box."""
    import freetype  # 0.03 s

    face = _face(_font(bold))
    if not face.get_char_index(character):
        face = _face(_other_font(bold))
    face.set_char_size(size)
    face.load_char(character, freetype.FT_LOAD_RENDER | freetype.FT_LOAD_TARGET_LIGHT)
    bitmap = face.glyph.bitmap
    coverage = np.array(bitmap.buffer, np.uint8).reshape(bitmap.rows, bitmap.pitch)[:, : bitmap.width]
    return Glyph(coverage, face.glyph.bitmap_left, face.glyph.bitmap_top, round(face.glyph.advance.x / 64))


@functools.cache
def metrics(size: int, bold: bool = False) -> Metrics:
    """The lines of the font at `size` (64ths of a physical pixel per em)."""
    tall, low = glyph("d", size, bold), glyph("p", size, bold)
    return Metrics(tall.top, glyph("H", size, bold).top, low.bitmap.shape[0] - low.top)


def text_width(text: str, size: float, *, bold: bool = False, ratio: float = 1.0) -> float:
    """The width of one line of text in canvas pixels, at `size` pixels per em and `ratio` physical pixels in one."""
    return sum(glyph(character, em(size, ratio), bold).advance for character in text) / ratio


def em(size: float, ratio: float) -> int:
    """`size` in canvas pixels as FreeType counts: 64ths of a physical pixel."""
    return round(size * ratio * 64)


class Atlas:
    """All glyphs in use, side by side in one image that grows downwards."""

    WIDTH = 512

    def __init__(self) -> None:
        self.pixels = np.zeros((128, self.WIDTH), np.uint8)
        self._places: dict[tuple[str, int, bool], tuple[int, int]] = {}
        self._x = self._y = self._shelf = 0

    def __len__(self) -> int:
        return len(self._places)

    def place(self, character: str, size: int, bold: bool) -> tuple[int, int]:
        """Where the glyph is: x, y of its upper left pixel."""
        key = character, size, bold
        if key not in self._places:
            self._places[key] = self._add(glyph(*key).bitmap)
        return self._places[key]

    def _add(self, bitmap: np.ndarray) -> tuple[int, int]:
        height, width = bitmap.shape
        if self._x + width > self.WIDTH:
            self._x, self._y, self._shelf = 0, self._y + self._shelf, 0
        while self._y + height > len(self.pixels):
            self.pixels = np.vstack([self.pixels, np.zeros_like(self.pixels)])
        x, y = self._x, self._y
        self.pixels[y : y + height, x : x + width] = bitmap
        self._x, self._shelf = x + width, max(self._shelf, height)
        return x, y


@functools.cache
def _face(path: str) -> Any:
    import freetype

    return freetype.Face(path)


def _font(bold: bool) -> str:
    """VisPy brings Open Sans along, so text looks alike everywhere and needs no font of the system."""
    name = "OpenSans-Bold.ttf" if bold else "OpenSans-Regular.ttf"
    return str(Path(vispy.__file__).parent / "util" / "fonts" / "data" / name)


@functools.cache
def _other_font(bold: bool) -> str:
    """DejaVu Sans, or what the system has instead, for characters that Open Sans lacks: arrows, shapes, set theory."""
    try:
        from vispy.ext.fontconfig import find_font  # 0.06 s
    except ImportError:
        return _font(bold)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it is another font
        return find_font("DejaVu Sans", bold, italic=False)
