import numpy as np
import pytest

from seeinin.geometry.outside import outside


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_what_an_axis_does_not_show_is_counted(dtype):
    column = np.random.default_rng(0).normal(size=5000).astype(dtype)
    column[:7], column[7:12], column[12] = np.nan, np.inf, -np.inf
    low, high = -1.25, float(dtype(1.5))
    wide = column.astype(np.float64)
    finite = np.isfinite(wide)
    assert outside(column, low, high) == (int((((wide < low) | (wide > high)) & finite).sum()), 13)
