"""Reduced pictures and what a channel explains of them, against plain numpy."""

import numpy as np
import pytest

from seeinin.geometry.pictures import Pictures, image_values, reduced

RNG = np.random.default_rng(0)


def test_whole_areas_are_averages():
    pixels = RNG.integers(0, 256, (5, 32, 48, 3)).astype(np.uint8)
    expected = pixels.reshape(5, 16, 2, 16, 3, 3).mean(axis=(2, 4))
    np.testing.assert_allclose(reduced(pixels), expected.reshape(5, -1), rtol=1e-5)


def test_shared_pixels_count_in_part():
    """28 pixels over 16 areas: as every pixel were 16 and every area 28 of them."""
    pixels = RNG.integers(0, 256, (3, 28, 28, 1)).astype(np.uint8)
    fine = pixels.repeat(16, axis=1).repeat(16, axis=2).reshape(3, 16, 28, 16, 28)
    np.testing.assert_allclose(reduced(pixels), fine.mean(axis=(2, 4)).reshape(3, -1), rtol=1e-5, atol=1e-3)


def test_small_pictures_stay_as_they_are():
    pixels = RNG.integers(0, 256, (4, 8, 20, 1)).astype(np.uint8)
    assert reduced(pixels).shape == (4, 8 * 16)
    np.testing.assert_allclose(reduced(pixels[:, :, :8]), pixels[:, :, :8].reshape(4, -1), rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_values_of_images(dtype):
    column, strength = RNG.normal(size=6 * 12).astype(dtype), RNG.integers(0, 256, (6, 12)).astype(np.uint8)
    strength[4] = 0
    column[2] = np.inf
    strength[0, 3:] = 0
    found = image_values(column, strength)
    values = column.reshape(6, 12).astype(np.float64)
    assert found[0] == pytest.approx(np.average(values[0, :2], weights=strength[0, :2]))
    assert np.isnan(found[4])
    for i in (1, 2, 3, 5):
        assert found[i] == pytest.approx(np.average(values[i], weights=strength[i]))


def test_explained_equals_the_formula():
    pictures, values = RNG.normal(size=(200, 30)).astype(np.float32), RNG.normal(size=(200, 4))
    values[:, 1] += 3 * pictures[:, :10].sum(1)
    values[:, 2] = 5
    expected = []
    for v in values.T:
        covariance = [np.cov(x, v, bias=True)[0, 1] for x in pictures.T.astype(np.float64)]
        spread = v.var() * pictures.astype(np.float64).var(0).sum()
        expected.append(np.square(covariance).sum() / spread if v.var() else 0)
    np.testing.assert_allclose(Pictures(pictures, np.ones(200)).explained(values), expected, rtol=1e-5, atol=1e-12)


def test_a_weight_of_two_is_an_image_twice():
    pictures, values = RNG.normal(size=(20, 6)).astype(np.float32), RNG.normal(size=(20, 2))
    weights = RNG.integers(0, 4, 20)
    twice = Pictures(pictures.repeat(weights, axis=0), np.ones(weights.sum())).explained(values.repeat(weights, axis=0))
    np.testing.assert_allclose(Pictures(pictures, weights).explained(values), twice, rtol=1e-5)


def test_what_explains_everything_and_nothing():
    line = RNG.normal(size=50)
    pictures = np.outer(line, RNG.normal(size=9)).astype(np.float32)
    with_gap = np.where(np.arange(50) == 3, np.nan, line)
    found = Pictures(pictures, np.ones(50)).explained(np.stack([line, -line, with_gap], axis=1))
    np.testing.assert_allclose(found[:2], 1, rtol=1e-5)
    assert 0.8 < found[2] < 1
    assert Pictures(np.ones((50, 9), np.float32), np.ones(50)).explained(line[:, None]) < 1e-12
