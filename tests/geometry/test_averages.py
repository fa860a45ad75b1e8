"""Sums of maps against numpy in float64."""

import numpy as np
import pytest

from seeinin.geometry.averages import add_maps


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.uint8])
def test_sums_equal_numpy(dtype):
    rng = np.random.default_rng(0)
    maps = (rng.normal(size=(57, 3, 5, 4)) * 40 + 100).astype(dtype)
    total = np.zeros((3, 5, 4))
    for start in (0, 10, 41):  # in pieces: the order of the rows, and so the sum, stays
        add_maps(total, maps[start : {0: 10, 10: 41, 41: 57}[start]])
    np.testing.assert_array_equal(total, maps.sum(0, dtype=np.float64))


def test_weights():
    rng = np.random.default_rng(1)
    maps, share = rng.normal(size=(20, 2, 3, 3)).astype(np.float16), rng.integers(0, 256, 20).astype(np.uint8)
    total = np.zeros((2, 3, 3))
    add_maps(total, maps, share)
    np.testing.assert_allclose(total, np.einsum("i,idyx->dyx", share.astype(float), maps.astype(float)), rtol=1e-12)


def test_maps_that_lie_apart():
    pixels = np.random.default_rng(2).integers(0, 256, (6, 4, 4, 3)).astype(np.uint8)
    total = np.zeros((3, 4, 4))
    add_maps(total, pixels.transpose(0, 3, 1, 2))
    np.testing.assert_array_equal(total, pixels.sum(0).transpose(2, 0, 1))
