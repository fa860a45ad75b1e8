"""The gallery's lists against plain loops over the cache."""

import numpy as np
import pytest

from seeinin.pool import POOL, Latest
from seeinin.state.gallery import GalleryBy, listing
from seeinin.state.selection import chosen
from seeinin.state.state import ViewerState
from seeinin.store.reader import open_cache
from tests.app.caches import written


@pytest.fixture
def listed(state):
    def listed(layer, by, selection=None, hidden=(), link="place"):
        job = Latest(POOL.now).request(listing, state.sources, layer, by, selection, link, hidden)
        return job.result(timeout=60)

    return listed


def odd(cache, layer):
    """Distance from the class's mean over the root of the mean square of all such distances, image by image."""
    maps = layer.maps(slice(None)).astype(np.float64).reshape(cache.images, -1)
    out = np.full(cache.images, np.nan)
    for number in range(3):
        members = np.flatnonzero((cache.label == number) & cache.valid)
        mean = maps[members].mean(axis=0)
        distance = np.linalg.norm(maps[members] - mean, axis=1)
        out[members] = distance / np.sqrt((distance**2).mean())
    return out


@pytest.mark.parametrize("name", ["conv", "out"])
def test_least_like_its_class_comes_first(grey_cache, listed, name):
    layer = grey_cache.layer(name)
    found, expected = listed(layer, GalleryBy("unlike")), odd(grey_cache, layer)
    assert np.allclose(found.score, expected[found.rows], rtol=2e-3, equal_nan=True)
    known = np.isfinite(found.score)
    assert (np.diff(found.score[known]) <= 0).all()
    assert np.flatnonzero(~known).tolist() == [len(known) - 1]  # the image that could not be read, last
    assert sorted(found.rows.tolist()) == list(range(grey_cache.images))


def test_by_the_value_of_a_channel_of_the_selected_points(grey_cache, listed):
    layer = grey_cache.layer("conv")
    some = np.random.default_rng(3).random(layer.points) < 0.02
    some.reshape(grey_cache.images, -1)[100:] = False
    selection = chosen(layer.number, some)
    column, points = layer.column(4).astype(np.float64), np.flatnonzero(some)
    for order, best in (("highest", np.max), ("lowest", np.min)):
        found = listed(layer, GalleryBy(order, 4), selection)
        of = points // layer.positions
        assert sorted(found.rows.tolist()) == np.unique(of).tolist()
        expected = [
            best(column[np.flatnonzero(some)[np.flatnonzero(some) // layer.positions == i]]) for i in found.rows
        ]
        assert np.array_equal(found.score, expected)
        assert np.array_equal(column[found.points], found.score)
        assert some[found.points].all()
        assert np.array_equal(found.points // layer.positions, found.rows)
        assert (np.diff(found.score) * (1 if order == "lowest" else -1) >= 0).all()


def test_a_selection_of_another_layer_and_hidden_classes(grey_cache, listed):
    conv, out = grey_cache.layer("conv"), grey_cache.layer("out")
    images = np.arange(grey_cache.images) % 3 == 0
    found = listed(conv, GalleryBy("highest", 0), chosen(out.number, images), hidden=[1])
    assert sorted(found.rows.tolist()) == np.flatnonzero(images & (grey_cache.label != 1)).tolist()
    assert np.array_equal(found.score, conv.column(0).reshape(grey_cache.images, -1).max(axis=1)[found.rows])
    assert np.array_equal(listed(out, GalleryBy()).rows, np.arange(grey_cache.images))


def test_nan_is_the_least_of_all():
    from seeinin.state.gallery import _extreme

    values = np.array([[np.nan, 1.0, 2.0], [np.nan, np.nan, np.nan], [3.0, np.nan, 1.0]], np.float32)
    chosen = np.array([[True, True, False], [False, False, True], [False, False, False]])
    assert _extreme(values, chosen).tolist() == [1, 2, 0]
    assert _extreme(values, None).tolist() == [2, 0, 0]


@pytest.mark.parametrize("classes", [("cat", "dog"), ()])
def test_without_labels_no_image_is_odd(tmp_path, classes):
    """With classes that none of them has, and without any."""
    with open_cache(written(tmp_path / "plain.h5", classes=classes, present=[])) as cache:
        state = ViewerState().attach(cache)
        job = state.sources, cache.layer("conv"), GalleryBy("unlike"), None, "place"
        found = Latest(POOL.now).request(listing, *job).result(timeout=60)
        assert found.rows.tolist() == list(range(cache.images))
        assert np.isnan(found.score).all()
