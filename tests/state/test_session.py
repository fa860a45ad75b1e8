"""What a session holds comes back; what is no session changes nothing."""

import csv
import json

import numpy as np
import pytest

from seeinin.errors import SessionError
from seeinin.geometry.matrix import Camera
from seeinin.state.arranging import Arranging
from seeinin.state.colouring import ColourBy
from seeinin.state.export import write_selection
from seeinin.state.gallery import GalleryBy
from seeinin.state.named import Place
from seeinin.state.selection import chosen
from seeinin.state.session import as_json, restore, save
from seeinin.state.state import ViewerState
from seeinin.state.view import Arrangement


def shown(state, name):
    number = state.cache.layer(name).number
    state.show_layer(number)
    assert state.inbox.run_until(lambda: state.view is not None and state.view.layer == number, 10)
    return state.cache.layers[number]


@pytest.fixture
def filled(state):
    conv = shown(state, "conv")
    state.arrange(Arrangement(text="4, 2, 0"))
    state.warp("log", (2, 4))
    state.warp("rank", (5,))
    state.show_whole(True)
    state.stretch(2, -1.5, 2.5)
    state.move(Camera(1.0, 1.5, 2.0))
    state.select(chosen(conv.number, np.random.default_rng(0).random(conv.points) < 0.2))
    state.keep("some")
    state.select_class(1)
    state.compare_with_class(2)
    state.pick = Place(conv.number, 700)
    state.hidden, state.link, state.tool, state.style = frozenset({2}), "image", "lasso", "density"
    state.point_size, state.opacity, state.colour_by = 5.0, 0.25, ColourBy("channel", 3)
    state.legend = "lift"
    state.gallery = GalleryBy("highest", 4)
    state.maps, state.contrast = "difference", "channel"
    return state


def test_a_session_comes_back_whole(filled, tmp_path):
    path = tmp_path / "my session.json"
    save(filled, path)
    other = ViewerState().attach(filled.cache)
    restore(other, path)
    assert other.inbox.run_until(lambda: other.view is not None, 10)
    assert as_json(other) == as_json(filled)
    assert other.view == filled.view
    assert other.selection == filled.selection
    assert other.kept == filled.kept
    assert other.against == filled.against
    assert [p.name for p in tmp_path.iterdir()] == ["my session.json"]


def test_an_order_comes_back_with_its_scores(filled, tmp_path):
    """Also when the selection that it was asked with is no longer there, and channels are typed."""
    arranging = Arranging(filled)
    arranging.order_by("tells")
    assert filled.inbox.run_until(lambda: filled.view.arrangement.order == "tells", 60)
    filled.clear()
    save(filled, tmp_path / "it.json")
    other = ViewerState().attach(filled.cache)
    restore(other, tmp_path / "it.json")
    assert other.inbox.run_until(lambda: other.view is not None, 10)
    before, after = (state.view.arrangement.ranking for state in (filled, other))
    assert np.array_equal(after.score, before.score, equal_nan=True)
    for again in (arranging, Arranging(other)):
        again.write("top 4")
    assert other.view.rows == filled.view.rows == tuple(before.channels[:4])


VIEW = {"layer": "conv", "rows": [0], "columns": [0], "ranges": {}, "camera": [0, 0, 1]}
VIEW |= {"order": "network", "text": "", "pinned": []}
ORDER = {"channels": [5, 4, 3, 2, 1, 0], "score": [0.5] * 6, "low": None, "silent": 0, "images": 300}
CHANGES = {
    "another cache": {"fingerprint": "x"},
    "a newer version": {"version": 99},
    "no view of this cache": {"view": VIEW | {"rows": [99]}},
    "a camera of nothing": {"view": VIEW | {"camera": [0, 0, 0]}},
    "a selection cut short": {"selection": {"layer": None, "points": "eJwDAAAAAAE="}},
    "no base64": {"selection": {"layer": None, "points": "***"}},
    "a point too many": {"pick": {"layer": "conv", "point": 10**9}},
    "another kind": {"format": "pickle"},
    "a wrong type": {"hidden": 3},
    "an unknown tool": {"tool": "hammer"},
    "an unknown colour": {"colour_by": ["mood", 0]},
    "a column that is not there": {"colour_by": ["extra", "weather"]},
    "an axis of no kind": {"view": VIEW | {"warps": {"0": ["cubic", 1.0]}}},
    "an axis without a unit": {"view": VIEW | {"warps": {"0": ["log", 0.0]}}},
    "a gallery of no order": {"gallery": ["best", None]},
    "a gallery of a channel below none": {"gallery": ["highest", -1]},
    "a colour of a channel below none": {"colour_by": ["channel", -1]},
    "a hidden class that is not there": {"hidden": [99]},
    "a colour for a class that is not there": {"slots": [0, 1, 2, 77]},
    "a colour too few": {"slots": [0, 1]},
    "two colours for one class": {"slots": [0, 1, 2, 2]},
    "points of no size": {"point_size": float("nan")},
    "an opacity without end": {"opacity": float("inf")},
    "a number without end": {"hidden": [float("inf")]},
    "an axis without end": {"view": VIEW | {"ranges": {"0": [0, float("inf")]}}},
    "a pin that the layer has not": {"view": VIEW | {"pinned": [99]}},
    "a layer that is not there": {"view": VIEW | {"layer": "conv99"}},
    "an order of other channels": {"view": VIEW | {"ranking": ORDER | {"channels": [0, 1, 2, 3, 4, 4]}}},
    "an order with a score too few": {"view": VIEW | {"ranking": ORDER | {"score": [1.0]}}},
}


def test_the_view_that_the_changes_spoil_is_a_good_one(filled, tmp_path):
    path = tmp_path / "good.json"
    path.write_text(json.dumps({**as_json(filled), "view": VIEW | {"ranking": ORDER}}))
    restore(filled, path)
    assert filled.view.rows == (0,)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_does_not_fit_is_refused_and_changes_nothing(filled, tmp_path, change):
    path = tmp_path / "bad.json"
    path.write_text(json.dumps({**as_json(filled), **change}))
    filled.select_class(0)
    before = as_json(filled)
    with pytest.raises(SessionError, match=r"bad\.json"):
        restore(filled, path)
    assert as_json(filled) == before


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_session_is_refused(state, tmp_path, content):
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    with pytest.raises(SessionError, match=r"bad\.json"):
        restore(state, path)
    with pytest.raises(SessionError, match=r"none\.json"):
        restore(state, tmp_path / "none.json")


def test_the_selection_as_a_table(state, tmp_path):
    conv, cache = shown(state, "conv"), state.cache
    mask = np.random.default_rng(5).random(conv.points) < 0.01
    state.select(chosen(conv.number, mask))
    path = tmp_path / "selection.csv"
    assert write_selection(path, state.sources, state.selection, "place", conv, [3, 0]) == mask.sum()
    with path.open(newline="") as file:
        lines = list(csv.DictReader(file))
    for point, line in zip(np.flatnonzero(mask), lines, strict=True):
        row, (y, x) = point // 64, divmod(point % 64, 8)
        assert (int(line["row"]), int(line["y"]), int(line["x"])) == (row, y, x)
        assert int(line["image"]) == cache.index[row]
        assert line["name"] == cache.name(row)
        assert line["label"] == cache.classes[cache.label[row]]
        assert float(line["channel 3"]) == conv.column(3)[point]
        assert float(line["channel 0"]) == conv.column(0)[point]
