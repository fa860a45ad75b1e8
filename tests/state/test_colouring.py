"""What colours mean, against numpy over a cache."""

from types import SimpleNamespace

import numpy as np
import pytest

from seeinin.pool import Token
from seeinin.state.colouring import RIGHT, WRONG, ColourBy, Colours, meanings, point_colours, steps
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
    quantiles = np.quantile(values.astype(np.float64), [0.001, 0.5, 0.999], axis=1).T
    return OneLayer(number=0, shape=(2, H, W), positions=H * W, points=N * H * W, values=values, quantiles=quantiles)


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


def test_the_value_of_a_channel_in_ten_equal_steps_as_the_key_has_them(cache, layer):
    slot, scale = coloured(cache, layer, ColourBy("channel", 0))
    value = layer.values[0].astype(np.float64)
    low, *_, high = layer.quantiles[0]
    edges = np.linspace(low, high, 11)[1:-1]
    near = np.abs(value[:, None] - edges).min(axis=1) < 1e-4 * (high - low)
    assert scale
    assert np.array_equal(slot[~near], np.digitize(value, edges)[~near])
    assert near.sum() < 0.01 * near.size


def test_many_zeros_are_the_lowest_step_and_nan_has_none():
    values = np.array([0, 0, 0, 0, 0, 0, 1, 2, np.nan, np.inf, -np.inf], np.float32)
    assert steps(values, 0.0, 2.0).tolist() == [0] * 6 + [5, 9, REST, 9, 0]
    assert (steps(np.full(3, np.nan), 0.0, 0.0) == REST).all()
    assert (steps(np.full(3, 7.0), 7.0, 7.0) == 0).all()


def test_by_position_in_the_map(cache, layer):
    y, x = np.mgrid[:H, :W]
    assert np.array_equal(coloured(cache, layer, ColourBy("row"))[0], np.tile((10 * y // H).ravel(), N))
    assert np.array_equal(coloured(cache, layer, ColourBy("column"))[0], np.tile((10 * x // W).ravel(), N))


def test_by_an_extra_column(cache, layer):
    assert np.array_equal(coloured(cache, layer, ColourBy("extra", "site"))[0], per_point(cache.extra["site"]))
    age, (slot, scale) = cache.extra["age"], coloured(cache, layer, ColourBy("extra", "age"))
    assert scale
    assert np.array_equal(slot, per_point(steps(age, age.min(), age.max())))
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
