"""Sums of crops against slices of padded images."""

import numpy as np
import pytest

from seeinin.geometry.crops import NO_GROUP, Crops, crop_of
from seeinin.geometry.fields import Field

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("colours", [1, 3])
@pytest.mark.parametrize(
    "field", [Field((5, 4), (1, 2), (0, 0)), Field((6, 6), (3, 3), (-4, -2)), Field((20, 20), (2, 2), (-9, -9))]
)
def test_averages_equal_slices(field, colours):
    pixels = RNG.integers(0, 256, (7, 12, 11, colours)).astype(np.uint8)
    group = RNG.integers(0, 4, (7, 4, 3)).astype(np.uint8)
    group[group == 3] = NO_GROUP
    crops = Crops(3, field, colours)
    crops.add(pixels[:3], group[:3])
    crops.add(pixels[3:], group[3:])
    padded = np.pad(pixels.astype(float), ((0, 0), (30, 30), (30, 30), (0, 0)), constant_values=np.nan)
    found = [[] for _ in range(3)]
    for (i, y, x), g in np.ndenumerate(group):
        if g != NO_GROUP:
            top, left = (30 + field.first[axis] + at * field.stride[axis] for axis, at in ((0, y), (1, x)))
            found[g].append(padded[i, top : top + field.size[0], left : left + field.size[1]])
    for g in range(3):
        had = ~np.isnan(found[g])
        with np.errstate(invalid="ignore"):
            expected = np.nansum(found[g], axis=0) / had.sum(axis=0)
        np.testing.assert_allclose(crops.averages[g], expected, rtol=1e-6)
        np.testing.assert_array_equal(crops.seen[g], had[..., 0].sum(axis=0))


def test_a_field_as_large_as_the_image_shows_the_image():
    assert crop_of(Field((5, 5), (2, 2), (-1, -1)), (8, 8, 1)) == Field((5, 5), (2, 2), (-1, -1))
    assert crop_of(Field((9, 5), (2, 2), (-3, -1)), (8, 8, 1)) == Field((8, 5), (0, 2), (0, -1))
    pixels, group = RNG.integers(0, 256, (6, 8, 8, 1)).astype(np.uint8), np.zeros((6, 2, 2), np.uint8)
    crops = Crops(1, crop_of(Field((10, 10), (4, 4), (-3, -3)), (8, 8, 1)), 1)
    crops.add(pixels, group)
    np.testing.assert_allclose(crops.averages[0], pixels.mean(axis=0), rtol=1e-6)
