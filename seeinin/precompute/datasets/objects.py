"""A torch Dataset, or what behaves like one: any object with a length and items (image, label)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from seeinin import config
from seeinin.errors import DataError
from seeinin.precompute import model
from seeinin.precompute.datasets.memory import Images, images
from seeinin.precompute.datasets.unread import Unread
from seeinin.precompute.reading.decoding import of_pillow, resized
from seeinin.precompute.reading.task import Look, Shape, UnreadableError

MOST = 100_000_000  # a length beyond it is a slip: to number and shuffle so many would take minutes and all memory


def wrap(dataset: Any, classes: Sequence[str] = (), named: str = "the dataset") -> Images | Unread:
    """A torch Dataset of (image, label), or a pair of arrays (images, labels); labels may be None.

    Images of a Dataset are uint8 arrays (h, w[, c]), PIL images, or tensors (c, h, w), of uint8 or of floats in 0..1.
    """
    if isinstance(dataset, tuple) and len(dataset) == 2:
        return images(dataset[0], dataset[1], classes, named)
    # not every object can be sent to another process
    return _unread(dataset, Objects(lambda: dataset), classes, named, config.Reading(workers=0))


def called(source: config.TorchDataset) -> Images | Unread:
    """What FILE.py:CALLABLE gives, called once more in every process that reads."""
    dataset = model.call(source.target, source.arguments)
    if isinstance(dataset, tuple):
        return wrap(dataset, source.classes, source.target)
    task = Objects(partial(model.call, source.target, source.arguments))
    return _unread(dataset, task, source.classes, source.target, source)


def _unread(dataset: Any, task: Objects, classes: Sequence[str], named: str, reading: config.Reading) -> Unread:
    if not hasattr(dataset, "__getitem__") or not hasattr(dataset, "__len__"):
        raise DataError(f"{named} is neither a Dataset with a length nor a pair (images, labels)")
    classes = tuple(map(str, classes or getattr(dataset, "classes", ())))
    try:
        count = len(dataset)
    except Exception as error:  # it is anybody's code
        raise DataError(f"{named} has no length ({type(error).__name__}: {error}); give it a __len__") from error
    if count > MOST:
        raise DataError(f"{named} says it holds {count:,} images, and a cache holds {MOST:,}; return a Subset of it")
    return Unread(task, range(count), None, classes, named, reading, kind="image ")


@dataclass
class Objects:
    """The task of reading from a Dataset that `make` gives, once in each process. Items are read twice: for their shape
    and label, and then for the network.
    """

    make: Callable[[], Any]

    @cached_property
    def dataset(self) -> Any:
        return self.make()

    def look(self, item: int) -> Look:
        pixels, label = self._item(item)
        return Look(pixels.shape, label, _digest(pixels))

    def read(self, item: tuple[int, bytes], shape: Shape) -> NDArray[np.uint8]:
        number, digest = item
        pixels, _ = self._item(number)
        if _digest(pixels) != digest:
            raise UnreadableError("differs each time that it is read; leave random transforms out")
        return resized(np.broadcast_to(pixels, (*pixels.shape[:2], shape[2])), shape[:2])

    def _item(self, number: int) -> tuple[NDArray[np.uint8], int]:
        item = self.dataset[number]
        if isinstance(item, dict):
            raise UnreadableError(f"comes as a dict of {', '.join(map(str, item))}; give (image, label)")
        if not isinstance(item, tuple | list):
            return _pixels(item), -1
        return _pixels(item[0]), _label(item[1])


def _digest(pixels: NDArray[np.uint8]) -> bytes:
    return hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).digest()


def _label(label: Any) -> int:
    if label is None:
        return -1
    number = np.asarray(label)
    if number.size != 1 or number.dtype.kind not in "iufb" or number != np.rint(number):
        raise UnreadableError(f"has {type(label).__name__} for its label, which is not a whole number")
    return int(number.item())


def _pixels(image: Any) -> NDArray[np.uint8]:
    """One image as uint8 (h, w, c)."""
    array = of_pillow(image) if isinstance(image, Image.Image) else np.asarray(image)
    if isinstance(image, torch.Tensor) and array.ndim == 3 and array.shape[0] in (1, 3):
        array = array.transpose(1, 2, 0)
    if array.ndim == 2:
        array = array[..., None]
    if array.dtype.kind == "f":
        if not 0 <= array.min() <= array.max() <= 1:
            raise UnreadableError("has values outside 0..1; leave out its normalisation and give it as preprocess")
        array = np.rint(array * 255).astype(np.uint8)
    if array.ndim != 3 or array.dtype != np.uint8 or array.shape[2] not in (1, 3) or not array.size:
        raise UnreadableError(f"is {array.dtype} {array.shape}; give uint8 (h, w[, 1 or 3]), or floats in 0..1")
    return array
