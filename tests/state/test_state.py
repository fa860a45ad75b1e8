"""The three laws, and what the intents do."""

import numpy as np
import pytest

from seeinin.geometry.matrix import Camera
from seeinin.state.named import Place
from seeinin.state.selection import chosen
from seeinin.state.view import Arrangement


@pytest.fixture
def show(state):
    def run(name):
        number = state.cache.layer(name).number
        state.show_layer(number)
        assert state.inbox.run_until(lambda: state.view is not None and state.view.layer == number, 10)
        return state.cache.layers[number]

    return run


def heard(state, name):
    calls = []
    getattr(state.events, name).connect(lambda value: calls.append(value))
    return calls


def test_an_equal_write_emits_nothing(state, show):
    show("three")
    views, selections = heard(state, "view"), heard(state, "selection")
    state.move(state.view.camera)
    state.point_size = float(state.point_size)
    mask = state.cache.label == 1
    state.select_images(mask)
    state.select_images(mask.copy())
    assert views == []
    assert len(selections) == 1


def test_a_layer_opens_with_the_quantiles_as_its_ranges(state, show):
    layer = show("three")
    for channel in range(3):
        values = np.delete(layer.column(channel).astype(np.float64), 17)  # an image that could not be read
        low, high = np.quantile(values, [0.001, 0.999])
        spread = values.max() - values.min()
        assert state.view.ranges[channel] == pytest.approx((low, high), abs=0.02 * spread)


def test_two_channels_are_one_plot_of_equal_units(state, show):
    show("out")
    assert (state.view.rows, state.view.columns) == ((1,), (0,))
    (a, b), (c, d) = state.view.ranges[0], state.view.ranges[1]
    assert b - a == pytest.approx(d - c)


def test_a_layer_is_found_again_as_it_was_left(state, show):
    show("conv")
    state.move(Camera(1.0, 2.0, 3.0))
    show("out")
    show("conv")
    assert state.view.camera == Camera(1.0, 2.0, 3.0)


def test_only_the_layer_asked_for_last_is_entered(state):
    conv, three = (state.cache.layer(name).number for name in ("conv", "three"))
    state.show_layer(conv)
    state.show_layer(three)
    assert state.inbox.run_until(lambda: state.view is not None, 10)
    state.inbox.run()
    assert state.view.layer == three


def test_back_and_forth_through_views(state, show):
    show("conv")
    first = state.view
    state.jump(Camera(0.5, 0.5, 1.0))
    second = state.view
    state.arrange(Arrangement(text="4, 2"))
    assert (state.view.rows, state.view.columns) == ((4, 2), (4, 2))
    state.back()
    assert state.view == second
    state.back()
    assert state.view == first
    assert not state.can_go_back
    state.forward()
    assert state.view == second


def test_combining_carries_the_older_selection_to_the_newer_layer(state, show):
    conv, out = show("conv"), state.cache.layer("out")
    images = state.cache.label == 0
    state.select_images(images)
    some = np.random.default_rng(0).random(conv.points) < 0.3
    state.select(chosen(conv.number, some), "intersect")
    assert state.selection == chosen(conv.number, some & np.repeat(images, conv.positions))
    touched = (some & np.repeat(images, conv.positions)).reshape(-1, conv.positions).any(axis=1)
    state.select(chosen(out.number, np.arange(out.points) < 10), "add")
    assert state.selection == chosen(out.number, touched | (np.arange(out.points) < 10))


def test_subtracting_a_class_stays_exact_in_the_layer(state, show):
    conv = show("conv")
    some = np.random.default_rng(1).random(conv.points) < 0.5
    state.select(chosen(conv.number, some))
    state.select_class(1, "subtract")
    assert state.selection == chosen(conv.number, some & np.repeat(state.cache.label != 1, conv.positions))


def test_subtracting_from_nothing_is_nothing(state):
    state.select_class(1, "subtract")
    state.select_class(1, "intersect")
    assert state.selection is None


def test_undo_and_redo(state):
    state.select_class(0)
    first = state.selection
    state.select_class(1, "add")
    second = state.selection
    state.invert()
    assert np.array_equal(state.selection.strength > 0, state.cache.label == 2)
    state.undo()
    assert state.selection == second
    state.undo()
    assert state.selection == first
    state.redo()
    assert state.selection == second
    state.clear()
    state.undo()
    assert state.selection == second


def test_names_are_undone_too(state):
    state.select_class(0)
    state.keep("noughts")
    first = state.kept
    state.select_class(1)
    state.keep("ones")
    state.forget("noughts")
    assert [kept.name for kept in state.kept] == ["ones"]
    state.undo()
    assert [kept.name for kept in state.kept] == ["noughts", "ones"]
    state.undo()
    assert state.kept == first
    state.undo()
    assert state.selection == first[0].selection
    state.undo()
    assert (state.kept, state.selection) == ((), first[0].selection)
    for _ in range(4):
        state.redo()
    assert [kept.name for kept in state.kept] == ["ones"]
    assert not state.can_redo


def test_selections_are_kept_under_names(state):
    state.select_class(0)
    state.keep("nought")
    state.select_class(1)
    state.recall("nought", "add")
    assert np.array_equal(state.selection.strength > 0, np.isin(state.cache.label, [0, 1]))
    state.keep("nought")
    assert len(state.kept) == 1
    state.forget("nought")
    assert state.kept == ()


def test_places_follow_by_arithmetic(state):
    conv = state.cache.layer("conv")
    place = Place(conv.number, (5 * 8 + 3) * 8 + 6)
    assert state.image_of(place) == 5
    assert state.position_of(place) == (3, 6)


def test_the_style_toggles_from_what_is_drawn(state):
    state.toggle_style()
    assert state.style == "density" or state.style == "points"
    before = state.style
    state.toggle_style()
    assert {before, state.style} == {"points", "density"}
