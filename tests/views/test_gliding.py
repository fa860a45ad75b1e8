"""The picture glides to a far camera; the state is there at once, and a hand ends it."""

import numpy as np
import pytest

from seeinin.geometry.matrix import Camera
from seeinin.views.gliding import LONG, Glide, between, eased
from seeinin.views.matrix import MatrixView


class Clock:
    """A timer and its clock that the test turns."""

    def __init__(self, interval, connect, app):
        self.connect, self.running = connect, False

    def start(self):
        self.running = True

    def stop(self):
        self.running = False


@pytest.fixture
def view(state, new_canvas, monkeypatch):
    monkeypatch.setattr("seeinin.views.gliding.Timer", Clock)
    view = MatrixView(state, new_canvas(700, 640))
    view.seconds = 0.0
    view.glide.now = lambda: view.seconds
    number = state.cache.layer("conv").number
    state.show_layer(number)
    assert state.inbox.run_until(view.settled)
    return view


def test_a_jump_is_followed_and_ends_where_the_state_is(view, state):
    state.motion = True
    before, end = state.view.camera, Camera(4.5, 1.5, 1.0)
    state.jump(end)
    assert state.view.camera == end
    assert view.matrix.camera == before
    assert not view.settled()
    view.glide.step()  # from which on time counts
    spans = []
    for share in (0.25, 0.5, 0.75):
        view.seconds = share * LONG
        view.glide.step()
        spans.append(view.matrix.camera.span)
        assert view.wanted.matrix.camera == end  # asked for once, and exact
    assert before.span > spans[0] > spans[1] > spans[2] > end.span
    view.seconds = LONG
    view.glide.step()
    assert view.matrix.camera == end
    assert not view.glide._timer.running
    assert state.inbox.run_until(view.settled)


def test_a_hand_ends_it_from_where_the_picture_is(view, state, mouse):
    state.motion = True
    state.jump(Camera(4.5, 1.5, 1.0))
    view.glide.step()
    view.seconds = 0.3 * LONG
    view.glide.step()
    on_the_way = view.matrix
    mouse(view.canvas).drag([(300, 300), (320, 310), (320, 310)], button=3)
    assert view.glide.camera is None
    assert np.allclose(view.matrix.to_cells(320, 310), on_the_way.to_cells(300, 300))
    state.back()
    assert view.glide.camera is not None
    mouse(view.canvas).wheel(300, 300, 1)
    assert view.glide.camera is None


def test_without_motion_and_to_other_plots_nothing_glides(view, state):
    state.jump(Camera(4.5, 4.5, 1.0))
    assert view.glide.camera is None
    state.motion = True
    state.show_layer(state.cache.layer("three").number)
    assert state.inbox.run_until(view.settled)
    assert view.glide.camera is None


def test_the_way_is_straight_and_even():
    start, end = Camera(10.0, 20.0, 16.0), Camera(2.0, 4.0, 1.0)
    steps = [between(start, end, share) for share in np.linspace(0, 1, 9)]
    assert (steps[0], steps[-1]) == (start, end)
    assert np.allclose(np.diff(np.log([s.span for s in steps])), np.log(1 / 16) / 8)
    aimed = np.array([[(s.x - end.x) / (start.x - end.x), (s.y - end.y) / (start.y - end.y)] for s in steps])
    assert np.allclose(aimed[:, 0], aimed[:, 1])
    assert between(start, Camera(12.0, 20.0, 16.0), 0.5).x == 11.0
    assert (eased(0), eased(1), eased(2)) == (0, 1, 1)
    assert eased(0.5) > 0.8


def test_an_early_end_is_no_step(monkeypatch):
    monkeypatch.setattr("seeinin.views.gliding.Timer", Clock)
    moved = []
    glide = Glide(None, lambda: moved.append(1))
    glide.step()
    glide.stop()
    assert moved == []
