"""What colours mean, against numpy over a cache."""

from types import SimpleNamespace

import numpy as np
import pytest

from seeinin.pool import Token
from seeinin.state.colouring import RIGHT, WRONG, ColourBy, Colours, meanings, point_colours, tenths
from seeinin.state.colourkey import ColourKey, colour_key
from seeinin.state.columns import Columns
from seeinin.state.slots import HIDDEN, REST, first_slots

RANDOM = np.random.default_rng(0)
N, H, W = 40, 3, 5


class OneLayer(SimpleNamespace):
    nonfinite = np.zeros(2, np.int64)

    def read_column(self, channel, start, stop, holes):
        return self.values[channel, start:stop]


@pytest.fixture
def layer():
    values = RANDOM.normal(size=(2, N * H * W)).astype(np.float16)
    values[1] = np.maximum(values[1], 0)
    return OneLayer(number=0, shape=(2, H, W), positions=H * W, points=N * H * W, values=values)


@pytest.fixture
def cache():
    label = RANDOM.integers(0, 3, N).astype(np.int32)
    label[4] = -1
    extra = {"age": RANDOM.normal(size=N), "site": RANDOM.integers(0, 4, N), "name": np.arange(N).astype("S4")}
    prediction = RANDOM.integers(0, 3, N).astype(np.int32)
    return SimpleNamespace(images=N, classes=("a", "b", "c"), label=label, prediction=prediction, extra=extra)


def coloured(cache, layer, by, hidden=()):
    found = Colours(cache, Columns()).of(by, layer, first_slots(3), frozenset(hidden))
    return np.repeat(found.slot, found.repeat), found.scale


def per_point(values):
    return np.repeat(values, H * W)


def test_by_class_prediction_and_whether_it_is_right(cache, layer):
    expected = np.where(cache.label < 0, REST, cache.label)
    assert np.array_equal(coloured(cache, layer, ColourBy("class"))[0], per_point(expected))
    assert np.array_equal(coloured(cache, layer, ColourBy("prediction"))[0], per_point(cache.prediction))
    correct = np.where(cache.label < 0, REST, np.where(cache.label == cache.prediction, RIGHT, WRONG))
    assert np.array_equal(coloured(cache, layer, ColourBy("correct"))[0], per_point(correct))


def test_by_the_value_of_a_channel_in_tenths(cache, layer):
    slot, scale = coloured(cache, layer, ColourBy("channel", 0))
    value = layer.values[0].astype(np.float64)
    assert scale
    for tenth in range(9):
        assert value[slot == tenth].max() <= value[slot == tenth + 1].min()
    assert np.bincount(slot, minlength=10).min() > 0.08 * slot.size


def test_equal_values_share_a_step_and_nan_has_none():
    values = np.array([0, 0, 0, 0, 0, 0, 1, 2, np.nan, np.inf], np.float32)
    slot = tenths(values)
    assert len(set(slot[:6].tolist())) == 1
    assert slot[5] < slot[6] <= slot[7] <= slot[9] < REST
    assert slot[8] == REST
    assert (tenths(np.full(3, np.nan)) == REST).all()


def test_by_position_in_the_map(cache, layer):
    y, x = np.mgrid[:H, :W]
    assert np.array_equal(coloured(cache, layer, ColourBy("row"))[0], np.tile((10 * y // H).ravel(), N))
    assert np.array_equal(coloured(cache, layer, ColourBy("column"))[0], np.tile((10 * x // W).ravel(), N))


def test_by_an_extra_column(cache, layer):
    assert np.array_equal(coloured(cache, layer, ColourBy("extra", "site"))[0], per_point(cache.extra["site"]))
    slot, scale = coloured(cache, layer, ColourBy("extra", "age"))
    assert scale
    assert np.array_equal(slot, per_point(tenths(cache.extra["age"])))
    assert (coloured(cache, layer, ColourBy("extra", "name"))[0] == REST).all()


@pytest.mark.parametrize("by", [ColourBy("class"), ColourBy("channel", 1), ColourBy("row"), ColourBy("nothing")])
def test_hidden_classes_are_hidden_whatever_colours_mean(cache, layer, by):
    slot, _ = coloured(cache, layer, by, hidden={1})
    assert np.array_equal(slot == HIDDEN, per_point(cache.label == 1))


def test_only_what_the_cache_can_answer_is_offered(cache):
    offered = [by.meaning for by in meanings(cache)]
    assert offered == ["class", "prediction", "correct", "row", "column", "extra", "extra", "extra", "nothing"]
    bare = SimpleNamespace(images=N, classes=(), prediction=None, extra={})
    assert [by.meaning for by in meanings(bare)] == ["row", "column", "nothing"]


def test_a_channel_that_this_layer_has_not_colours_nothing(grey_cache):
    layer = grey_cache.layer("out")
    found = point_colours(ColourBy("channel", 2), grey_cache, layer, Columns(), first_slots(4), frozenset())
    assert (found.slot == REST).all()
    assert found.slot.size * found.repeat == layer.points
    assert colour_key(Token(), ColourBy("channel", 2), grey_cache, layer) == ColourKey()
