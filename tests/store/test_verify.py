"""Damage is noticed: by `verify` wherever it is, by the reader when it is read, and never read as if it were data."""

import h5py
import numpy as np
import pytest

from seeinin.errors import CacheError
from seeinin.store.access import DamageError
from seeinin.store.files import Files
from seeinin.store.opening import open_file
from seeinin.store.reader import open_cache
from seeinin.store.verify import verify


def places(path):
    return open_file(path, Files())[1].places


def flip(path, offset, bit=1):
    data = bytearray(path.read_bytes())
    data[offset] ^= bit
    path.write_bytes(data)


def test_all_is_well(cache):
    assert verify(cache) == []


@pytest.mark.parametrize(
    ("dataset", "value", "words"),
    [
        ("layers/000/maps", 9 * 60, "layer conv1, maps of images 8 to 11"),
        ("layers/000/columns", 460 + 300, "layer conv1, columns of channel 1, points 256 to 459"),
        ("layers/001/quantiles", 4, "/layers/001/quantiles"),
        ("images/pixels", 22 * 72, "pixels of images 20 to 22"),
        ("images/valid", 1, "valid of images 0 to 3"),
        ("images/name", 2, "/images/name"),
        ("config", 0, "/config"),
        ("checksums/names", 5, "/checksums/names"),
        ("checksums/layers/000/maps", 0, "/checksums/layers/000/maps"),
    ],
)
def test_a_flipped_bit_is_found(tmp_path, make, small_chunks, dataset, value, words):
    path = make.cache(tmp_path / "cache.h5", make.spec())
    place = places(path)[dataset]
    channel, value = divmod(value, place.shape[1]) if place.columnar else (0, value)
    flip(path, place.offset + channel * place.stride + value * place.dtype.itemsize)
    assert verify(path) == [words]


def test_a_zeroed_page_is_found(cache):
    place = places(cache)["layers/002/columns"]
    data = bytearray(cache.read_bytes())
    data[place.offset : place.offset + place.span] = bytes(place.span)
    cache.write_bytes(data)
    assert [found.split(",")[0] for found in verify(cache)] == ["layer fc"] * 9


def test_the_reader_gives_nothing_damaged(tmp_path, make, small_chunks):
    path = make.cache(tmp_path / "cache.h5", make.spec())
    place = places(path)["layers/000/maps"]
    flip(path, place.offset + 9 * place.stride)
    with open_cache(path) as cache:
        layer = cache.layers[0]
        for rows in ([9], [8], [3, 9], slice(None)):
            with pytest.raises(CacheError, match=r"layer conv1, maps of images 8 to 11\. `seeinin verify`"):
                layer.maps(rows)
        assert np.isfinite(layer.maps(slice(12, 20))).all()
        assert len(layer.maps([7])) == 1


def test_what_is_good_beside_the_damage_can_be_had(tmp_path, make, small_chunks):
    spec = make.spec()
    maps = make.contents(spec).maps[0]
    path = make.cache(tmp_path / "cache.h5", spec)
    where = places(path)
    flip(path, where["layers/000/maps"].offset + 9 * where["layers/000/maps"].stride)
    flip(path, where["images/pixels"].offset)
    flip(path, where["layers/000/columns"].offset + where["layers/000/columns"].stride + 300 * 2)
    with open_cache(path) as cache:
        for rows in ([3, 9, 22], [10, 2, 8], [11], slice(None)):
            with pytest.raises(DamageError) as caught:
                cache.layers[0].maps(rows)
            expected = maps.copy()
            expected[8:12] = np.nan
            assert caught.value.holes == [range(8, 12)]
            np.testing.assert_array_equal(caught.value.values, expected[rows])
        with pytest.raises(DamageError) as caught:
            cache.layers[0].read_column(1, 200, 310)
        expected = maps[:, 1].ravel()[200:310].copy()
        expected[256 - 200 :] = np.nan
        assert caught.value.holes == [range(256, 460)]
        np.testing.assert_array_equal(caught.value.values, expected)
        with pytest.raises(DamageError) as caught:
            cache.pixels([0, 7])
        assert caught.value.holes == [range(4)]
        np.testing.assert_array_equal(caught.value.values[1], make.contents(spec).pixels[7])
        assert len(cache.layers[0].column(0)) == 460


def test_without_its_checksums_nothing_of_a_dataset_is_given(cache):
    flip(cache, places(cache)["checksums/layers/000/maps"].offset)
    with open_cache(cache) as opened:
        with pytest.raises(DamageError) as caught:
            opened.layers[0].maps([0])
        assert (caught.value.what, caught.value.holes) == (["/checksums/layers/000/maps"], None)
        opened.layers[0].column(0)


def test_any_byte(cache):
    """A flipped bit anywhere either changes nothing that anyone reads, or is found."""
    with h5py.File(cache) as file:
        names = []
        file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
    good = cache.read_bytes()
    used = np.zeros(len(good), bool)
    directory = open_file(cache, Files())[1]
    for place in directory.places.values():
        used[place.offset : place.offset + place.nbytes] = True
    with h5py.File(cache) as file:
        for offset, length in file["checksums/metadata"][:]:
            used[offset : offset + length] = True
    used[4096 : 4096 + len(directory.encode())] = True
    rng = np.random.default_rng(0)
    for offset in rng.choice(np.flatnonzero(used), 10, replace=False):
        flip(cache, offset, 1 << rng.integers(8))
        try:
            found = verify(cache)
        except CacheError as error:
            found = [str(error)]
        assert found, offset
        cache.write_bytes(good)
