"""The directory of a cache: one page-aligned dataset of JSON that says where every other dataset lies.

The viewer reads it instead of HDF5's own metadata: opening takes milliseconds, and no hostile file ever reaches libhdf5
inside the viewer. It counts only while HDF5's metadata still have the CRC32 that it states; a file that was changed
with other tools is read through `inspect`, in a child process.
"""

import json
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.fields import Field
from seeinin.store.format import LEVELS, NEEDS, PAGE, VERSION, CacheSpec, Place, layer_datasets, layer_path, pieces

PATH, OFFSET = "directory", PAGE  # the first dataset of the file, so its place is always the same
EXTENTS = "checksums/metadata"  # int64 (n, 2): offset and length of every run of HDF5's own bytes
HEAD = len(f"seeinin {VERSION:04d} {0:08x} {0:010d}\n")
MOST_LAYERS = 100_000
BEYOND = 2**62
NONSENSE = (ValueError, TypeError, KeyError, OverflowError)
NUMBERS = ("<f2", "<f4", "<f8", "|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8", "|b1")
DTYPES = {name: np.dtype(name) for name in NUMBERS}


@dataclass(frozen=True, slots=True)
class Directory:
    """Where everything lies, and the little that is no dataset. `layers` are (name, op, field), in execution order."""

    size: int
    fingerprint: str
    step: int
    levels: tuple[float, ...]
    layers: tuple[tuple[str, str, Field], ...]
    places: Mapping[str, Place]
    metadata: int  # CRC32 of EXTENTS and of HDF5's bytes there; 0 where HDF5 told all this

    @property
    def own(self) -> bool:
        """Whether this is what the writer wrote, and not what HDF5 makes of the file."""
        return self.metadata != 0

    @property
    def about(self) -> tuple[object, ...]:
        """What is said of the cache, wherever things lie."""
        return self.fingerprint, self.step, self.levels, self.layers

    def encode(self) -> bytes:
        facts = {
            "needs": NEEDS,
            "size": self.size,
            "fingerprint": self.fingerprint,
            "step": self.step,
            "levels": self.levels,
            "layers": [[name, op, [f.size, f.stride, f.first]] for name, op, f in self.layers],
            "metadata": self.metadata,
            "datasets": {path: [p.offset, p.dtype.str, p.shape, p.chunk, p.piece] for path, p in self.places.items()},
        }
        text = json.dumps(facts, separators=(",", ":")).encode()
        return f"seeinin {VERSION:04d} {zlib.crc32(text):08x} {len(text):010d}\n".encode() + text


def draft(spec: CacheSpec, places: Mapping[str, Place]) -> Directory:
    """The directory before HDF5 has said where anything lies: as long as the finished one, or longer."""
    far = {path: place._replace(offset=10**18) for path, place in places.items()}
    layers = tuple((layer.name, layer.op, layer.field) for layer in spec.layers)
    return Directory(10**18, spec.fingerprint, spec.step, LEVELS, layers, far, 2**32 - 1)


def stamp(extents: NDArray[np.int64], metadata: Iterable[bytes | memoryview]) -> int:
    """The CRC32 of HDF5's own bytes and of the table that says where they are."""
    crc = zlib.crc32(extents.tobytes())
    for data in metadata:
        crc = zlib.crc32(data, crc)
    return crc


class Head(NamedTuple):
    version: int
    crc: int
    length: int


def head(data: bytes) -> Head | None:
    """The first line of a directory; None where there is none."""
    found = re.fullmatch(rb"seeinin (\d{4}) ([0-9a-f]{8}) (\d{10})\n", data)
    return Head(int(found[1]), int(found[2], 16), int(found[3])) if found else None


def decode(data: bytes) -> Directory | None:
    """The directory in `data`; None where there is none, or it is damaged or cut."""
    line, text = head(data[:HEAD]), data[HEAD:]
    if line is None or line.version != VERSION or line.crc != zlib.crc32(text):
        return None
    try:
        return from_facts(json.loads(text))
    except (*NONSENSE, RecursionError):
        return None


def needs(data: bytes) -> str:
    """The version of the program that a directory of a newer format needs; "" where it says none."""
    try:
        return str(json.loads(data[HEAD:])["needs"])
    except (*NONSENSE, RecursionError):
        return ""


def from_facts(facts: dict[str, Any]) -> Directory:
    """The directory that `facts`, from JSON, describe. Raises one of NONSENSE where they mean nothing."""
    if len(facts["layers"]) > MOST_LAYERS:
        raise ValueError(f"{len(facts['layers'])} layers")
    return Directory(
        int(facts["size"]),
        str(facts["fingerprint"]),
        int(facts["step"]),
        tuple(float(level) for level in facts["levels"]),
        tuple((str(name), str(op), _field(*parts)) for name, op, parts in facts["layers"]),
        {str(path): _place(*entry) for path, entry in dict(facts["datasets"]).items()},
        int(facts["metadata"]),
    )


def _field(size: list[int], stride: list[int], first: list[int]) -> Field:
    (a, b), (c, d), (e, f) = ((int(y), int(x)) for y, x in (size, stride, first))
    return Field((a, b), (c, d), (e, f))


def _place(offset: int, dtype: str, shape: list[int], chunk: list[int] | None, piece: int | None) -> Place:
    if dtype not in DTYPES and not re.fullmatch(r"\|S\d{1,9}", dtype):
        raise ValueError(f"{dtype} is no type of a cache")
    for number in (offset, *shape, *(chunk or ()), 1 if piece is None else piece):
        if type(number) is not int or not 0 <= number < BEYOND:
            raise ValueError("a size is out of range")
    if piece == 0 or (chunk and 0 in chunk):
        raise ValueError("a chunk is empty")
    if (chunk and len(chunk) != len(shape)) or (piece and not shape):
        raise ValueError("a chunk is of another rank")
    return Place(tuple(shape), DTYPES.get(dtype) or np.dtype(dtype), tuple(chunk) if chunk else None, piece, offset)


def check(directory: Directory, size: int) -> None:
    """Raise ValueError unless every dataset of the contract is there, of its shape and type, within `size` bytes."""
    places = directory.places
    for name, wanted in _expected(places, len(directory.layers), len(directory.levels)).items():
        place = places.get(name)
        if place is None:
            raise ValueError(f"/{name} is missing")
        if (place.shape, place.dtype) != (wanted.shape, wanted.dtype):
            raise ValueError(f"/{name} is {place.dtype} {place.shape} and must be {wanted.dtype} {wanted.shape}")
    for name, place in places.items():
        if place.offset + place.span > size:
            raise ValueError(f"/{name} would reach beyond the end of the file")
        rows = place.chunk is None or place.chunk[1:] == place.shape[1:]
        if not rows and not (place.columnar and place.chunk and place.chunk[0] == 1):
            raise ValueError(f"/{name} is cut into chunks of another form")


def _expected(places: Mapping[str, Place], layers: int, levels: int) -> dict[str, Place]:
    """Shapes and types of the datasets, from the few that set the sizes. What is optional counts only where it is."""
    rows, classes = _shape(places, "images/index", 1), _shape(places, "classes/name", 1)
    pixels = rows + _shape(places, "images/pixels", 4)[1:]
    expected = {
        "config": Place((), _text(places, "config")),
        "graph": Place((), _text(places, "graph")),
        "images/pixels": Place(pixels, np.dtype("u1")),
        "images/index": Place(rows, np.dtype("<i8")),
        "images/label": Place(rows, np.dtype("<i4")),
        "images/valid": Place(rows, np.dtype("?")),
        "images/name": Place(rows, _text(places, "images/name")),
        "classes/name": Place(classes, _text(places, "classes/name")),
        "classes/count": Place(classes, np.dtype("<i8")),
    }
    expected |= {name: Place(rows, np.dtype("<i4")) for name in ("images/prediction", "images/batch") if name in places}
    if "images/thumbnail" in places:
        small = _shape(places, "images/thumbnail", 4)[1:3]
        expected["images/thumbnail"] = Place((*rows, *small, pixels[3]), np.dtype("u1"))
    if "checksums/names" in places:
        named = _shape(places, "checksums/names", 1)
        expected["checksums/names"] = Place(named, _text(places, "checksums/names"))
        expected["checksums/datasets"] = Place(named, np.dtype("<u4"))
    expected |= {name: Place(rows, place.dtype) for name, place in places.items() if name.startswith("images/extra/")}
    for number in range(layers):
        expected |= _layer(places, layer_path(number), rows[0], classes[0], levels)
    expected |= {
        f"checksums/{name}": Place(pieces(place), np.dtype("<u4"))
        for name, place in places.items()
        if place.piece is not None
    }
    return expected


def _layer(places: Mapping[str, Place], path: str, rows: int, classes: int, levels: int) -> dict[str, Place]:
    depth, height, width = _shape(places, f"{path}/maps", 4)[1:]
    dtype = places[f"{path}/maps"].dtype
    if dtype not in (np.float16, np.float32):
        raise ValueError(f"/{path}/maps is {dtype} and must be float16 or float32")
    table = np.dtype("<i4")
    expected = dict(layer_datasets(rows, classes, (depth, height, width), dtype.str, unit=1))
    expected["quantiles"] = Place((depth, levels), np.dtype("<f8"))
    expected |= {"rf_y": Place((height, 2), table), "home_y": Place((height, 2), table)}
    expected |= {"rf_x": Place((width, 2), table), "home_x": Place((width, 2), table)}
    return {f"{path}/{name}": place for name, place in expected.items()}


def _shape(places: Mapping[str, Place], name: str, rank: int) -> tuple[int, ...]:
    if name not in places:
        raise ValueError(f"/{name} is missing")
    if len(places[name].shape) != rank:
        raise ValueError(f"/{name} has {len(places[name].shape)} axes and must have {rank}")
    return places[name].shape


def _text(places: Mapping[str, Place], name: str) -> np.dtype[Any]:
    if name not in places or places[name].dtype.kind != "S":
        raise ValueError(f"/{name} is missing or no text of fixed length")
    return places[name].dtype
