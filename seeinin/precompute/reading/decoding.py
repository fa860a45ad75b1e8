"""One image file to pixels: uint8, greyscale or RGB, upright, of the size that is asked for.

- 16 bits a channel: the higher eight. 32 bits, whole or floating: refused, as their range is not known.
- Transparency, by an alpha channel, a palette or one transparent colour: the image lies on white.
- A palette: its colours. CMYK: red = (255 - C)(255 - K) / 255 and so on, without a colour profile. Bilevel: 0 and 255.
- EXIF's orientation is followed. Of several frames or pages, the first counts.
- Another size: resized as a whole, with a triangle filter (bilinear, antialiased), its proportions not kept.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

from seeinin.precompute.reading.task import Look, Shape, UnreadableError

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "PPM", "TIFF", "WEBP")  # Pillow would start a program for EPS
SUFFIXES = frozenset(
    ".png .jpg .jpeg .jpe .jfif .bmp .gif .ppm .pgm .pbm .pnm .tif .tiff .webp".split()  # noqa: SIM905
)
MAX_PIXELS = 89_478_485  # a quarter of a gigabyte in RGB, Pillow's own limit: more is taken for a bomb

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = {_TURNS[orientation] for orientation in (5, 6, 7, 8)}
_MODES = {"1": "black and white", "P": "with a palette", "CMYK": "CMYK", "YCbCr": "YCbCr", "LAB": "LAB"}


class Entry(NamedTuple):
    """A file as it was when the run began; `size` is -1 where there was none."""

    path: str
    size: int
    modified: int  # nanoseconds

    @classmethod
    def of(cls, path: str) -> Entry:
        try:
            status = os.stat(path)  # noqa: PTH116  a Path for each of a million files takes seconds
        except (OSError, ValueError):  # reading it will say which
            return cls(path, -1, 0)
        return cls(path, status.st_size, status.st_mtime_ns)


class Files:
    """The task of reading image files."""

    def look(self, entry: Entry) -> Look:
        with _opened(entry) as image:
            turn = _turn(image)
            width, height = image.size
            if turn in _SIDEWAYS:
                width, height = height, width
            return Look((height, width, 1 if _is_grey(image) else 3), oddities=tuple(_oddities(image, turn)))

    def read(self, entry: Entry, shape: Shape) -> NDArray[np.uint8]:
        height, width, channels = shape
        with _opened(entry) as opened:
            turn = _turn(opened)
            image = _eight_bits(opened, "L" if channels == 1 else "RGB")
            if turn is not None:
                image = image.transpose(turn)
            return resized(np.asarray(image).reshape(image.height, image.width, channels), (height, width))


def resized(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """uint8 (h, w, c) at another (h, w), by Pillow's bilinear filter, which averages where it shrinks."""
    if pixels.shape[:2] == size:
        return pixels
    image = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    return np.asarray(image.resize(size[::-1], Image.Resampling.BILINEAR)).reshape(*size, -1)


def of_pillow(image: Image.Image) -> NDArray[np.uint8]:
    """An image that is in memory already, as uint8 (h, w, c), converted as its file would be."""
    pixels = np.asarray(_eight_bits(image, "L" if _is_grey(image) else "RGB"))
    return pixels.reshape(image.height, image.width, -1)


@contextmanager
def _opened(entry: Entry) -> Iterator[Image.Image]:
    """The image, its header read, of a file that is still what it was when the run began."""
    status = os.stat(entry.path)  # noqa: PTH116
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableError("is no file")  # a pipe would keep us waiting
    if (status.st_size, status.st_mtime_ns) != entry[1:]:
        raise UnreadableError("has changed since the run began")
    if not status.st_size:
        raise UnreadableError("is empty")
    with Path(entry.path).open("rb") as file:
        try:
            image = Image.open(file, formats=FORMATS)
        except UnidentifiedImageError:
            raise UnreadableError(f"is none of {', '.join(FORMATS)}") from None
        except Image.DecompressionBombError:
            raise UnreadableError(f"declares over {2 * MAX_PIXELS:,} pixels, more than any image has") from None
        if image.width * image.height > MAX_PIXELS:
            raise UnreadableError(f"declares {image.height:,} × {image.width:,} pixels, more than any image has")
        yield image


def _turn(image: Image.Image) -> Image.Transpose | None:
    """How EXIF wants the image turned. A PNG says it before its pixels, or would have to be decoded to be asked; a TIFF
    is turned by Pillow itself.
    """
    if image.format == "TIFF" or (image.format == "PNG" and "exif" not in image.info):
        return None
    return _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))


def _is_grey(image: Image.Image) -> bool:
    return image.mode in ("1", "L", "LA", "La") or image.mode.startswith("I;16")


def _oddities(image: Image.Image, turn: Image.Transpose | None) -> Iterator[str]:
    if image.mode in _MODES:
        yield _MODES[image.mode]
    if image.has_transparency_data:
        yield "transparent, laid on white"
    if image.mode.startswith("I;16") or ";16" in str(getattr(image, "tile", "")):  # Pillow's name of raw data
        yield "of 16 bits, the higher eight kept"
    if turn is not None:
        yield "turned by EXIF"
    if getattr(image, "is_animated", False):
        yield "of several frames, the first kept"


def _eight_bits(image: Image.Image, mode: str) -> Image.Image:
    if image.mode in ("I", "F"):
        raise UnreadableError("has values of 32 bits, whose range is not known; save it with 8 or 16")
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert(mode)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert(mode)
