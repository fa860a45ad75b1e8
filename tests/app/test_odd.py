"""Caches that are odd but right: a sensible picture of every layer, and the window stays."""

from dataclasses import replace

import numpy as np
import pytest

from seeinin.app.images import array_of
from seeinin.app.loop import Guard, Waker
from seeinin.app.window import Window
from seeinin.state.state import Place, ViewerState
from seeinin.store.reader import open_cache
from tests.app.caches import LAYERS, layer


def constant(maps):
    for values in maps:
        values[:] = -3.25


def huge(maps):
    for values in maps:
        values *= 1e30
        values[0] *= 1e6


def strange(maps):
    for values in maps:
        values[::3, 0], values[1::5, 1], values[2::7, 1] = np.nan, np.inf, -np.inf


STRANGE = ("c\x1b[31m\n\u202eonv", "f" * 10_000, "out & <i>")
ODD = {
    "one image": {"images": 1},
    "one channel": {"layers": (layer("one", (1, 1, 1)), layer("map", (1, 8, 8)))},
    "constant": {"change": constant},
    "huge": {"change": huge},
    "NaN and infinities": {"change": strange},
    "no labels": {"classes": ()},
    "a class without images": {"present": [0, 2]},
    "a thousand classes": {"classes": tuple(f"class {n}" for n in range(1000))},
    "names": {
        "classes": ("a\x1b[31m\n\u202eb", "x" * 10_000, "<b>&"),
        "names": ["\x07" * 20 + "n" * 9000] * 90,
        "layers": tuple(replace(one, name=name) for one, name in zip(LAYERS, STRANGE, strict=True)),
    },
}


@pytest.mark.parametrize("change", ODD.values(), ids=ODD)
def test_every_layer_has_a_picture(tmp_path, qtbot, write_cache, change):
    failures = []
    with open_cache(write_cache(tmp_path / "odd.h5", **change)) as cache, Guard() as guard:
        state = ViewerState().attach(cache)
        guard.failed.connect(failures.append)
        window, waker = Window(state, (900, 640)), Waker(state.inbox)
        qtbot.addWidget(window)
        state.show_layer(0)
        window.appear()
        for one in cache.layers:
            state.show_layer(one.number)
            state.select_images(np.arange(cache.images) % 2 == 0)
            state.pick = Place(one.number, 0)
            qtbot.waitUntil(
                lambda one=one: state.view is not None and state.view.layer == one.number and window.settled(),
                timeout=60_000,
            )
            values = np.stack([one.column(channel) for channel in window.matrix.matrix.visible_channels()])
            assert state.drawn.nonfinite == np.count_nonzero(~np.isfinite(values))
            plots = array_of(window.places[0].grab().toImage())[..., :3].astype(int)
            assert (abs(plots - plots[2, 2]).max(axis=2) > 40).sum() > 50
        assert not failures
        assert window.width() == 900
        waker.stop()
