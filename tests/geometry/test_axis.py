"""Values to pixels against Python's own floor, one value at a time."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seeinin.geometry.axis import Axis
from seeinin.geometry.binning import NO_NUMBER, OUTSIDE, axis_table, bin_column

SCALES = st.floats(0.01, 1e5).flatmap(lambda scale: st.sampled_from([scale, -scale]))
PLACES = st.floats(-1e6, 1e6)


def pixel_of(value, axis, size):
    if math.isnan(value):
        return NO_NUMBER
    edges = sorted([axis.low * axis.scale + axis.offset, axis.high * axis.scale + axis.offset])
    first, last = math.floor(edges[0]), max(math.floor(edges[0]), math.ceil(edges[1]) - 1)
    place = min(max(value * axis.scale + axis.offset, first), last)
    return math.floor(place) if 0 <= math.floor(place) < size else OUTSIDE


@settings(deadline=None)  # the first call compiles
@given(SCALES, PLACES, st.floats(-100, 100), st.floats(0, 100), st.lists(st.floats(width=16), min_size=1))
def test_against_floor(scale, offset, low, width, values):
    axis = Axis(scale, offset, low, low + width)
    column = np.array(values, np.float16)
    expected = [pixel_of(float(value), axis, 700) for value in column]
    out = np.empty(column.size, np.int16)
    assert bin_column(column, axis, 700, out).tolist() == expected
    assert bin_column(column.astype(np.float32), axis, 700, out).tolist() == expected
    assert bin_column(column, axis, 700, out, axis_table(axis, 700)).tolist() == expected


@pytest.mark.parametrize("scale", [50.0, -50.0])
def test_what_lies_beyond_is_drawn_on_the_edge(scale):
    axis = Axis(scale, 200.0, -2.0, 2.0)
    assert axis.span == (100, 299), "a range of 200 pixels: the pixel of its end still belongs to it"
    column = np.array([-2, 2, -9, 9, -np.inf, np.inf, np.nan], np.float32)
    low, high = (100, 299) if scale > 0 else (299, 100)
    got = bin_column(column, axis, 1000, np.empty(7, np.int16))
    assert got.tolist() == [low, high, low, high, low, high, NO_NUMBER]


def test_values_come_back():
    axis = Axis(-3.5, 20.0, 0.0, 1.0)
    assert axis.value(0.7 * axis.scale + axis.offset) == pytest.approx(0.7)


@pytest.mark.parametrize(("scale", "low", "high"), [(0.0, 0.0, 1.0), (1.0, 1.0, 0.0), (1.0, math.nan, 1.0)])
def test_not_an_axis(scale, low, high):
    with pytest.raises(ValueError, match="not an axis"):
        Axis(scale, 0.0, low, high)


def test_far_beyond_the_frame():
    axis = Axis(1e30, -1e33, 0.0, 1.0)
    assert bin_column(np.ones(1, np.float32), axis, 100, np.empty(1, np.int16)).tolist() == [OUTSIDE]
