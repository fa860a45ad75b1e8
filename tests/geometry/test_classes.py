"""Classes in a layer's own space against plain numpy."""

import numpy as np
import pytest

from seeinin.geometry.classes import closest, leading_share, squared_distances, vectors

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("whole", [True, False])
def test_squared_distances_to_classes(dtype, whole):
    maps = RNG.normal(size=(90, 3, 2, 2)).astype(dtype)
    maps[4, 1, 0, 0] = np.nan
    mean = np.array([5.0, 6, 7])
    values = maps.astype(float)
    values[4, 1, 0, 0] = mean[1]
    values -= mean[:, None, None]
    plain = values.reshape(90, 12) if whole else values.mean(axis=(2, 3))
    x = vectors(maps, mean, whole=whole)
    np.testing.assert_allclose(x, plain, rtol=1e-6, atol=1e-6)
    centre, weight = RNG.normal(size=(4, x.shape[1])), RNG.random(x.shape[1])
    centre[2] = np.nan  # a class without images
    expected = (np.square(plain[:, None] - centre) * weight).sum(axis=2)
    np.testing.assert_allclose(squared_distances(x, centre, weight), expected, rtol=1e-5)


def test_leading_share():
    activation = np.array([[6.0, 0, 1, -5], [2, 0, 1, 4], [2, 0, 1, 0], [np.nan] * 4])
    np.testing.assert_allclose(leading_share(activation, np.array([1, 1, 1, 0])), [0.8, 0, 2 / 3, 1])
    np.testing.assert_allclose(leading_share(activation[:, :1], np.array([1, 3, 3, 0]), 1), [1 / 3])
    maps = activation[..., None, None] * np.array([[0.5, 1.5]])
    np.testing.assert_allclose(leading_share(maps, np.array([1, 1, 1, 0])), [0.8, 0, 2 / 3, 1])


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("count", [0, 1, 37, 500])
def test_closest(dtype, count):
    columns = RNG.normal(size=(2, 400)).round(1).astype(dtype)  # rounded: some are equally far
    columns[0, 5] = np.nan
    apart = (columns.astype(float) - [[0.2], [-1]]) * [[3], [1]]
    distance = np.where(np.isnan(apart).any(axis=0), np.inf, np.square(apart).sum(axis=0))
    expected = np.argsort(distance, kind="stable")[: min(count, 399)]
    np.testing.assert_array_equal(closest(list(columns), (0.2, -1), count, (3, 1)), expected)
