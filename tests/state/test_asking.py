"""Questions asked as the menu does: what comes back, and what is said where there is no answer."""

import numpy as np
import pytest

from seeinin.errors import DataError
from seeinin.state.asking import INQUIRIES, Asking
from seeinin.state.state import Place


@pytest.fixture
def asking(state):
    number = state.cache.layer("three").number
    state.show_layer(number)
    assert state.inbox.run_until(lambda: state.view is not None and state.view.layer == number, 10)
    return Asking(state)


def answers(asking, name):
    asking.state.answers = None
    asking.ask(name)
    assert asking.state.busy == INQUIRIES[name].text
    asking.state.inbox.run_until(lambda: not asking.state.busy, 20)
    return asking.state.answers


def test_how_tight_the_classes_are(asking):
    cache = asking.state.cache
    maps = cache.layer("three").maps(slice(None)).reshape(300, 3).astype(np.float64)
    of_class = [maps[cache.valid & (cache.label == k)] for k in range(3)]
    width = [np.sqrt(m.var(axis=0).sum()) for m in of_class]
    away = [np.linalg.norm(m.mean(axis=0)) for m in of_class]
    lines = answers(asking, "tight").lines
    assert [line.classes[0] for line in lines] == np.argsort(width).tolist()  # without the class that has no image
    for line in lines:
        found = [float(figure) for figure in line.figure.split(" · ")]
        assert found == pytest.approx([width[line.classes[0]], away[line.classes[0]]], abs=1e-3)
    lines[1].go(asking.state, "replace")
    assert np.array_equal(asking.state.selection.strength > 0, cache.label == lines[1].classes[0])
    lines[0].go(asking.state, "add")
    assert asking.state.selection.count == np.isin(cache.label, [line.classes[0] for line in lines[:2]]).sum()


def test_a_pair_of_channels_is_shown_in_its_own_layer(asking):
    state = asking.state
    line = answers(asking, "duplicates").lines[0]
    state.show_layer(0)
    assert state.inbox.run_until(lambda: state.view.layer == 0, 10)
    line.go(state, "replace")
    assert state.inbox.run_until(lambda: state.layer.name == "three", 10)
    assert state.view.camera.span == 1.0


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("mistakes", "no predictions"),
        ("wrong", "Pick an image first"),
        ("parting", "Nothing is selected"),
        ("place", "Nothing is selected"),
    ],
)
def test_what_cannot_be_answered_is_said(asking, name, said):
    assert not INQUIRIES[name].ready(asking.state)
    with pytest.raises(DataError, match=said):
        answers(asking, name)
    asking.state.inbox.run_until(lambda: not asking.state.busy, 5)
    assert asking.state.answers is None


def test_too_little_is_not_compared(asking):
    state = asking.state
    state.select_images(np.arange(300) < 2)
    with pytest.raises(DataError, match="too few"):
        answers(asking, "parting")
    state.inbox.run_until(lambda: not state.busy, 5)
    with pytest.raises(DataError, match="has no positions"):
        answers(asking, "place")


def test_what_is_picked_belongs_to_the_question(asking):
    asking.state.pick = Place(asking.state.view.layer, 7)
    with pytest.raises(DataError, match="must name classes"):
        answers(asking, "wrong")
