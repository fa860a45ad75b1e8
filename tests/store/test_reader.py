"""Reading: the same values as h5py, few reads, nothing before it is asked for, and a sentence where it cannot be."""

import gc
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import h5py
import numpy as np
import pytest

from seeinin.errors import CacheError
from seeinin.store import access
from seeinin.store.files import Files
from seeinin.store.reader import open_cache
from seeinin.store.verify import verify

SMALL = (
    *("rf_y", "rf_x", "home_y", "home_x", "minimum", "maximum", "mean", "std"),
    *("quantiles", "nonfinite", "class_mean", "top", "bottom"),
)


class Counted(Files):
    """Counts reads, and the bytes that they gave."""

    def __init__(self):
        self.reads = self.bytes = 0

    def preadv(self, descriptor, buffer, offset):
        count = super().preadv(descriptor, buffer, offset)
        self.reads, self.bytes = self.reads + 1, self.bytes + count
        return count


@pytest.fixture
def both(tmp_path, make, small_chunks):
    path = make.cache(tmp_path / "cache.h5", make.spec(rows=40, pixel_shape=(70, 20, 1)))
    with open_cache(path) as cache, h5py.File(path) as file:
        yield cache, file


def test_layers(both):
    cache, file = both
    assert [layer.name for layer in cache.layers] == ["conv1", "odd / name", "fc"]
    for number, layer in enumerate(cache.layers):
        group = file[f"layers/{number:03d}"]
        assert (layer.number, layer.op, layer.shape) == (number, group.attrs["op"], group["maps"].shape[1:])
        assert (layer.points, layer.dtype) == (group["columns"].shape[1], group["columns"].dtype)
        assert layer.nbytes == 2 * group["maps"].nbytes
        assert layer.field.first == tuple(group.attrs["field_first"])
        assert layer.quantile_levels == tuple(group["quantiles"].attrs["levels"])
        assert cache.layer(layer.name) is layer
        for name in SMALL:
            np.testing.assert_array_equal(getattr(layer, name), group[name][:])
            assert getattr(layer, name) is getattr(layer, name)


def test_columns(both):
    cache, file = both
    for number, layer in enumerate(cache.layers):
        columns = file[f"layers/{number:03d}/columns"][:]
        for channel in range(layer.shape[0]):
            np.testing.assert_array_equal(layer.read_column(channel, 3, 39), columns[channel, 3:39])
            np.testing.assert_array_equal(layer.column(channel), columns[channel])
            np.testing.assert_array_equal(layer.read_column(channel, 30, 30), columns[channel, :0])


@pytest.mark.parametrize("gap", [0, 100, 512])
@pytest.mark.parametrize(
    "rows", [slice(None), slice(5, 17), slice(30, 3, -3), [], [7], [39, 0, 1, 2, 7, 7, 9, 11, 39], np.array([3, 4, 5])]
)
def test_maps_and_pixels(both, rows, gap, monkeypatch):
    monkeypatch.setattr(access, "GAP", gap)
    cache, file = both
    for number, layer in enumerate(cache.layers):
        for _ in ("checked", "known to be good"):
            np.testing.assert_array_equal(layer.maps(rows), file[f"layers/{number:03d}/maps"][:][rows])
    np.testing.assert_array_equal(cache.pixels(rows), file["images/pixels"][:][rows])
    np.testing.assert_array_equal(cache.thumbnails(rows), file["images/thumbnail"][:][rows])


def test_what_belongs_to_images(both, make):
    cache, file = both
    spec = make.spec(rows=40)
    assert (cache.images, cache.pixel_shape) == (40, (70, 20, 1))
    for name in ("index", "label", "prediction", "valid"):
        np.testing.assert_array_equal(getattr(cache, name), file[f"images/{name}"][:])
    assert [cache.name(row) for row in range(40)] == list(spec.names)
    assert cache.classes == spec.classes
    np.testing.assert_array_equal(cache.class_count, file["classes/count"][:])
    assert (cache.config, cache.graph, cache.fingerprint, cache.step) == (spec.config, {"nodes": []}, "f00d", -1)
    assert set(cache.extra) == {"score", "site"}


def test_without_classes_predictions_and_thumbnails(tmp_path, make):
    spec = make.spec(classes=0, predicts=False)
    with open_cache(make.cache(tmp_path / "cache.h5", spec)) as cache:
        assert (cache.classes, cache.prediction, len(cache.class_count)) == ((), None, 0)
        np.testing.assert_array_equal(cache.thumbnails([3]), cache.pixels([3]))
        assert cache.layers[0].class_mean.shape == (0, 3, 5, 4)


@pytest.mark.parametrize("rows", [[23], [-1], [0, 5, 99]])
def test_rows_that_do_not_exist(cache, rows):
    with open_cache(cache) as opened, pytest.raises(IndexError, match="there are 23"):
        opened.layers[0].maps(rows)


def test_channels_and_points_that_do_not_exist(cache):
    with open_cache(cache) as opened:
        for arguments in ((3, 0, 1), (-1, 0, 1), (0, 0, 461), (0, 5, 4)):
            with pytest.raises(IndexError, match="3 channels of 460"):
                opened.layers[0].read_column(*arguments)


def test_neighbours_are_read_together_and_nothing_else(tmp_path, make):
    layers = (("conv", "conv2d", (8, 32, 32), "float16"),)
    path, files = make.cache(tmp_path / "cache.h5", make.spec(rows=40, layers=layers)), Counted()
    with open_cache(path, files=files) as cache:
        layer = cache.layers[0]
        layer.maps([0])  # takes the table of checksums along
        files.reads = files.bytes = 0
        layer.maps([7, 8, 9, 10, 3])
        assert (files.reads, files.bytes) == (2, 5 * 8 * 32 * 32 * 2)
        layer.column(0)
        files.reads = files.bytes = 0
        layer.column(5)
        assert (files.reads, files.bytes) == (1, 40 * 32 * 32 * 2)


def test_near_rows_are_read_together_with_what_lies_between(tmp_path, make):
    """It saves reads, and costs no disk within a page of the operating system; rows that are far apart stand alone."""
    layers = (("small", "conv2d", (5, 1, 2), "float16"), ("large", "conv2d", (8, 32, 32), "float16"))
    path, files = make.cache(tmp_path / "cache.h5", make.spec(rows=400, layers=layers)), Counted()
    with open_cache(path, files=files) as cache:
        for layer, reads in zip(cache.layers, (2, 4), strict=True):
            layer.maps(slice(None))
            files.reads = 0
            layer.maps([3, 5, 20, 399])
            assert files.reads == reads


def test_opening_reads_little_and_without_hdf5(cache):
    files = Counted()
    open_cache(cache, files=files).close()
    assert files.bytes < cache.stat().st_size
    program = "import sys; from seeinin.store.reader import open_cache; open_cache(sys.argv[1]).layers[0].column(0)"
    heavy = "h5py", "numba", "torch"
    program += f"; sys.exit(sum(name in sys.modules for name in {heavy!r}))"
    assert subprocess.run([sys.executable, "-c", program, cache], check=False).returncode == 0


def test_a_cache_may_move_and_nothing_is_written_beside_it(tmp_path, cache, contents):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    moved = cache.rename(folder / "other name.h5")
    folder.chmod(0o555)
    before = [(path.name, path.stat().st_mtime_ns) for path in (folder, moved)]
    with open_cache(moved) as opened:
        np.testing.assert_array_equal(opened.layers[1].maps(slice(None)), contents.maps[1])
        np.testing.assert_array_equal(opened.layers[1].column(0), contents.maps[1][:, 0].ravel())
    assert verify(moved) == []
    assert [path.name for path in folder.iterdir()] == ["other name.h5"]
    assert [(path.name, path.stat().st_mtime_ns) for path in (folder, moved)] == before


def test_threads_read_together(both):
    cache, file = both
    expected = [file[f"layers/{number:03d}/columns"][:] for number in range(3)]

    def read(seed):
        rng = np.random.default_rng(seed)
        for _ in range(50):
            layer = cache.layers[rng.integers(3)]
            channel = rng.integers(layer.shape[0])
            start, stop = sorted(rng.integers(0, layer.points, 2))
            np.testing.assert_array_equal(
                layer.read_column(channel, start, stop), expected[layer.number][channel, start:stop]
            )

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(read, range(4)))


def test_closed_while_reading(cache):
    began, go = threading.Event(), threading.Event()

    class Slow(Files):
        waits = False

        def preadv(self, descriptor, buffer, offset):
            if self.waits:
                began.set()
                go.wait(10)
            return super().preadv(descriptor, buffer, offset)

    files = Slow()
    opened = open_cache(cache, files=files)
    expected = opened.layers[0].column(0)
    files.waits = True
    with ThreadPoolExecutor(1) as threads:
        column = threads.submit(opened.layers[0].column, 0)
        began.wait(10)
        opened.close()
        go.set()
        np.testing.assert_array_equal(column.result(10), expected)
    with pytest.raises(CacheError, match="has been closed"):
        opened.layers[0].column(1)
    gc.collect()
    assert cache not in {link.resolve() for link in Path("/proc/self/fd").iterdir()}


def test_an_unknown_layer_has_a_neighbour(cache):
    with open_cache(cache) as opened, pytest.raises(CacheError, match=r"no layer 'cnv1'\. Did you mean 'conv1'"):
        opened.layer("cnv1")


def test_cut_while_it_is_open(cache):
    with open_cache(cache) as opened:
        os.truncate(cache, 5000)
        with pytest.raises(CacheError, match="cut short while it was open"):
            opened.layers[2].column(8)
