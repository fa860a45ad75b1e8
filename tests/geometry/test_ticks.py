import math

from hypothesis import given
from hypothesis import strategies as st

from seeinin.geometry.ticks import label, ticks

FINITE = st.floats(-1e12, 1e12)


@given(FINITE, st.floats(1e-9, 1e9), st.integers(1, 12))
def test_ticks_are_round_evenly_spaced_and_within_the_axis(low, length, most):
    high = low + length
    if not high - low > 1e-6 * max(abs(low), 1e-300):
        return
    values = [v for v, _ in ticks(low, high, most)]
    assert len(values) <= most
    assert all(low - 1e-6 * length <= v <= high + 1e-6 * length for v in values)
    if len(values) > 1:
        step = values[1] - values[0]
        mantissa = step / 10 ** math.floor(math.log10(step) + 1e-6)
        assert min(abs(mantissa - m) for m in (1, 2, 5, 10)) < 1e-3  # STEPS


def test_labels_share_their_decimals():
    assert [text for _, text in ticks(-0.6, 0.7, 6)] == ["−0.5", "0.0", "0.5"]
    assert [text for _, text in ticks(0, 100, 6)] == ["0", "20", "40", "60", "80", "100"]
    assert [text for _, text in ticks(0, 100, 5)] == ["0", "50", "100"]
    assert label(-0.25, 2) == "−0.25"
    assert label(2.5e-7, 2) == "2.5e−07"


def test_an_axis_without_length_has_no_ticks():
    assert ticks(1.0, 1.0, 5) == ticks(math.nan, 1.0, 5) == ticks(0.0, math.inf, 5) == []
