"""A selection carried by place or by image, against loops over points."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seeinin.geometry.linking import by_place, home_map, share_of_images


def homes(count, stride, first=0):
    starts = first + stride * np.arange(count)
    return np.stack([starts, starts + stride - 1], axis=1).astype(np.int32)


def test_the_homes_of_the_paper_s_network():
    conv1, pool1, pool2 = homes(24, 1, 2), homes(12, 2, 2), homes(4, 4, 6)
    assert home_map(conv1, conv1).tolist() == list(range(24))
    assert home_map(pool1, conv1).tolist() == [k // 2 for k in range(24)]
    # the centre of pool1's homes lies between two pixels of conv1: the first of the two equally near
    assert home_map(conv1, pool1).tolist() == [2 * k for k in range(12)]
    assert home_map(pool2, conv1).tolist() == [-1] * 4 + [k // 4 for k in range(16)] + [-1] * 4


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 4), st.integers(1, 4), st.integers(0, 3), st.integers(0, 3))
def test_by_place_is_the_home_that_holds_the_centre(h1, h2, s1, s2, f1, f2):
    rng = np.random.default_rng(h1 * 10 + h2)
    a, b = homes(h1, s1, f1), homes(h2, s2, f2)
    strength = rng.integers(0, 2, 3 * h1 * h1).astype(np.uint8) * 255
    got = by_place(strength, (h1, h1), home_map(a, b), home_map(a, b)).reshape(3, h2, h2)
    for image in range(3):
        for y in range(h2):
            for x in range(h2):
                at = [
                    next((k for k in range(h1) if a[k, 0] - 0.5 <= (b[p, 0] + b[p, 1]) / 2 <= a[k, 1] + 0.5), None)
                    for p in (y, x)
                ]
                lies = None not in at
                assert got[image, y, x] == (strength.reshape(3, h1, h1)[image, at[0], at[1]] if lies else 0)


@given(st.integers(1, 40), st.integers(1, 600))
def test_the_share_of_an_image_never_rounds_to_nothing(images, positions):
    rng = np.random.default_rng(positions)
    selected = rng.random((images, positions)) < rng.choice([0, 0.001, 0.5, 1])
    got = share_of_images((selected * 255).astype(np.uint8).reshape(-1), positions)
    exact = 255 * selected.mean(axis=1)
    assert np.all(np.abs(got - np.where(selected.any(axis=1), np.maximum(exact, 1), 0)) <= 0.5 + 1e-9)
    assert np.array_equal(got > 0, selected.any(axis=1))
    assert np.array_equal(got == 255, exact >= 254.5)
