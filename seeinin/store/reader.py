"""A finished cache: `open_cache(path)` gives a `Cache`, whose layers read what is asked for and nothing else.

Everything raises CacheError, in words, where the file is damaged or goes away. Thread safe.
"""

import json
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from seeinin.errors import CacheError
from seeinin.store.access import Access, Rows
from seeinin.store.files import Files
from seeinin.store.format import layer_path
from seeinin.store.holes import Holes, with_holes
from seeinin.store.opening import open_file


def open_cache(path: str | Path, *, files: Files | None = None) -> "Cache":
    """Open a cache. Raises CacheError where it is missing, no cache, cut short, newer, or still being written."""
    path, files = Path(path), files or Files()
    descriptor, directory = open_file(path, files)
    return Cache(Access(path, descriptor, directory, files))


class Stored:
    """A small dataset of a layer, read when it is first asked for."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, layer: "Layer", owner: type) -> NDArray[Any]:
        array = layer.access.array(f"{layer.path}/{self.name}")
        layer.__dict__[self.name] = array  # from now on found before this descriptor
        return array


class Layer:
    """One layer: D channels of H × W positions, P = N·H·W points, point p = (image·H + y)·W + x."""

    rf_y, rf_x = Stored(), Stored()  # int32 (H, 2), (W, 2): first and last pixel of the receptive field, clipped
    home_y, home_x = Stored(), Stored()  # likewise of the home
    minimum, maximum, mean, std = Stored(), Stored(), Stored(), Stored()  # float64 (D), of the finite values
    quantiles = Stored()  # float64 (D, L), at quantile_levels
    nonfinite = Stored()  # int64 (D): values that are not finite
    class_mean = Stored()  # float32 (K, D, H, W), or (K, D) averaged over positions; NaN where a class has no image
    top, bottom = Stored(), Stored()  # int64 (D, n): points, the best of each of n images; -1 where images lack

    def __init__(self, access: Access, number: int) -> None:
        self.access, self.number, self.path = access, number, layer_path(number)
        self.name, self.op, self.field = access.directory.layers[number]
        maps, columns = (access.directory.places[f"{self.path}/{name}"] for name in ("maps", "columns"))
        self.shape: tuple[int, int, int] = (maps.shape[1], maps.shape[2], maps.shape[3])
        self.points, self.positions = columns.shape[1], maps.shape[2] * maps.shape[3]
        self.dtype, self.nbytes = maps.dtype, maps.nbytes + columns.nbytes
        self.quantile_levels = access.directory.levels

    def __repr__(self) -> str:
        return (
            f"<Layer {self.number} {self.name}: {self.op}, {' × '.join(map(str, self.shape))}, {self.points:,} points>"
        )

    def column(self, channel: int) -> NDArray[Any]:
        """All values of a channel (P), in the stored type."""
        return self.read_column(channel, 0, self.points)

    def read_column(
        self, channel: int, start: int, stop: int, out: NDArray[Any] | None = None, holes: Holes | None = None
    ) -> NDArray[Any]:
        """The values of points start..stop of a channel, in the stored type; in `out` where that is given.

        Damaged ones are NaN and noted in `holes` where that is given.
        """
        values = np.empty(max(stop - start, 0), self.dtype) if out is None else out
        read = partial(self.access.column, f"{self.path}/columns", channel, start, stop, values)
        return with_holes(read, holes, start, stop - 1, lambda: values)

    def maps(self, rows: Rows, holes: Holes | None = None) -> NDArray[Any]:
        """The maps (n, D, H, W) of images, in the stored type; neighbouring rows are read together.

        Damaged images are NaN and noted in `holes`, with others that share their piece, where that is given.
        """
        return taken(self.access, f"{self.path}/maps", rows, holes)


class Cache:
    """A cache of N images and their layers, in order of execution. A context manager."""

    def __init__(self, access: Access) -> None:
        self._access, self.path = access, access.path
        directory = access.directory
        self.images, *shape = directory.places["images/pixels"].shape
        self.pixel_shape: tuple[int, int, int] = (shape[0], shape[1], shape[2])
        self.layers = tuple(Layer(access, number) for number in range(len(directory.layers)))
        self.fingerprint, self.step = directory.fingerprint, directory.step

    def layer(self, name: str) -> Layer:
        """The layer of that name. Raises CacheError with the nearest name where there is none."""
        by_name = {layer.name: layer for layer in self.layers}
        if name in by_name:
            return by_name[name]
        from difflib import get_close_matches

        near = get_close_matches(name, by_name, 1, cutoff=0)
        raise CacheError(f"{self.path} has no layer {name!r}. Did you mean {near[0]!r}?")

    @cached_property
    def classes(self) -> tuple[str, ...]:
        return tuple(_text(name) for name in self._access.array("classes/name").tolist())

    @cached_property
    def class_count(self) -> NDArray[np.int64]:
        """Images of each class (K)."""
        return self._access.array("classes/count")

    @cached_property
    def index(self) -> NDArray[np.int64]:
        """The place of each row's image in the dataset (N)."""
        return self._access.array("images/index")

    @cached_property
    def label(self) -> NDArray[np.int32]:
        """The class of each image (N), -1 where there is none."""
        return self._numbers("images/label")

    @cached_property
    def prediction(self) -> NDArray[np.int32] | None:
        """The class that the network gives each image (N), where it classifies."""
        return self._numbers("images/prediction") if "images/prediction" in self._access else None

    def _numbers(self, path: str) -> NDArray[np.int32]:
        """Classes of images. Raises CacheError where there is no such class."""
        numbers: NDArray[np.int32] = self._access.array(path)
        low, high = numbers.min(initial=-1), numbers.max(initial=-1)
        if low < -1 or high >= len(self.classes):
            known = f"there are {len(self.classes)} classes"
            raise CacheError(
                f"{self.path} is no cache that can be shown: /{path} reaches {low} to {high}, and {known}."
            )
        return numbers

    @cached_property
    def valid(self) -> NDArray[np.bool_]:
        """Whether each image could be read (N)."""
        return self._access.array("images/valid")

    @cached_property
    def extra(self) -> dict[str, NDArray[Any]]:
        """Further columns of the dataset by name, each (N)."""
        paths = [path for path in self._access.directory.places if path.startswith("images/extra/")]
        return {path.removeprefix("images/extra/"): self._access.array(path) for path in paths}

    @cached_property
    def config(self) -> str:
        """The resolved config, YAML."""
        return _text(self._access.array("config").item())

    @cached_property
    def graph(self) -> dict[str, Any]:
        """The network: see the writer. Raises CacheError where it is no JSON."""
        try:
            graph: dict[str, Any] = json.loads(_text(self._access.array("graph").item()))
        except (ValueError, RecursionError):
            raise CacheError(f"{self.path} is damaged: /graph is no JSON. Make the cache again.") from None
        return graph

    @cached_property
    def _names(self) -> NDArray[np.bytes_]:
        return self._access.array("images/name")

    def preload(self) -> None:
        """Read what is small and wanted at every turn, so that it never has to be waited for."""
        _ = self.classes, self.class_count, self.index, self.label, self.prediction, self.valid, self.extra

    def name(self, row: int) -> str:
        """The file name or the dataset index of an image."""
        return _text(self._names[row])

    def pixels(self, rows: Rows, holes: Holes | None = None) -> NDArray[np.uint8]:
        """Images (n, h, w, c), as the user knows them; damaged ones are 0 and noted in `holes` where that is given."""
        return taken(self._access, "images/pixels", rows, holes)

    def thumbnails(self, rows: Rows, holes: Holes | None = None) -> NDArray[np.uint8]:
        """Images (n, ≤ 64, ≤ 64, c): the pixels themselves where they are no larger. Damaged ones as in `pixels`."""
        return taken(self._access, self._small, rows, holes)

    @property
    def thumbnail_shape(self) -> tuple[int, int, int]:
        """(h, w, c) of `thumbnails`."""
        height, width, channels = self._access.directory.places[self._small].shape[1:]
        return height, width, channels

    @property
    def _small(self) -> str:
        return "images/thumbnail" if "images/thumbnail" in self._access else "images/pixels"

    @property
    def waits(self) -> float:
        """Seconds for which the disk has owed an answer; 0 while nothing is read."""
        return self._access.waits

    def close(self) -> None:
        """Let the file go. Reads that have begun end well; later ones raise CacheError."""
        self._access.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def taken(access: Access, path: str, rows: Rows, holes: Holes | None) -> NDArray[Any]:
    """Entries of the first axis, all that is left of them where `holes` is given."""
    place = access.directory.places[path]
    wanted = range(*rows.indices(place.shape[0])) if isinstance(rows, slice) else np.asarray(rows, np.int64)
    first, last = (int(min(wanted)), int(max(wanted))) if len(wanted) else (0, -1)
    read = partial(access.take, path, rows)
    return with_holes(read, holes, first, last, lambda: np.empty((len(wanted), *place.shape[1:]), place.dtype))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
