"""What a card counts is what the cores count: every sum, share and topmost point, to the last bit."""

import numpy as np
import pytest

from seeinin.errors import DisplayError
from seeinin.geometry.axis import Axis
from seeinin.geometry.colouring import Colouring
from seeinin.geometry.counting import counting
from seeinin.geometry.frame import Frame
from seeinin.pool import POOL, Token
from seeinin.views import tallying
from seeinin.views.card import Card
from seeinin.views.tallying import Task
from seeinin.visuals import compute

SIDE = 90


@pytest.fixture(scope="module")
def card():
    return Card()


def a_scene(rng, points, dtype, repeat, selecting):
    """Three columns, with what is on no axis and what lies beyond it, seen in six cells of which some are cut off."""
    columns = [rng.normal(size=points).astype(dtype) for _ in range(3)]
    for column in columns:
        column[rng.integers(0, points, 9)] = [np.nan, np.inf, -np.inf] * 3
    across = [(column, Axis(20.0, 45.0 + 40 * k, -1.5, 1.5)) for k, column in enumerate(columns)]
    down = [(column, Axis(-17.3, 40.2 + 30 * k, -0.7, 2.0)) for k, column in enumerate(columns)]
    cells = [(0, 0, 5, 30, 7, 35), (1, 0, 5, 30, 35, 80), (2, 0, 5, 30, 80, 90), (0, 1, 30, 71, 7, 35)]
    cells += [(1, 1, 30, 71, 35, 80), (0, 2, 71, 90, 7, 35)]
    slot = rng.integers(0, 7, points // repeat).astype(np.uint8)
    visible = np.ones(256, bool)
    visible[3] = False
    palette = rng.integers(0, 256, (256, 3)).astype(np.uint8)
    strength = rng.choice(np.array([0, 0, 1, 77, 255], np.uint8), points) if selecting else None
    return across, down, cells, Colouring(slot, repeat, palette, visible, strength)


def assert_same(card, points, across, down, cells, colouring):
    expected, frame = Frame(SIDE, SIDE), Frame(SIDE, SIDE)
    frame.keys[:] = frame.share[:] = 77  # from an earlier picture
    for _ in counting(POOL, expected, across, down, cells, colouring, 0, points):
        pass
    card.count(Task(Token(), frame, across, down, cells, colouring, points)).result()
    assert sum(int(frame.tile(cell[2:]).sums[: colouring.planes, ..., 0].sum()) for cell in cells) > points / 8
    for cell in cells:
        ours, theirs = frame.tile(cell[2:]), expected.tile(cell[2:])
        np.testing.assert_array_equal(ours.sums[: colouring.planes], theirs.sums[: colouring.planes])
        np.testing.assert_array_equal(ours.keys, theirs.keys)
        if colouring.planes == 2:
            np.testing.assert_array_equal(ours.share, theirs.share)


@pytest.mark.parametrize("selecting", [False, True])
@pytest.mark.parametrize("repeat", [1, 3])
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_the_same_counts(card, dtype, repeat, selecting):
    scene = a_scene(np.random.default_rng(repeat), 6000, dtype, repeat, selecting)
    assert_same(card, 6000, *scene)


def test_an_odd_number_of_points_and_only_the_first_of_them(card):
    scene = a_scene(np.random.default_rng(5), 7003, np.float16, 1, True)
    for points in (7003, 6001):
        assert_same(card, points, *scene)


def test_memory_that_the_card_has_not_is_no_count(card, monkeypatch):
    """OpenGL goes on after an error, with whatever was in the way."""
    scene = a_scene(np.random.default_rng(7), 6000, np.float16, 1, False)
    failing = Card()
    monkeypatch.setattr(compute.gl, "glGetError", lambda: compute.gl.GL_OUT_OF_MEMORY)
    with pytest.raises(DisplayError, match="error 0x505"):
        failing.count(Task(Token(), Frame(SIDE, SIDE), *scene, 6000)).result()
    assert failing.failed


def test_the_columns_of_both_tasks_do_not_fit(monkeypatch):
    """The second task has its columns in place of those of the first."""
    monkeypatch.setattr("seeinin.views.card.BUDGET", 3 * 12_000)
    card = Card()
    scenes = [a_scene(np.random.default_rng(seed), 6000, np.float16, 1, False) for seed in (8, 9)]
    for across, down, cells, colouring in scenes:
        assert_same(card, 6000, across, down, cells, colouring)
        kept = {id(column) for column, _ in across} & set(card._kept)
        assert len(kept) == 3
    assert not {id(column) for column, _ in scenes[0][0]} & set(card._kept)


def test_cells_that_do_not_fit_at_once(card, monkeypatch):
    monkeypatch.setattr(tallying, "SCRATCH", 7 * 41 * 45)
    monkeypatch.setattr(tallying, "SLICE", 1000)
    assert_same(card, 6000, *a_scene(np.random.default_rng(6), 6000, np.float16, 1, True))
