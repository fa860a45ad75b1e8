"""A small cache with known values, and windows on it."""

import numpy as np
import pytest

from seeinin.geometry import fields
from seeinin.store.format import CacheSpec, Field, LayerSpec
from seeinin.store.writer import Writer

IMAGES, SIDE = 90, 8
CLASSES = ("cat", "dog", "frog")


def layer(name, shape):
    """A layer of a grid of the image's own size (3 × 3 fields), or of none."""
    axis = fields.window(fields.image(SIDE), SIDE, 3, padding=1)
    rf, home = (axis.rf, axis.home) if shape[1] > 1 else (np.array([[0, SIDE - 1]], np.int32),) * 2
    size = 3 if shape[1] > 1 else SIDE
    field = Field((size, size), (1, 1), (-1, -1) if shape[1] > 1 else (0, 0))
    return LayerSpec(name, "conv2d", shape, "float32", rf, rf, home, home, field)


LAYERS = (layer("conv", (4, SIDE, SIDE)), layer("fc", (6, 1, 1)), layer("out", (2, 1, 1)))


def written(path, *, classes=CLASSES, names=None, seed=0):
    """Random activations, drawn apart by class so that a lasso has something to find."""
    random = np.random.default_rng(seed)
    label = random.integers(0, len(classes), IMAGES).astype(np.int32) if classes else np.full(IMAGES, -1, np.int32)
    spec = CacheSpec(
        layers=LAYERS,
        pixel_shape=(SIDE, SIDE, 1),
        index=random.permutation(IMAGES).astype(np.int64),
        label=label,
        names=names or [f"image {n}.png" for n in range(IMAGES)],
        extra={},
        classes=tuple(classes),
        predicts=False,
        config="",
        graph="{}",
        fingerprint="test",
        unit=30,
    )
    maps = [
        (random.normal(size=(IMAGES, *one.shape)) + 3 * (label[:, None, None, None] % 5)).astype(np.float32)
        for one in LAYERS
    ]
    pixels = random.integers(0, 256, (IMAGES, SIDE, SIDE, 1)).astype(np.uint8)
    with Writer.open(path, spec) as writer:
        for number, rows in enumerate(writer.units):
            part = slice(rows.start, rows.stop)
            writer.commit(number, pixels=pixels[part], valid=np.ones(len(rows), bool), maps=[m[part] for m in maps])
        writer.derive()
        writer.seal()
    return path


@pytest.fixture(scope="session")
def cache_path(tmp_path_factory):
    return written(tmp_path_factory.mktemp("caches") / "small.h5")


@pytest.fixture
def write_cache():
    """`write_cache(path, classes=…)` makes another one."""
    return written


@pytest.fixture
def cache(cache_path):
    from seeinin.store.reader import open_cache

    with open_cache(cache_path) as opened:
        yield opened


@pytest.fixture
def state(cache):
    from seeinin.state.state import ViewerState

    return ViewerState().attach(cache)


@pytest.fixture
def window(state, qtbot):
    """A real window, settled, on the virtual screen."""
    from seeinin.app.loop import Waker, application
    from seeinin.app.window import Window

    application()
    made = Window(state, (1000, 700))
    waker = Waker(state.inbox)
    qtbot.addWidget(made)
    state.show_layer(1)
    made.appear()
    made.activateWindow()  # there is no window manager to do it, and keys go to the active window only
    qtbot.waitUntil(made.isActiveWindow)
    qtbot.waitUntil(made.settled, timeout=60_000)
    yield made
    waker.stop()
