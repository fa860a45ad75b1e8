"""Receptive fields against brute force: follow each pixel through the windows, one tap at a time."""

import numpy as np
import pytest

from seeinin.geometry import fields


def chain(extent, *windows):
    """The axis after (kernel, stride, padding, dilation, ceil) windows, and a slow twin that keeps sets of pixels."""
    axis, pixels = fields.image(extent), [{i} for i in range(extent)]
    for kernel, stride, padding, dilation, ceil in windows:
        reach = (kernel - 1) * dilation + 1
        positions = -(-(len(pixels) + 2 * padding - reach) // stride) if ceil else None
        positions = (positions if ceil else (len(pixels) + 2 * padding - reach) // stride) + 1
        axis = fields.window(axis, positions, kernel, stride, padding, dilation)
        taps = [[o * stride - padding + k * dilation for k in range(kernel)] for o in range(positions)]
        pixels = [set().union(*(pixels[t] for t in row if 0 <= t < len(pixels))) for row in taps]
    return axis, pixels


CHAINS = {
    "siamese": [(5, 1, 0, 1, False), (2, 2, 0, 1, False), (5, 1, 0, 1, False), (2, 2, 0, 1, False)],
    "padded": [(7, 2, 3, 1, False), (3, 2, 1, 1, False), (3, 1, 1, 1, False)],
    "dilated": [(3, 1, 2, 2, False), (3, 1, 4, 4, False)],
    "ceil": [(3, 2, 0, 1, True), (3, 2, 0, 1, True)],
    "gaps": [(1, 2, 0, 1, False), (1, 3, 0, 1, False)],
    "padding wider than the window": [(2, 1, 3, 1, False)],
}


@pytest.mark.parametrize("windows", CHAINS.values(), ids=CHAINS.keys())
@pytest.mark.parametrize("extent", [28, 31])
def test_fields_are_the_hull_of_what_can_be_reached(windows, extent):
    axis, pixels = chain(extent, *windows)
    expected = [(min(p), max(p)) if p else (0, -1) for p in pixels]
    np.testing.assert_array_equal(fields.stored(axis.rf), expected)
    # and where it is not cut by the edge, the unclipped field says the same
    starts = axis.first + axis.stride * np.arange(axis.positions)
    inside = (starts >= 0) & (starts + axis.size <= extent)
    np.testing.assert_array_equal(axis.rf[inside], np.stack([starts, starts + axis.size - 1], 1)[inside])


def test_the_papers_network():
    axis = fields.image(28)
    seen = []
    for kernel, stride, positions in [(5, 1, 24), (2, 2, 12), (5, 1, 8), (2, 2, 4)]:
        axis = fields.window(axis, positions, kernel, stride)
        seen.append((axis.size, axis.stride, axis.first))
    assert seen == [(5, 1, 0), (6, 2, 0), (14, 2, 0), (16, 4, 0)]
    full = fields.whole(axis)
    assert (full.size, full.stride, full.first) == (28, 28, 0)
    np.testing.assert_array_equal(full.rf, [[0, 27]])


def test_homes_of_the_papers_network():
    conv1 = fields.window(fields.image(28), 24, 5)
    np.testing.assert_array_equal(conv1.home, np.arange(2, 26)[:, None].repeat(2, 1))
    pool1 = fields.window(conv1, 12, 2, 2)
    np.testing.assert_array_equal(pool1.home, [[2 + 2 * o, 3 + 2 * o] for o in range(12)])
    pool2 = fields.window(fields.window(pool1, 8, 5), 4, 2, 2)
    np.testing.assert_array_equal(pool2.home, [[6 + 4 * o, 9 + 4 * o] for o in range(4)])


@pytest.mark.parametrize(
    ("name", "extent", "windows", "expected"),
    [
        ("AlexNet conv1", 227, [(11, 4, 0)], (11, 4, 0)),
        ("AlexNet pool1", 227, [(11, 4, 0), (3, 2, 0)], (19, 8, 0)),
        ("AlexNet conv2", 227, [(11, 4, 0), (3, 2, 0), (5, 1, 2)], (51, 8, -16)),
        ("ResNet stem", 224, [(7, 2, 3), (3, 2, 1)], (11, 4, -5)),
        ("ResNet layer1", 224, [(7, 2, 3), (3, 2, 1), *[(3, 1, 1)] * 4], (43, 4, -21)),
    ],
)
def test_unclipped_fields_known_from_the_literature(name, extent, windows, expected):
    axis, _ = chain(extent, *[(k, s, p, 1, False) for k, s, p in windows])
    assert (axis.size, axis.stride, axis.first) == expected


def test_homes_tile_the_image():
    axis, _ = chain(224, (7, 2, 3, 1, False), (3, 2, 1, 1, False), (3, 1, 1, 1, False), (3, 2, 1, 1, False))
    np.testing.assert_array_equal(axis.home[1:, 0], axis.home[:-1, 1] + 1)
    for step in (2, 3, 4, 5):
        thinned = fields.every(axis, step)
        np.testing.assert_array_equal(thinned.rf, axis.rf[::step])
        np.testing.assert_array_equal(thinned.home[1:, 0], thinned.home[:-1, 1] + 1)
        assert thinned.home[0, 0] == axis.home[0, 0]
        assert thinned.home[-1, 1] == axis.home[-1, 1]


def test_branches_meet_in_the_hull_and_a_broadcast_gate_moves_no_home():
    wide, narrow = chain(16, (5, 1, 2, 1, False))[0], chain(16, (3, 1, 1, 1, False))[0]
    met = fields.union([narrow, wide])
    np.testing.assert_array_equal(met.rf, wide.rf)
    assert (met.size, met.first) == (5, -2)
    gated = fields.union([narrow, fields.whole(narrow)])
    np.testing.assert_array_equal(gated.rf, np.tile([0, 15], (16, 1)))
    np.testing.assert_array_equal(gated.home, narrow.home)


@pytest.mark.parametrize("positions", [1, 2, 3, 5, 7])
def test_adaptive_pooling(positions):
    axis = fields.adaptive(fields.image(7), positions)
    expected = [(o * 7 // positions, -(-(o + 1) * 7 // positions) - 1) for o in range(positions)]
    np.testing.assert_array_equal(axis.rf, expected)
    assert axis.home[0, 0] == 0
    assert axis.home[-1, 1] == 6


@pytest.mark.parametrize("window", [(3, 1, 1), (3, 2, 1), (2, 2, 0), (5, 3, 2)])
def test_a_probed_window_is_that_window(window):
    kernel, stride, padding = window
    axis, _ = chain(32, (3, 1, 1, 1, False))
    positions = (32 + 2 * padding - kernel) // stride + 1
    known = fields.window(axis, positions, kernel, stride, padding)
    offsets = np.arange(32) - (np.arange(positions) * stride - padding)[:, None]
    found = fields.probed(axis, (offsets >= 0) & (offsets < kernel))
    np.testing.assert_array_equal(found.rf, known.rf)
    np.testing.assert_array_equal(found.home, known.home)
    assert (found.size, found.stride, found.first) == (known.size, known.stride, known.first)


def test_probed_padding_cropping_and_upsampling():
    axis = fields.window(fields.image(16), 8, 2, 2)
    padded = fields.probed(axis, np.eye(8, dtype=bool)[np.r_[0, 0, 0:8, 7, 7]] & (np.arange(12) // 2 % 5 > 0)[:, None])
    assert (padded.size, padded.stride, padded.first) == (2, 2, -4)
    np.testing.assert_array_equal(fields.stored(padded.rf)[:3], [[0, -1], [0, -1], [0, 1]])
    cropped = fields.probed(axis, np.eye(8, dtype=bool)[2:6])
    assert (cropped.size, cropped.stride, cropped.first) == (2, 2, 4)
    np.testing.assert_array_equal(cropped.home, axis.home[2:6])
    doubled = fields.probed(axis, np.eye(8, dtype=bool).repeat(2, axis=0))
    np.testing.assert_array_equal(doubled.rf, axis.rf.repeat(2, axis=0))
    np.testing.assert_array_equal(doubled.home, np.arange(16)[:, None].repeat(2, 1))
    assert (doubled.size, doubled.stride, doubled.first) == (2, 1, 0)
