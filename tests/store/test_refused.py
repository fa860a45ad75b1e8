"""What is no whole cache of this version: one sentence, nothing else."""

import errno
import os

import h5py
import numpy as np
import pytest

from seeinin.errors import CacheError
from seeinin.store import directory
from seeinin.store.reader import open_cache
from seeinin.store.writer import Writer


def refused(path, words):
    with pytest.raises(CacheError, match=words) as caught:
        open_cache(path)
    message = str(caught.value)
    assert path.name in message
    assert "\n" not in message


def test_missing(tmp_path):
    refused(tmp_path / "no.h5", "cannot be opened: No such file")


def test_not_permitted(cache, monkeypatch):
    def denied(path, *_):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("seeinin.store.access.os.open", denied)
    refused(cache, "cannot be opened: Permission denied")


def test_a_folder(tmp_path):
    (tmp_path / "folder.h5").mkdir()
    refused(tmp_path / "folder.h5", "cannot be opened: Is a directory")


def test_empty(tmp_path):
    (tmp_path / "empty.h5").touch()
    refused(tmp_path / "empty.h5", "is empty")


@pytest.mark.parametrize("content", [b"x", b"GIF89a" + bytes(9000), bytes(100)])
def test_no_hdf5(tmp_path, content):
    (tmp_path / "other.h5").write_bytes(content)
    refused(tmp_path / "other.h5", "is not a seeinin cache: it is no HDF5 file")


@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_another_hdf5_file(tmp_path, libver):
    with h5py.File(tmp_path / "other.h5", "w", libver=libver) as file:
        file["data"] = np.arange(2000)
    refused(tmp_path / "other.h5", "is not a seeinin cache: it is an HDF5 file of another kind")


@pytest.mark.parametrize("kept", [8, 30, 47, 48, 4096, 5000, 40_000, -1])
def test_cut_short(cache, kept):
    os.truncate(cache, kept if kept > 0 else cache.stat().st_size - 1)
    refused(cache, "is cut short: .* of .* KB|is cut short: .* bytes" if kept < 48 else "is cut short: .* of .* KB")


def test_a_file_that_was_cut_says_how_much_of_it_is_left(tmp_path, make, small_chunks):
    layers = (("conv", "conv2d", (8, 8, 8), "float16"), ("fc", "linear", (200, 1, 1), "float16"))
    path = make.cache(tmp_path / "cache.h5", make.spec(layers=layers))
    with open_cache(path) as opened:
        places = opened._access.directory.places
    last, columns = places["layers/001/maps"], places["layers/000/columns"]
    for size, words in (
        (columns.offset + 1, "23 of 23 images are whole"),
        (last.offset + 9 * last.stride + 3, "9 of 23 images are whole"),
        (last.offset, "0 of 23 images are whole"),
        (directory.OFFSET + 100, r"\. Copy it again"),
    ):
        os.truncate(path, size)
        refused(path, rf"is cut short: {size / 1000:.1f} KB of .* KB.*{words}")


@pytest.mark.parametrize(("needs", "words"), [("3.2", "seeinin 3.2 or newer"), ("<b>", "a newer seeinin")])
def test_newer(cache, needs, words):
    with h5py.File(cache, "r+") as file:
        file.attrs["version"] = 2
        file.attrs["needs"] = needs
    refused(cache, f"is of format 2 and needs {words}: this one reads format 1")


def test_newer_by_its_directory(cache):
    data = bytearray(cache.read_bytes())
    for old, new in ((b"seeinin 0001", b"seeinin 0007"), (b'"needs":"0.1"', b'"needs":"4.0"')):
        assert data.count(old) == 1
        data = data.replace(old, new)
    cache.write_bytes(data)
    refused(cache, "is of format 7 and needs seeinin 4.0 or newer: this one reads format 1")


def test_a_name_that_hdf5_does_not_check(cache):
    """It keeps strings of variable length apart, without a checksum, and reads these back as if they were fine."""
    name = open_cache(cache).layers[1].name.encode()
    data = cache.read_bytes()
    assert data.count(name) > 1  # in the cache's own directory too, which is not believed any more
    cache.write_bytes(data.replace(name, bytes([name[0] ^ 1]) + name[1:]))
    with h5py.File(cache) as file:
        assert file["layers/001"].attrs["name"].encode() != name
    refused(cache, "the names in it are not as they were written")


def test_unfinished(tmp_path, spec):
    target = tmp_path / "cache.h5"
    with Writer.open(target, spec):
        refused(target, f"is still being written, by process {os.getpid()}")
        with pytest.raises(CacheError, match="still being written"):
            open_cache(tmp_path / "cache.h5.partial")
    refused(target, "is unfinished: run the same")


def test_the_old_one_is_read_while_it_is_replaced(cache, spec):
    with Writer.open(cache, spec, overwrite=True), open_cache(cache) as opened:
        assert opened.images == 23


def soft(file):
    del file["layers/000/mean"]
    file["layers/000/mean"] = h5py.SoftLink("/layers/001/mean")


def external(file):
    del file["layers/000/maps"]
    file["layers/000/maps"] = h5py.ExternalLink("elsewhere.h5", "/maps")


def virtual(file):
    del file["layers/000/columns"]
    layout = h5py.VirtualLayout((3, 460), "f2")
    layout[0] = h5py.VirtualSource("elsewhere.h5", "x", (460,))
    file.create_virtual_dataset("layers/000/columns", layout)


def external_storage(file):
    del file["images/index"]
    file.create_dataset("images/index", (23,), "i8", external=[("passwords", 0, 184)])


def filtered(file):
    del file["images/label"]
    file.create_dataset("images/label", data=np.zeros(23, "i4"), compression="gzip")


def another_type(file):
    del file["images/label"]
    file["images/label"] = np.zeros(23, "f8")


def another_rank(file):
    del file["layers/001/top"]
    file["layers/001/top"] = np.zeros((2, 23, 1), "i8")


def another_length(file):
    del file["layers/002/class_mean"]
    file["layers/002/class_mean"] = np.zeros((4, 9, 1, 1), "f4")


def missing(file):
    del file["layers/001/columns"]


def circle(file):
    file["layers/000/again"] = file["layers"]


def renamed(file):
    file["layers/001"].attrs["name"] = "conv9"


def variable_length(file):
    del file["classes/name"]
    file["classes/name"] = ["a", "b", "c"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (soft, "/layers/000/mean is a link to elsewhere"),
        (external, "/layers/000/maps is a link to elsewhere"),
        (virtual, "the values of /layers/000/columns lie in another file"),
        (external_storage, "the values of /images/index lie in another file"),
        (filtered, "/images/label is stored in a way"),
        (another_type, "/images/label is float64 .* and must be int32"),
        (another_rank, "/layers/001/top is int64"),
        (another_length, "/layers/002/class_mean is float32 .* and must be"),
        (missing, "/layers/001/columns is missing"),
        (circle, "is nested too deeply"),
        (renamed, "the names in it are not as they were written"),
        (variable_length, "/classes/name is stored in a way"),
    ],
)
def test_changed_into_no_cache(cache, change, words):
    with h5py.File(cache, "r+") as file:
        change(file)
    refused(cache, words)


def test_changed_into_a_richer_cache(cache):
    with h5py.File(cache, "r+") as file:
        file["images/extra/weather"] = np.arange(23.0)
        column = file["layers/000/columns"][1]
    with open_cache(cache) as opened:
        np.testing.assert_array_equal(opened.extra["weather"], np.arange(23.0))
        np.testing.assert_array_equal(opened.layers[0].column(1), column)
        assert opened.layers[1].field.first == (0, -1)


def test_copied_by_other_tools(cache, tmp_path):
    """Written anew by h5py, with no directory that fits and no checksums."""
    other = tmp_path / "other.h5"
    with h5py.File(cache) as old, h5py.File(other, "w") as new:
        new.attrs.update(old.attrs)
        for name in ("config", "graph", "images", "classes", "layers"):
            old.copy(name, new)
    with open_cache(cache) as one, open_cache(other) as two:
        for old, new in zip(one.layers, two.layers, strict=True):
            np.testing.assert_array_equal(old.maps(slice(3, 9)), new.maps(slice(3, 9)))
            np.testing.assert_array_equal(old.column(1), new.column(1))
            np.testing.assert_array_equal(old.quantiles, new.quantiles)
        np.testing.assert_array_equal(one.valid, two.valid)


@pytest.mark.parametrize(("name", "value"), [("label", 3), ("label", -2), ("prediction", 2**31 - 1)])
def test_classes_that_there_are_not(cache, tmp_path, name, value):
    """By a file that has no checksums, so that nothing else could tell."""
    other = tmp_path / "other.h5"
    with h5py.File(cache) as old, h5py.File(other, "w") as new:
        new.attrs.update(old.attrs)
        for part in ("config", "graph", "images", "classes", "layers"):
            old.copy(part, new)
        new[f"images/{name}"][5] = value
    with open_cache(other) as opened, pytest.raises(CacheError, match=f"/images/{name} reaches .* there are 3 classes"):
        opened.preload()
