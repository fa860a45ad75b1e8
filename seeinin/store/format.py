"""What a cache holds: its datasets, their shapes and types, and how each lies on the disk (format version 1).

Numbers only: `layout` asks HDF5 where the datasets go, `writer` and `reader` move the bytes.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.fields import Field

__all__ = ["CacheSpec", "Field", "LayerSpec", "Place", "contents", "datasets", "layer_path", "plan_bytes", "units"]

FORMAT, VERSION = "seeinin", 1
NEEDS = "0.1"  # the first version of the program that reads this format; every format to come says its own
LEVELS = (0.001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999)  # of `quantiles`
EXTREMES = 100  # images in `top` and `bottom`
CLASS_MEAN_VALUES = 16_000_000  # beyond, class means are averaged over positions
THUMBNAIL = 64  # pixels, the longer side

PAGE = 4096
CHUNK = 1 << 20  # bytes, about: what h5py reads at least
MAPS_PIECE, COLUMNS_PIECE = 1 << 14, 1 << 16  # bytes under one CRC32: the least that a first read takes


@dataclass(frozen=True, slots=True)
class LayerSpec:
    """A layer of a cache to be written. `shape` is (D, H, W); the tables are int32 (H, 2), (W, 2): first and last."""

    name: str
    op: str
    shape: tuple[int, int, int]
    dtype: str
    rf_y: NDArray[np.int32]
    rf_x: NDArray[np.int32]
    home_y: NDArray[np.int32]
    home_x: NDArray[np.int32]
    field: Field


@dataclass(frozen=True, slots=True)
class CacheSpec:
    """Everything about a cache that is known before the network runs. Rows are already in their shuffled order.

    `identity` names what went into `fingerprint`, so that a resume can say which of it has changed.
    """

    layers: Sequence[LayerSpec]
    pixel_shape: tuple[int, int, int]  # h, w, c
    index: NDArray[np.int64]  # (N)
    label: NDArray[np.int32]  # (N), -1 where there is none
    names: Sequence[str]  # (N)
    extra: Mapping[str, NDArray[Any]]  # each (N)
    classes: tuple[str, ...]
    predicts: bool
    config: str
    graph: str
    fingerprint: str
    step: int = -1
    unit: int = 128  # images that are committed together: whole batches
    identity: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rows = len(self.index)
        columns = {"label": self.label, "names": self.names, **self.extra}
        if uneven := [name for name, column in columns.items() if len(column) != rows]:
            raise ValueError(f"{', '.join(uneven)}: as many entries as there are images ({rows}) are needed")
        if rows == 0 or not self.layers or self.unit < 1:
            raise ValueError("a cache needs at least one image, one layer, and one image a unit")
        if not -1 <= self.label.min() <= self.label.max() < max(len(self.classes), 1) - (not self.classes):
            raise ValueError(f"labels reach {self.label.max()}, and there are {len(self.classes)} classes")
        if len({layer.name for layer in self.layers}) < len(self.layers):
            raise ValueError("two layers have one name")
        if odd := [name for name in self.extra if not re.fullmatch(r"[^/\0]{1,100}", name) or set(name) == {"."}]:
            raise ValueError(f"{odd[0]!r} cannot name a column")


class Place(NamedTuple):
    """How a dataset lies in the file. Chunks divide the first axis only, or the second of two: entries of the first
    axis lie `stride` bytes apart whichever it is.

    `piece` is how many rows (or values of a column) one CRC32 covers; None where one covers it all.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    chunk: tuple[int, ...] | None = None
    piece: int | None = None
    offset: int = 0

    @property
    def entry(self) -> int:
        """Bytes of one entry of the first axis."""
        return math.prod(self.shape[1:]) * self.dtype.itemsize

    @property
    def columnar(self) -> bool:
        return self.chunk is not None and len(self.chunk) == 2

    @property
    def stride(self) -> int:
        return self.span // self.shape[0] if self.columnar else self.entry

    @property
    def nbytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def span(self) -> int:
        """Bytes on the disk: the last chunk is always whole."""
        if self.chunk is None:
            return self.nbytes
        whole = (math.ceil(n / c) * c for n, c in zip(self.shape, self.chunk, strict=True))
        return math.prod(whole) * self.dtype.itemsize


def layer_path(number: int) -> str:
    return f"layers/{number:03d}"


def units(rows: int, unit: int) -> list[range]:
    return [range(start, min(start + unit, rows)) for start in range(0, rows, unit)]


def datasets(spec: CacheSpec) -> dict[str, Place]:
    """Every dataset of the cache by its path, in the order in which they lie in the file.

    A file that is cut short keeps what is dear: first what tells which bytes are whole, then what the network gave, and
    only then what follows from that.
    """
    layers = {}
    for number, layer in enumerate(spec.layers):
        for name, place in layer_datasets(len(spec.index), len(spec.classes), layer.shape, layer.dtype, spec.unit):
            layers[f"{layer_path(number)}/{name}"] = place
    given = {path: _like(array) for path, array in contents(spec).items()}
    maps = {path: place for path, place in layers.items() if path.endswith("/maps")}
    places = given | dict(_images(spec)) | maps | layers
    return dict(_checksums(places)) | places


def layer_datasets(
    rows: int, classes: int, shape: tuple[int, int, int], dtype: str, unit: int
) -> Iterator[tuple[str, Place]]:
    """The datasets of one layer that are written while or after the network runs."""
    depth, height, width = shape
    item = np.dtype(dtype)
    yield "maps", _rows(rows, shape, item, unit)
    yield "columns", _columns(depth, rows * height * width, item)
    for name in ("minimum", "maximum", "mean", "std"):
        yield name, Place((depth,), np.dtype("<f8"))
    yield "quantiles", Place((depth, len(LEVELS)), np.dtype("<f8"))
    yield "nonfinite", Place((depth,), np.dtype("<i8"))
    per_position = classes * depth * height * width <= CLASS_MEAN_VALUES
    yield "class_mean", Place((classes, *shape) if per_position else (classes, depth), np.dtype("<f4"))
    for name in ("top", "bottom"):
        yield name, Place((depth, min(EXTREMES, rows)), np.dtype("<i8"))


def contents(spec: CacheSpec) -> dict[str, NDArray[Any]]:
    """The datasets whose values are known before the network runs."""
    labelled = spec.label[spec.label >= 0]
    arrays: dict[str, NDArray[Any]] = {
        "config": _text(spec.config),
        "graph": _text(spec.graph),
        "images/index": np.asarray(spec.index, "<i8"),
        "images/label": np.asarray(spec.label, "<i4"),
        "images/name": texts(spec.names),
        "classes/name": texts(spec.classes),
        "classes/count": np.bincount(labelled, minlength=len(spec.classes)).astype("<i8")[: len(spec.classes)],
    }
    arrays |= {f"images/extra/{name}": _storable(np.asarray(column)) for name, column in spec.extra.items()}
    for number, layer in enumerate(spec.layers):
        for name in ("rf_y", "rf_x", "home_y", "home_x"):
            arrays[f"{layer_path(number)}/{name}"] = np.asarray(getattr(layer, name), "<i4")
    return arrays


def plan_bytes(spec: CacheSpec) -> tuple[list[int], int]:
    """Bytes of each layer, both layouts and its statistics, and of the whole file but for a few KB of HDF5's own."""
    places = datasets(spec)
    per_layer = [0] * len(spec.layers)
    for path, place in places.items():
        if path.startswith("layers/"):
            per_layer[int(path.split("/")[1])] += place.span
    return per_layer, sum(place.span for place in places.values())


def _images(spec: CacheSpec) -> Iterator[tuple[str, Place]]:
    rows, (height, width, channels) = len(spec.index), spec.pixel_shape
    uint8 = np.dtype("u1")
    yield "images/pixels", _rows(rows, spec.pixel_shape, uint8, spec.unit)
    if max(height, width) > THUMBNAIL:
        yield "images/thumbnail", _rows(rows, (*thumbnail_size(height, width), channels), uint8, spec.unit)
    yield "images/valid", Place((rows,), np.dtype("?"), piece=spec.unit)
    yield "images/batch", Place((rows,), np.dtype("<i4"), piece=spec.unit)
    if spec.predicts:
        yield "images/prediction", Place((rows,), np.dtype("<i4"), piece=spec.unit)


def thumbnail_size(height: int, width: int) -> tuple[int, int]:
    """Aspect kept, the longer side THUMBNAIL."""
    longer = max(height, width)
    return max(1, round(height * THUMBNAIL / longer)), max(1, round(width * THUMBNAIL / longer))


def _rows(rows: int, shape: tuple[int, int, int], dtype: np.dtype[Any], unit: int) -> Place:
    """A dataset that is written image by image: units are whole numbers of chunks and of pieces."""
    entry = math.prod(shape) * dtype.itemsize
    divisors = [n for n in range(1, unit + 1) if unit % n == 0]
    piece = next((n for n in divisors if n * entry >= MAPS_PIECE), unit)
    chunk = max((n for n in divisors if n * entry <= CHUNK), default=1)
    return Place((rows, *shape), dtype, (min(chunk, rows), *shape), piece)


def _columns(depth: int, points: int, dtype: np.dtype[Any]) -> Place:
    """A dataset that is written column by column: chunks of about CHUNK bytes, whole pages, with little left over."""
    chunks = max(1, round(points * dtype.itemsize / CHUNK))
    page = PAGE // dtype.itemsize
    chunk = points if chunks == 1 else math.ceil(points / chunks / page) * page
    return Place((depth, points), dtype, (1, chunk), COLUMNS_PIECE // dtype.itemsize)


def _checksums(places: Mapping[str, Place]) -> Iterator[tuple[str, Place]]:
    """A CRC32 for every piece of the large datasets, and one for each of the others, whose paths stand beside it."""
    uint32 = np.dtype("<u4")
    for path, place in places.items():
        if place.piece is not None:
            yield f"checksums/{path}", Place(pieces(place), uint32)
    yield "checksums/names", _like(texts(whole(places)))
    yield "checksums/datasets", Place((len(whole(places)),), uint32)


def pieces(place: Place) -> tuple[int, ...]:
    """The shape of the table of a dataset's CRC32s: (pieces) along rows, (D, pieces) along columns."""
    if place.piece is None:
        return ()
    if place.columnar:
        return place.shape[0], math.ceil(place.shape[1] / place.piece)
    return (math.ceil(place.shape[0] / place.piece),)


def whole(places: Mapping[str, Place]) -> list[str]:
    """The paths of the datasets that one CRC32 covers: all small ones, and the tables of the others."""
    tables = [f"checksums/{path}" for path, place in places.items() if place.piece is not None]
    small = [path for path, place in places.items() if place.piece is None and not path.startswith("checksums/")]
    return small + tables


def _like(array: NDArray[Any]) -> Place:
    return Place(array.shape, array.dtype)


def _text(text: str) -> NDArray[Any]:
    data = text.encode()
    return np.array(data, f"S{max(1, len(data))}")


def texts(texts: Sequence[str]) -> NDArray[Any]:
    encoded = [text.encode() for text in texts]
    return np.array(encoded, f"S{max([1, *map(len, encoded)])}")


def _storable(column: NDArray[Any]) -> NDArray[Any]:
    if column.dtype.kind in "OU":
        return texts([str(value) for value in column])
    return column.astype(column.dtype.newbyteorder("<"))
