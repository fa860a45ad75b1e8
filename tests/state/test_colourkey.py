"""What the colours stand for agrees with how points are coloured."""

from types import SimpleNamespace

import numpy as np

from seeinin.pool import Token
from seeinin.state.colouring import ColourBy, _of_extra
from seeinin.state.colourkey import ColourKey, colour_key


def key(by, cache, layer=None):
    return colour_key(Token(), by, cache, layer)


def test_classes_need_no_key(grey_cache):
    for meaning in ("class", "prediction", "nothing"):
        assert key(ColourBy(meaning), grey_cache) == ColourKey()


def test_a_channel_says_between_what_its_values_lie(grey_cache):
    layer = grey_cache.layer("three")
    low, high = key(ColourBy("channel", 1), grey_cache, layer).scale
    values = np.sort(layer.column(1).astype(np.float64))
    assert values[0] - 0.01 <= float(low) <= values[5]
    assert values[-5] <= float(high) <= values[-1] + 0.01


def test_extra_columns():
    few, numbers = np.array([b"red", b"blue", b"red"]), np.arange(50) * 0.5
    cache = SimpleNamespace(
        extra={"few": few, "numbers": numbers, "many": np.array([f"{n}".encode() for n in range(40)])}
    )
    entries = key(ColourBy("extra", "few"), cache).entries
    assert dict(entries) == {0: "blue", 1: "red"}
    slot, _ = _of_extra(few)
    assert [dict(entries)[s] for s in slot] == ["red", "blue", "red"]
    assert key(ColourBy("extra", "numbers"), cache).scale == ("0", "24.5")
    assert "40" in key(ColourBy("extra", "many"), cache).entries[0][1]
