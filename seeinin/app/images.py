"""Arrays as Qt's images, and back, and into files."""

from pathlib import Path

import numpy as np
from PyQt6.QtGui import QImage

from seeinin.errors import DiskError
from seeinin.state.whole import whole

FORMATS = {
    1: QImage.Format.Format_Grayscale8,
    3: QImage.Format.Format_RGB888,
    4: QImage.Format.Format_RGBA8888,
}


def image_of(pixels: np.ndarray) -> QImage:
    """uint8 (h, w, c) as an image of Qt's own: grey, RGB or RGBA; of any other c the first channel."""
    height, width, channels = pixels.shape
    kept = pixels if channels in FORMATS else pixels[..., :1]
    return QImage(kept.tobytes(), width, height, width * kept.shape[2], FORMATS[kept.shape[2]]).copy()


def hatched(width: int, height: int) -> QImage:
    """What stands for an image that is damaged in the file: grey lines from bottom left to top right, on nothing."""
    down, across = np.ogrid[:height, :width]
    grey = np.full((height, width, 4), 139, np.uint8)
    grey[..., 3] = np.where((across + down) % 6 < 1, 255, 0)
    return image_of(grey)


def array_of(image: QImage) -> np.ndarray:
    """An image of Qt's as uint8 (height, width, 4)."""
    rgba = image.convertToFormat(FORMATS[4])
    bits = rgba.constBits()
    assert bits is not None
    rows = np.frombuffer(bits.asstring(rgba.sizeInBytes()), np.uint8).reshape(rgba.height(), rgba.bytesPerLine())
    return rows[:, : 4 * rgba.width()].reshape(rgba.height(), rgba.width(), 4).copy()


def save(image: QImage, path: Path) -> None:
    """Write a PNG; it has its name only when it is whole. Raises DiskError."""
    if not path.parent.is_dir():
        raise DiskError(f"cannot write {path}: there is no folder {path.parent}")
    with whole(path) as partial:
        if not image.save(str(partial), "PNG"):
            raise DiskError(f"cannot write {path}: the folder refuses it or the disk is full")
