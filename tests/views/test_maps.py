"""The feature maps against numpy over the cache, moved by the events that a window sends."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from vispy.util import keys

from seeinin.state.selection import chosen
from seeinin.state.state import Place, ViewerState
from seeinin.store.reader import Cache, open_cache
from seeinin.views import averages
from seeinin.views.averages import INPUT, grown, selected_images
from seeinin.views.maps import MapsView
from seeinin.views.theme import LIGHT
from seeinin.visuals.canvas import Canvas

Make = Callable[..., Canvas]


@pytest.fixture
def view(state: ViewerState, new_canvas: Make) -> MapsView:
    view = MapsView(state, new_canvas(340, 900))
    settle(view)
    return view


def settle(view: MapsView) -> None:
    assert view.state.inbox.run_until(view.settled, 20)


def maps_of(cache: Cache, number: int) -> np.ndarray:
    if number == INPUT:
        return cache.pixels(slice(None)).transpose(0, 3, 1, 2).astype(np.float64)
    return cache.layers[number].maps(slice(None)).astype(np.float64)


def assert_shows(view: MapsView, chosen: np.ndarray) -> None:
    """Every layer shows the average of these images, to float32 rounding."""
    cache = view.state.cache
    for number in range(INPUT, len(cache.layers)):
        wanted = maps_of(cache, number)[chosen].mean(axis=0)
        found = view.averages.means[number].values
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, wanted, rtol=3e-7, atol=3e-7 * abs(wanted).max())


def test_without_pick_and_selection_it_is_the_average_of_all(view: MapsView) -> None:
    assert view.note == "average of all 299 images"
    assert_shows(view, view.state.cache.valid)


def test_the_average_of_the_selected_points_images(view: MapsView, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(averages, "BLOCK", 2000)  # a few rows at a time
    cache = view.state.cache
    points = np.random.default_rng(3).random(cache.layers[0].points) < 0.005
    view.state.select(chosen(0, points))
    settle(view)
    images = points.reshape(cache.images, -1).any(axis=1) & cache.valid
    assert 10 < images.sum() < 200
    assert view.note == f"average of {images.sum()} selected images"
    assert_shows(view, images)
