"""What is damaged of a reading is a hole where it is, known by its place; all around it is as it was written."""

import os

import numpy as np
import pytest

from seeinin.errors import CacheError
from seeinin.store.access import CutError, DamageError
from seeinin.store.files import Files
from seeinin.store.holes import Holes
from seeinin.store.opening import open_file
from seeinin.store.reader import open_cache


@pytest.fixture
def path(tmp_path, make, small_chunks):
    return make.cache(tmp_path / "cache.h5", make.spec())


def column(layer, channel, start, stop):
    holes = Holes()
    return layer.read_column(channel, start, stop, holes=holes), holes


def test_a_hole_in_a_column(path, damage):
    """Pieces of 256 points; conv1 has 460."""
    with open_cache(path) as whole:
        expected = whole.layers[0].column(1)
    damage(path, ("layers/000/columns", 1, 300))
    with open_cache(path) as cache:
        layer = cache.layers[0]
        for start, stop in ((0, 460), (250, 400), (10, 256), (300, 301), (0, 460)):
            found, holes = column(layer, 1, start, stop)
            bad = np.arange(start, stop) >= 256
            np.testing.assert_array_equal(np.isnan(found[bad]), True)
            np.testing.assert_array_equal(found[~bad], expected[start:stop][~bad])
            assert len(holes) == bad.sum()
            np.testing.assert_array_equal(holes.among(np.arange(start, stop)), bad)
            assert isinstance(holes.why, DamageError) == bad.any()
        assert not column(layer, 0, 0, 460)[1]
        with pytest.raises(DamageError, match="points 256 to 459"):
            layer.column(1)


@pytest.mark.parametrize("rows", [slice(None), slice(5, 14), [0, 8, 9, 11, 12, 22], [9], [22, 10, 3]])
def test_holes_among_images(path, damage, rows):
    """Images 8 to 11 share a piece."""
    with open_cache(path) as whole:
        maps, pixels = whole.layers[0].maps(rows), whole.pixels(rows)
    damage(path, ("layers/000/maps", 9, 0), ("images/pixels", 9, 0))
    bad = np.isin(np.arange(23)[rows], range(8, 12))
    with open_cache(path) as cache:
        for read, expected, nothing in ((cache.layers[0].maps, maps, np.nan), (cache.pixels, pixels, 0)):
            for _ in ("checked", "known"):
                holes = Holes()
                found = read(rows, holes)
                np.testing.assert_array_equal(found[~bad], expected[~bad])
                np.testing.assert_array_equal(found[bad], np.full_like(found[bad], nothing))
                np.testing.assert_array_equal(holes.among(np.arange(23)[rows]), bad)


def test_a_table_of_checksums_that_is_damaged_vouches_for_nothing(path, damage):
    damage(path, ("checksums/layers/000/columns", 0, 0))
    with open_cache(path) as cache:
        found, holes = column(cache.layers[0], 0, 100, 300)
        assert np.isnan(found).all()
        assert len(holes) == 200


def test_a_file_that_is_cut_while_it_is_open_has_holes_behind_its_end(path):
    with open_cache(path) as cache:
        place = open_file(path, Files())[1].places["layers/002/columns"]
        layer = cache.layers[2]
        expected = [layer.column(channel) for channel in range(9)]  # known to be good, which says nothing any more
        os.truncate(path, place.offset + 4 * place.stride)
        for channel in range(9):
            found, holes = column(layer, channel, 0, 23)
            if channel < 4:
                np.testing.assert_array_equal(found, expected[channel])
                assert not holes
            else:
                assert np.isnan(found).all()
                assert isinstance(holes.why, CutError)
        with pytest.raises(CacheError, match="cut short while it was open"):
            layer.column(8)
