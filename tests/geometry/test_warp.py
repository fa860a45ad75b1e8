"""Coordinates along axes against numpy's and scipy's own."""

import numpy as np
import pytest
from scipy.stats import rankdata

from seeinin.geometry.warp import LINEAR, Warp, warped


@pytest.fixture(params=[np.float16, np.float32])
def column(request):
    values = np.random.default_rng(4).normal(0, 3, 5000)
    values[:1500] = 0
    values[1500:1510] = -0.0
    values[1510:1600] = np.round(values[1510:1600])
    return values.astype(request.param)


def test_a_linear_axis_has_the_column_itself(column):
    assert warped(column, LINEAR) is column


def test_the_logarithm_on_both_sides_of_zero(column):
    found = warped(column, Warp("log", 0.25))
    wide = column.astype(np.float64)
    assert np.array_equal(found, (np.sign(wide) * np.log10(1 + abs(wide) / 0.25)).astype(np.float32))
    assert found.dtype == np.float32


def test_ranks_are_those_of_scipy(column):
    expected = ((rankdata(column.astype(np.float64)) - 0.5) / column.size).astype(np.float32)
    assert np.array_equal(warped(column, Warp("rank")), expected)


def test_what_is_no_number_has_no_rank_and_infinities_are_at_the_ends(column):
    column[[3, 7]], column[11], column[12] = np.nan, np.inf, -np.inf
    ranks, logs = warped(column, Warp("rank")), warped(column, Warp("log", 1.0))
    known = np.isfinite(ranks)
    assert np.flatnonzero(~known).tolist() == np.flatnonzero(np.isnan(logs)).tolist() == [3, 7]
    assert ranks.argsort()[0] == 12
    assert np.nanargmax(ranks) == 11
    assert np.array_equal(ranks[known], ((rankdata(column[known].astype(np.float64)) - 0.5) / 4998).astype(np.float32))
    assert logs[11] == np.inf


def test_values_come_back_from_a_logarithmic_axis():
    warp = Warp("log", 0.01)
    for value in (-1e4, -3.0, -1e-5, 0.0, 1e-3, 77.0):
        assert warp.value(warp.coordinate(value)) == pytest.approx(value, rel=1e-9, abs=1e-15)
    assert Warp("rank").words(0.4231) == "42.3 %"
    assert warp.words(warp.coordinate(0.5)) == "0.5"


@pytest.mark.parametrize(("low", "high"), [(-100.0, 1000.0), (0.0, 5.0), (0.4, 0.6), (-1e-4, 1e-4), (0.0, 1e6)])
@pytest.mark.parametrize("most", [2, 4, 9])
def test_ticks_of_a_logarithmic_axis_say_what_is_there(low, high, most):
    warp = Warp("log", 0.1)
    found = warp.ticks(warp.coordinate(low), warp.coordinate(high), most)
    places = [place for place, _ in found]
    assert 1 <= len(found) <= most + 1
    assert places == sorted(places)
    for place, text in found:
        assert warp.coordinate(low) - 1e-9 <= place <= warp.coordinate(high) + 1e-9
        assert float(text.replace("\N{MINUS SIGN}", "-")) == pytest.approx(warp.value(place), rel=1e-6, abs=1e-12)
    assert 0.0 in places or low * high > 0


def test_ticks_of_ranks_are_shares():
    assert Warp("rank").ticks(-0.05, 1.05, 2) == [(0.0, "0 %"), (0.5, "50 %"), (1.0, "100 %")]
    assert [text for _, text in Warp("rank").ticks(0.31, 0.62, 3)] == ["40 %", "50 %", "60 %"]
