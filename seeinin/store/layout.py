"""Where everything lies: HDF5 describes the file in memory and never touches the disk.

libhdf5 crashes the process when a disk is full and loses data when it is killed, so it is only asked for the metadata
of an empty file of fixed shapes; the bytes are written where it says they belong.
"""

import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seeinin.store import directory
from seeinin.store.checksums import checksum, text_checksum
from seeinin.store.format import (
    FORMAT,
    LEVELS,
    NEEDS,
    PAGE,
    VERSION,
    CacheSpec,
    Place,
    contents,
    datasets,
    layer_path,
    texts,
    whole,
)


@dataclass(frozen=True, slots=True)
class Layout:
    """A file yet to be written: HDF5's own bytes as [(offset, bytes)], and the datasets that are already known."""

    size: int
    places: dict[str, Place]
    metadata: list[tuple[int, bytes]]
    given: dict[str, NDArray[Any]]

    @property
    def stamp(self) -> int:
        """A CRC32 of all that is known: where it agrees, two layouts are the same."""
        crc = zlib.crc32(str(self.size).encode())
        for _, data in self.metadata:
            crc = zlib.crc32(data, crc)
        for array in self.given.values():
            crc = checksum(array, crc)
        return crc


def lay_out(spec: CacheSpec) -> Layout:
    """The layout of a cache: the same bytes for the same spec, always."""
    import h5py  # only the writer needs it: the viewer starts without

    places = datasets(spec)
    given = contents(spec) | {"checksums/names": texts(whole(places))}
    places[directory.EXTENTS] = Place((2 * len(places) + 100, 2), np.dtype("<i8"))
    draft = directory.draft(spec, places)
    room = Place((math.ceil(len(draft.encode()) / PAGE) * PAGE,), np.dtype("u1"))
    memory = _Memory()
    with h5py.File(memory, "w", libver=("v110", "v110"), alignment_threshold=PAGE, alignment_interval=PAGE) as file:
        found = {path: _create(file, path, place) for path, place in {directory.PATH: room, **places}.items()}
        _describe(file, spec, found)
    metadata = memory.runs()
    extents = np.zeros(places[directory.EXTENTS].shape, "<i8")
    extents[: len(metadata)] = [(offset, len(data)) for offset, data in metadata]
    given[directory.EXTENTS] = extents
    stamp = directory.stamp(extents, (data for _, data in metadata))
    where = {path: found[path] for path in places}
    finished = replace(draft, size=memory.size, places=where, metadata=stamp)
    given[directory.PATH] = np.frombuffer(finished.encode().ljust(room.nbytes), "u1")
    return Layout(memory.size, found, metadata, given)


def _create(file: Any, path: str, place: Place) -> Place:
    """`place` where HDF5 puts it: contiguous or with an implicit chunk index, so that all else is arithmetic."""
    from h5py import h5d, h5p, h5s, h5t, string_dtype

    properties = h5p.create(h5p.DATASET_CREATE)
    properties.set_alloc_time(h5d.ALLOC_TIME_EARLY)
    properties.set_fill_time(h5d.FILL_TIME_NEVER)
    properties.set_obj_track_times(False)
    if place.chunk is not None:
        properties.set_chunk(place.chunk)
    dtype = string_dtype("utf-8", place.dtype.itemsize) if place.dtype.kind == "S" else place.dtype
    space = h5s.create_simple(place.shape) if place.shape else h5s.create(h5s.SCALAR)
    parent, _, name = path.rpartition("/")
    # Not create_dataset: h5py forgets the properties of scalars, and they would be laid out nowhere.
    group = file.require_group(parent or "/").id
    dataset = h5d.create(group, name.encode(), h5t.py_create(dtype, logical=True), space, dcpl=properties)
    if place.chunk is None:
        return place._replace(offset=dataset.get_offset() or 0)  # an empty one lies nowhere
    last = tuple((n - 1) // c * c for n, c in zip(place.shape, place.chunk, strict=True))
    first, final = (dataset.get_chunk_info_by_coord(corner) for corner in ((0,) * len(last), last))
    if final.byte_offset + final.size - first.byte_offset != place.span:
        raise RuntimeError(f"this HDF5 does not lay the chunks of {path} out in order")
    return place._replace(offset=first.byte_offset)


def _describe(file: Any, spec: CacheSpec, places: dict[str, Place]) -> None:
    file.attrs.update(format=FORMAT, version=VERSION, needs=NEEDS)
    file.attrs.update(fingerprint=spec.fingerprint, step=spec.step)
    words = (word for layer in spec.layers for word in (layer.name, layer.op))
    file.attrs["text"] = np.uint32(text_checksum(spec.fingerprint, *words))
    for number, layer in enumerate(spec.layers):
        group, field = file[layer_path(number)], layer.field
        group.attrs.update(name=layer.name, op=layer.op, shape=layer.shape)
        group.attrs.update(field_size=field.size, field_stride=field.stride, field_first=field.first)
        group["quantiles"].attrs["levels"] = LEVELS
    for path, place in places.items():
        if place.piece is not None:
            file[f"checksums/{path}"].attrs["values" if place.columnar else "rows"] = place.piece


class _Memory:
    """The file object that h5py writes its metadata to: a few KB scattered over terabytes."""

    def __init__(self) -> None:
        self.size = self.position = 0
        self._pages: dict[int, bytearray] = {}
        self._written: list[tuple[int, int]] = []  # first, after the last

    def runs(self) -> list[tuple[int, bytes]]:
        """What was written, as [(offset, bytes)] in order, touching runs joined."""
        joined: list[list[int]] = []
        for start, stop in sorted(self._written):
            if joined and start <= joined[-1][1]:
                joined[-1][1] = max(joined[-1][1], stop)
            else:
                joined.append([start, stop])
        return [(start, self._get(start, stop)) for start, stop in joined]

    def seek(self, offset: int, whence: int = 0) -> int:
        self.position = offset + (0, self.position, self.size)[whence]
        return self.position

    def tell(self) -> int:
        return self.position

    def truncate(self, size: int | None = None) -> int:
        self.size = self.position if size is None else size
        return self.size

    def flush(self) -> None:
        pass

    def write(self, data: memoryview) -> int:
        start, stop = self.position, self.position + len(data)
        for page, inside, part in _parts(start, stop):
            self._pages.setdefault(page, bytearray(PAGE))[inside] = data[part]
        self._written.append((start, stop))
        self.position, self.size = stop, max(self.size, stop)
        return len(data)

    def read(self, count: int) -> bytes:
        data = self._get(self.position, self.position + count)
        self.position += count
        return data

    def readinto(self, buffer: memoryview) -> int:
        buffer[:] = self.read(len(buffer))
        return len(buffer)

    def _get(self, start: int, stop: int) -> bytes:
        empty = bytes(PAGE)
        return b"".join(bytes(self._pages.get(page, empty)[inside]) for page, inside, _ in _parts(start, stop))


def _parts(start: int, stop: int) -> Iterator[tuple[int, slice, slice]]:
    """The pages of start..stop: number, the part of the page, and the part of the range that lies there."""
    for page in range(start // PAGE, -(-stop // PAGE)):
        first, after = max(start, page * PAGE), min(stop, (page + 1) * PAGE)
        yield page, slice(first - page * PAGE, after - page * PAGE), slice(first - start, after - start)
