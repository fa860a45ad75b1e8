"""Regions against scipy's labels."""

import numpy as np
import pytest
from scipy.ndimage import label

from seeinin.geometry.regions import region


@pytest.mark.parametrize("share", [0.3, 0.5, 0.8])
def test_largest_region_equals_scipy(share):
    random = np.random.default_rng(0)
    for _ in range(20):
        counts = random.integers(0, 9, (20, 20, 2)) * (random.random((20, 20, 1)) < 0.8)
        total = counts.sum(axis=2)
        regions, found = label(np.where(total > 0, counts[..., 1] > share * total, False))
        largest = max(range(1, found + 1), key=lambda k: total[regions == k].sum())
        assert total[region(counts, share)].sum() == total[regions == largest].sum()
        assert len(np.unique(regions[region(counts, share)])) == 1


def test_nowhere():
    assert not region(np.zeros((5, 5, 2), int)).any()
    assert not region(np.full((5, 5, 2), 3)).any()  # half, and not more
