"""Pictures on their way: samples first, brightness that does not pulse, gestures that do not wait."""

import time
from concurrent.futures import CancelledError

import numpy as np
import pytest

from seeinin.errors import DisplayError
from seeinin.geometry import counting
from seeinin.geometry.matrix import Camera, Rect
from seeinin.pool import POOL, Token
from seeinin.state import columns
from seeinin.state.sources import Sources
from seeinin.views import card
from seeinin.views import rendering as job
from seeinin.views.card import Card
from seeinin.views.layout import Layout
from seeinin.views.matrix import MatrixView
from seeinin.views.tallying import Task
from tests.views.steps import result

SIZE = (500, 480)


@pytest.fixture
def view(state, new_canvas):
    view = MatrixView(state, new_canvas(*SIZE))
    state.show_layer(state.cache.layer("conv").number)
    assert state.inbox.run_until(lambda: view.exact)
    return view


@pytest.fixture
def small_steps(monkeypatch):
    """A few thousand points at a time, and a look whenever all cells have them."""
    for name, value in (("LEAST", 1000), ("MOST", 3000), ("STEP", 5000)):
        monkeypatch.setattr(counting, name, value)
    monkeypatch.setattr(job, "FIRST_LOOK", 30_000)
    monkeypatch.setattr(job, "NEXT_LOOK", 0.0)


def pictures_of(request, sources):
    """The samples shown and the picture."""
    shown = [result(job.first_look(request, sources))]
    return shown, result(job.rendering(Token(), request, sources, shown.append))


def test_samples_are_shown_and_the_last_picture_is_exact(view, state, small_steps):
    layer = state.layer
    shown, shot = pictures_of(view.wanted, state.sources)
    points = [sample.drawn.points for sample in shown]
    assert points
    assert points == sorted(set(points))
    assert max(points) < layer.points == shot.drawn.points == shot.drawn.total
    for sample in shown:
        ids = sample.ids[sample.ids >= 0]
        assert ids.size
        assert ids.max() < sample.drawn.points
    np.testing.assert_array_equal(shot.rgba, view.shot.rgba)
    np.testing.assert_array_equal(shot.ids, view.shot.ids)


@pytest.fixture
def small_card(monkeypatch):
    """Even little is worth its while."""
    monkeypatch.setattr(job, "CARD", Card())
    for name in ("LEAST", "CELL"):
        monkeypatch.setattr(card, name, 1)
    return job.CARD


@pytest.mark.parametrize("style", ["points", "density"])
@pytest.mark.parametrize("select", [False, True])
def test_a_fast_card_counts_the_same_picture(view, state, small_card, select, style):
    state.style = style
    if select:
        state.select_class(1)
    assert state.inbox.run_until(lambda: view.exact)
    shot = result(job.rendering(Token(), view.wanted, state.sources, fast=True))
    assert small_card.card_rate > 0
    np.testing.assert_array_equal(shot.rgba, view.shot.rgba)
    np.testing.assert_array_equal(shot.ids, view.shot.ids)
    assert shot.drawn == view.shot.drawn


def test_the_window_hands_it_to_the_card(view, state, small_card, small_steps):
    view.cloud.node.rate = 1e12
    view.cloud.node.budget = 1  # no room there for the points themselves
    state.opacity = 0.3
    view.refresh()
    assert state.inbox.run_until(lambda: view.exact)
    assert small_card.card_rate > 0


def test_a_card_that_fails_leaves_it_to_the_cores(view, state, small_card, monkeypatch, caplog):
    def full(array):
        raise DisplayError("no room")

    monkeypatch.setattr(small_card, "_storage", full)
    for _ in range(2):
        shot = result(job.rendering(Token(), view.wanted, state.sources, fast=True))
        np.testing.assert_array_equal(shot.rgba, view.shot.rgba)
        np.testing.assert_array_equal(shot.ids, view.shot.ids)
    assert caplog.messages == ["the graphics card does not count, so the cores do: no room"]


def test_a_card_that_is_slower_than_the_cores_is_not_asked_again(view, state, small_card, monkeypatch):
    monkeypatch.setattr(small_card, "note", lambda points, seconds: None)
    for rates, asked in (((2.0, 1.0), True), ((1.0, 2.0), False)):
        small_card.card_rate, small_card.cores_rate = rates
        result(job.rendering(Token(), view.wanted, state.sources, fast=True))
        assert (small_card.card_rate > 2) is asked


def test_what_nobody_wants_any_more_the_card_does_not_count(small_card):
    token = Token()
    token.cancel()
    with pytest.raises(CancelledError):
        small_card.count(Task(token, None, [], [], [], None, 0)).result()


@pytest.mark.parametrize("select", [False, True])
def test_a_layer_larger_than_memory_is_drawn_in_stretches(view, state, small_steps, monkeypatch, select):
    monkeypatch.setattr(columns, "LEAST", 1)
    if select:
        state.select_class(1)
        assert state.inbox.run_until(lambda: view.exact)
    sources = Sources.of(state.cache)
    layer = state.layer
    sources.columns.budget = budget = 2 * layer.points * layer.dtype.itemsize
    sources.columns.get(layer, 3)
    shot = result(job.rendering(Token(), view.wanted, sources))
    assert sources.columns.held <= budget
    np.testing.assert_array_equal(shot.rgba, view.shot.rgba)
    np.testing.assert_array_equal(shot.ids, view.shot.ids)
    assert shot.drawn == view.shot.drawn


def test_a_sample_has_only_the_plots_that_are_not_shown(view, state, small_steps):
    height, width = view.wanted.shape
    shown = Rect(width / 2, -10, width, height + 20)
    ids, found = result(job.first_look(view.wanted, state.sources, shown)).ids, set()
    for _, (y0, y1, x0, x1) in Layout(view.wanted.matrix, view.wanted.shape).cells(diagonal=False):
        if min(y1 - y0, x1 - x0) > 50:  # else there may be none at all
            found.add(x0 >= shown.x)
            assert (ids[y0:y1, x0:x1] >= 0).any() != (x0 >= shown.x)
    assert found == {False, True}
    assert result(job.first_look(view.wanted, state.sources, Rect(-10, -10, 2000, 2000))) is None


def test_the_brightness_of_a_sample_does_not_pulse(view, state, small_steps):
    state.style = "density"
    assert state.inbox.run_until(lambda: view.exact)
    shown, exact = pictures_of(view.wanted, state.sources)
    sample = shown[len(shown) // 2]
    assert sample.drawn.points < 0.7 * exact.drawn.points
    lit = (sample.ids >= 0) & (exact.ids >= 0)
    brightness = [shot.rgba[lit][:, :3].mean() for shot in (sample, exact)]
    assert brightness[0] == pytest.approx(brightness[1], rel=0.1)


def test_a_sample_fills_only_what_the_last_picture_does_not_show(view, state, small_steps):
    told = []
    state.events.drawn.connect(lambda drawn: told.append((drawn.points, view.shot, view.sampled)))
    state.move(Camera(3.0, 3.0, 5.0))
    assert state.inbox.run_until(lambda: view.exact)
    told.clear()
    state.move(Camera(3.5, 3.0, 4.0))
    assert view.shot.covers(view.matrix), "nothing new comes into sight"
    assert state.inbox.run_until(lambda: view.exact)
    assert all(sampled is None for _, _, sampled in told)
    assert 0 < min(points for points, _, _ in told) < state.layer.points, "the picture was not exact yet"
    before, _ = view.shot, told.clear()
    state.move(Camera(3.0, 3.0, 6.0))
    assert not before.covers(view.matrix)
    assert state.inbox.run_until(lambda: view.exact)
    assert any(sampled is not None and shot is before for _, shot, sampled in told)
    assert view.sampled is None
    assert not view.sample.visible


@pytest.mark.parametrize(("field", "value"), [("opacity", 0.9), ("hidden", frozenset({1})), ("point_size", 5.0)])
def test_another_look_is_seen_in_a_sample_first(view, state, small_steps, field, value):
    POOL.hold()  # what is later
    try:
        setattr(state, field, value)
        assert state.inbox.run_until(lambda: view.shot.request == view.wanted)
        assert not view.shot.exact
    finally:
        POOL.release()
    assert state.inbox.run_until(lambda: view.exact)


def test_a_picture_that_comes_late_takes_no_place(view, state, small_steps):
    """Of where the cells were, when the exact one of where they are is there."""
    late = view.shot
    state.move(Camera(3.0, 3.0, 4.0))
    assert state.inbox.run_until(lambda: view.exact)
    assert late.exact
    assert late.agrees(view.wanted)
    view._arrived(late)
    assert view.exact


def test_gestures_do_not_wait_for_counting(view, state, small_steps):
    """A call that is `now` begins within a step or two, however long the picture takes. (Steps are small here, so that
    the test tells the order of things, not the speed of the machine.)"""
    waits = []
    for k in range(5):
        state.move(Camera(2.5 + 0.01 * k, 2.5, 5.0))
        while not view.exact:
            asked = time.perf_counter()
            waits.append(POOL.now(time.perf_counter).result() - asked)
            state.inbox.run()
    assert len(waits) > 10
    assert np.median(waits) < 0.05
