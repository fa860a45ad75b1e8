"""The images: read from the config's source or from Python objects into one array, and refused in words."""

from __future__ import annotations

import gzip
import hashlib
import math
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from seeinin import config
from seeinin.errors import DataError
from seeinin.precompute import model


@dataclass(frozen=True)
class Images:
    """Pixels uint8 (N, h, w, c) with c of 1 or 3, labels int32 (N) with -1 for none, and the names of the classes."""

    pixels: NDArray[np.uint8]
    label: NDArray[np.int32]
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.pixels)

    def identity(self) -> str:
        """SHA-256 of everything that can be seen of the images."""
        digest = hashlib.sha256(repr((self.pixels.shape, self.classes)).encode())
        digest.update(np.ascontiguousarray(self.pixels).data)
        digest.update(np.ascontiguousarray(self.label).data)
        return digest.hexdigest()


def load(dataset: config.Digits | config.Idx | config.Npz | config.TorchDataset) -> Images:
    """Read the dataset that a config names; DataError says which file is wrong and how."""
    match dataset:
        case config.Digits():
            return digits(dataset.classes)
        case config.Idx():
            return idx(dataset)
        case config.Npz():
            return npz(dataset)
        case config.TorchDataset():
            return wrap(model.call(dataset.target, dataset.arguments), dataset.classes, dataset.target)


def digits(classes: Sequence[str] = ()) -> Images:
    """scikit-learn's 1,797 handwritten digits, 8 × 8, their 17 levels spread over 0..255."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return images(np.rint(bunch.images * (255 / 16)), bunch.target, classes, "digits")


def idx(dataset: config.Idx) -> Images:
    pixels = read_idx(Path(dataset.images), "images", dimensions=(3, 4))
    label = None if dataset.labels is None else read_idx(Path(dataset.labels), "labels", dimensions=(1,))
    named = dataset.images if dataset.labels is None else f"{dataset.images} and {dataset.labels}"
    return images(pixels, label, dataset.classes, named)


def read_idx(path: Path, what: str, dimensions: tuple[int, ...]) -> NDArray[np.uint8]:
    """An IDX file of bytes, plain or gzip, as it stands: uint8, big-endian sizes in its header."""
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == b"\x1f\x8b"
        with gzip.open(path) if zipped else path.open("rb") as file:
            head = file.read(4)
            if head[:3] != b"\0\0\x08" or head[3:] not in [bytes([n]) for n in dimensions]:
                state = "is empty" if not head else f"does not begin as IDX {what} do"
                raise DataError(f"{path} {state}; dataset.{what} must be an IDX file of bytes, plain or gzip")
            sizes = file.read(4 * head[3]).ljust(4 * head[3], b"\xff")  # a header cut short declares more than there is
            shape = tuple(int(n) for n in np.frombuffer(sizes, ">u4"))
            expected = math.prod(shape)
            # in pieces: the header may claim any size, and only what is there is held
            content = bytearray()
            while len(content) <= expected and (piece := file.read(1 << 22)):
                content += piece
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path} is cut short or damaged ({error}); fetch it again") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}; correct dataset.{what}") from None
    if len(content) < expected:
        raise DataError(f"{path} is cut short: {len(content):,} of {expected:,} bytes of {what}; fetch it again")
    if len(content) > expected:
        raise DataError(f"{path} holds more than the {expected:,} bytes that its header declares; fetch it again")
    return np.frombuffer(content, np.uint8).reshape(shape)


def npz(dataset: config.Npz) -> Images:
    """A NumPy archive with `images` uint8 (N, h, w[, c]) and, where it has them, `labels` and `classes`."""
    try:
        with Path(dataset.path).open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in ("images", "labels", "classes") if name in archive}
    except OSError as error:
        raise DataError(f"{dataset.path} cannot be read: {error.strerror or error}; correct dataset.path") from None
    except (ValueError, EOFError, TypeError, AttributeError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{dataset.path} is not a NumPy archive of plain arrays ({error}); save it anew") from None
    if "images" not in arrays:
        raise DataError(f"{dataset.path} holds no array called images; save it as np.savez(path, images=…, labels=…)")
    classes = dataset.classes or tuple(str(name) for name in arrays.get("classes", ()))
    return images(arrays["images"], arrays.get("labels"), classes, dataset.path)


def wrap(dataset: Any, classes: Sequence[str] = (), named: str = "the dataset") -> Images:
    """A torch Dataset of (image, label), or a pair of arrays (images, labels); labels may be None.

    Images of a Dataset are uint8 arrays (h, w[, c]), PIL images, or tensors (c, h, w), of uint8 or of floats in 0..1.
    """
    if isinstance(dataset, tuple) and len(dataset) == 2:
        return images(dataset[0], dataset[1], classes, named)
    if not hasattr(dataset, "__getitem__") or not hasattr(dataset, "__len__"):
        raise DataError(f"{named} is neither a Dataset with a length nor a pair (images, labels)")
    classes = classes or getattr(dataset, "classes", ())
    pixels: NDArray[np.uint8] | None = None
    label = np.full(len(dataset), -1, np.int32)
    for i in range(len(dataset)):
        item = dataset[i]
        image, label[i] = item if isinstance(item, tuple) else (item, -1)
        one = _pixels(image, f"image {i} of {named}")
        if pixels is None:
            pixels = np.empty((len(dataset), *one.shape), np.uint8)
        if one.shape != pixels.shape[1:]:
            raise DataError(f"image {i} of {named} is {one.shape}, the first is {pixels.shape[1:]}; make them one size")
        pixels[i] = one
    return images(np.empty((0, 1, 1)) if pixels is None else pixels, label, classes, named)


def images(pixels: ArrayLike, label: ArrayLike | None, classes: Sequence[str], named: str) -> Images:
    """Check that images (N, h, w[, c]), labels (N) and classes fit together; values of 0..255 become uint8."""
    pixels = np.asarray(pixels)
    if pixels.ndim == 3:
        pixels = pixels[..., None]
    if pixels.ndim != 4 or pixels.shape[3] not in (1, 3):
        raise DataError(
            f"{named}: the images have the shape {pixels.shape}, not (N, h, w), (N, h, w, 1) or (N, h, w, 3)"
        )
    if 0 in pixels.shape:
        raise DataError(f"{named} holds no images")
    if pixels.dtype != np.uint8:
        if pixels.min() < 0 or pixels.max() > 255 or (pixels != np.rint(pixels)).any():
            raise DataError(f"{named}: the pixels are not whole numbers in 0..255; give them as uint8")
        pixels = pixels.astype(np.uint8)
    label = np.full(len(pixels), -1, np.int32) if label is None else np.asarray(label).astype(np.int32)
    if label.shape != (len(pixels),):
        raise DataError(f"{named} differ in number: {len(pixels):,} images but {len(label):,} labels; pair them")
    highest = int(label.max())
    if classes and highest >= len(classes):
        raise DataError(
            f"{named}: label {highest} has no name among the {len(classes)} of classes; add the missing ones"
        )
    return Images(pixels, label, tuple(classes) or tuple(str(k) for k in range(highest + 1)))


def _pixels(image: Any, named: str) -> NDArray[np.uint8]:
    """One image as uint8 (h, w, c)."""
    array = np.asarray(image)
    if isinstance(image, torch.Tensor) and array.ndim == 3 and array.shape[0] in (1, 3):
        array = array.transpose(1, 2, 0)
    if array.ndim == 2:
        array = array[..., None]
    if array.dtype.kind == "f":
        if array.min() < 0 or array.max() > 1:
            raise DataError(f"{named} has values outside 0..1; leave out its normalisation and give it as preprocess")
        array = np.rint(array * 255).astype(np.uint8)
    if array.ndim != 3 or array.dtype != np.uint8:
        raise DataError(f"{named} is {array.dtype} {array.shape}; give uint8 (h, w[, c]), or floats (c, h, w) in 0..1")
    return array
