"""How far apart the class colours are, to normal and to colour-blind eyes: the figures of the module, recomputed."""

from itertools import combinations

import numpy as np
import pytest

from seeinin.geometry.colours import REST, REST_ON_LIGHT, SLOTS, SLOTS_ON_LIGHT, slot_palette
from seeinin.geometry.srgb import ENCODE, STEPS, linear_palette, to_linear, to_srgb

# Machado, Oliveira and Fernandes, A Physiologically-based Model for Simulation of Color Vision Deficiency, 2009
VISION = {
    "normal": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def rgb(colour):
    return np.array(list(bytes.fromhex(colour[1:])))


def lab(colour, vision):
    linear = np.clip(np.array(VISION[vision]) @ to_linear(rgb(colour) / 255), 0, 1)
    to_xyz = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    xyz = np.array(to_xyz) @ linear / (0.95047, 1.0, 1.08883)
    x, y, z = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def ciede2000(one, other):
    """Sharma, Wu and Dalal, The CIEDE2000 Color-Difference Formula (2005)."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    chroma = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = 0.5 * (1 - np.sqrt(chroma**7 / (chroma**7 + 25**7)))
    c1, c2 = np.hypot((1 + g) * a1, b1), np.hypot((1 + g) * a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, (1 + g) * a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = (h2 - h1 + 180) % 360 - 180 if c1 * c2 else 0.0
    hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    light, c, h = (l1 + l2) / 2, (c1 + c2) / 2, (h1 + turn / 2) % 360 if c1 * c2 else h1 + h2
    t = 1 + sum(
        weight * np.cos(np.radians(times * h + shift))
        for weight, times, shift in ((-0.17, 1, -30), (0.24, 2, 0), (0.32, 3, 6), (-0.20, 4, -63))
    )
    twist = -np.sin(np.radians(60 * np.exp(-(((h - 275) / 25) ** 2)))) * 2 * np.sqrt(c**7 / (c**7 + 25**7))
    dl = (l2 - l1) / (1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2))
    dc, dh = (c2 - c1) / (1 + 0.045 * c), hue / (1 + 0.015 * c * t)
    return np.sqrt(dl**2 + dc**2 + dh**2 + twist * dc * dh)


@pytest.mark.parametrize(
    ("one", "other", "difference"),  # of the test data that the authors publish with the formula
    [
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((50.0, 2.5, 0.0), (61.0, -5.0, 29.0), 22.8977),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_the_formula(one, other, difference):
    assert ciede2000(one, other) == pytest.approx(difference, abs=1e-4)


@pytest.mark.parametrize(
    ("slots", "rest", "least"),
    [
        (SLOTS, REST, {"normal": 25.0, "protan": 10.2, "deutan": 10.2, "tritan": 10.6}),
        (SLOTS_ON_LIGHT, REST_ON_LIGHT, {"normal": 25.0, "protan": 11.7, "deutan": 11.7, "tritan": 13.6}),
    ],
    ids=["dark", "light"],
)
def test_slots_are_far_apart(slots, rest, least):
    assert len(slots) == 10
    for vision, stated in least.items():
        seen = [lab(colour, vision) for colour in slots]
        assert min(ciede2000(a, b) for a, b in combinations(seen, 2)) == pytest.approx(stated, abs=0.06)
        assert min(ciede2000(a, lab(rest, vision)) for a in seen) > 15


def test_the_palette_is_linear_light():
    for dark, slots, rest in ((True, SLOTS, REST), (False, SLOTS_ON_LIGHT, REST_ON_LIGHT)):
        palette = slot_palette(dark=dark)
        assert palette.shape == (256, 3)
        assert palette.dtype == np.uint8
        shown = ENCODE[palette.astype(int) * STEPS]
        np.testing.assert_allclose(shown[:10], [rgb(c) for c in slots], atol=7)  # 8 bits are coarse in the dark
        np.testing.assert_allclose(shown[10:], np.tile(rgb(rest), (246, 1)), atol=2)


def test_srgb_there_and_back():
    values = np.linspace(0, 1, 1001)
    np.testing.assert_allclose(to_srgb(to_linear(values)), values, atol=1e-6)
    np.testing.assert_allclose(to_linear(np.array([0, 0.5, 1])), [0, 0.21404114, 1], atol=1e-7)
    assert linear_palette(np.array([0, 128, 255], np.uint8)).tolist() == [0, 55, 255]
