"""What every test stands on: one OpenGL for windows and for pictures without one, and a cache of a made-up network."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import numpy as np
import pytest

from seeinin.geometry.fields import Field
from seeinin.geometry.warm import compile_kernels
from seeinin.geometry.warm_orders import compile_orders
from seeinin.pool import POOL
from seeinin.state.state import ViewerState
from seeinin.store.files import Files
from seeinin.store.format import CacheSpec, LayerSpec
from seeinin.store.opening import open_file
from seeinin.store.reader import Cache, open_cache
from seeinin.store.writer import Writer

AS_FOUND = dict(os.environ)

# While a context of EGL is current, GLX makes none current. So that tests with a window and tests without one can share
# a process, Qt too is asked to make its contexts through EGL.
os.environ["QT_XCB_GL_INTEGRATION"] = "xcb_egl"

# A shell that starts the tests in the background tells them to ignore Ctrl-C, and so every process that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The first call of a kernel compiles it, which takes as long as it takes. CI looks for no new examples.
hypothesis.settings.register_profile("seeinin", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("seeinin")


@pytest.fixture(scope="session", autouse=True)
def kernels() -> None:
    """Compiled before the first test waits for a picture: in a fresh clone that takes longer than a test waits."""
    compile_kernels(POOL)
    compile_orders()


@pytest.fixture
def as_user():
    """The environment for a process of its own: as a user has it on this screen, with OpenGL left to choose itself."""
    return AS_FOUND | {"DISPLAY": os.environ["DISPLAY"]}


@pytest.fixture
def without_display():
    """The same where there is no screen at all."""
    return {name: value for name, value in AS_FOUND.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}


IMAGES, INVALID = 300, 17
SHAPES = {
    "conv": (6, 8, 8),
    "relu": (6, 8, 8),
    "wide": (120, 1, 1),
    "three": (3, 1, 1),
    "out": (2, 1, 1),
    "one": (1, 1, 1),
}


def _activations(name: str, label: np.ndarray) -> np.ndarray:
    numbers = np.random.default_rng(len(name))
    maps = numbers.normal(label[:, None, None, None] - 1, 1.0, (len(label), *SHAPES[name]))
    maps = maps * np.linspace(0.5, 2, SHAPES[name][0])[:, None, None]
    return np.maximum(maps, 0) if name == "relu" else maps


def _spec(label: np.ndarray, pixel_shape: tuple[int, int, int], dtype: str) -> CacheSpec:
    def layer(name: str, shape: tuple[int, int, int]) -> LayerSpec:
        rows, columns = (np.stack([np.arange(n)] * 2, axis=1).astype(np.int32) for n in shape[1:])
        field = Field((3, 3), (1, 1), (0, 0))
        return LayerSpec(name, "conv2d", shape, dtype, rows, columns, rows, columns, field)

    count = len(label)
    return CacheSpec(
        layers=[layer(name, shape) for name, shape in SHAPES.items()],
        pixel_shape=pixel_shape,
        index=np.random.default_rng(0).permutation(count).astype(np.int64),
        label=label,
        names=[str(i) for i in range(count)],
        extra={},
        classes=("nought", "one", "two", "no such image"),
        predicts=False,
        config="",
        graph="{}",
        fingerprint="",
    )


@pytest.fixture(scope="session")
def make_cache(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A cache of 300 images in three of four classes, image 17 of them not to be read."""

    def make(
        channels: int = 1,
        dtype: str = "float16",
        labelled: bool = True,
        change: Callable[[list[np.ndarray]], object] = lambda maps: None,
    ) -> Path:
        label = np.random.default_rng(1).integers(0, 3, IMAGES).astype(np.int32)
        pixels = np.random.default_rng(2).integers(0, 256, (IMAGES, 12, 10, channels), np.uint8)
        maps = [_activations(name, label).astype(dtype) for name in SHAPES]
        change(maps)
        valid = np.arange(IMAGES) != INVALID
        stored = label if labelled else np.full_like(label, -1)
        path = tmp_path_factory.mktemp("cache") / "made-up.h5"
        with Writer.open(path, _spec(stored, pixels.shape[1:], dtype)) as writer:
            for number, rows in enumerate(writer.units):
                part = slice(rows.start, rows.stop)
                writer.commit(number, pixels=pixels[part], valid=valid[part], maps=[m[part] for m in maps])
            writer.derive()
            return writer.seal()

    return make


@pytest.fixture(scope="session")
def damage() -> Callable[..., Path]:
    """Damage a cache as a disk would: flip a bit of (dataset, entry of its first axis, value of that column)."""

    def flip(path: Path, *targets: tuple[str, int, int]) -> Path:
        places = open_file(path, Files())[1].places
        with path.open("r+b") as file:
            for name, entry, value in targets:
                place = places[name]
                file.seek(place.offset + entry * place.stride + value * place.dtype.itemsize)
                (byte,) = file.read(1)
                file.seek(-1, 1)
                file.write(bytes([byte ^ 4]))
        return path

    return flip


@pytest.fixture(scope="session")
def grey_cache(make_cache: Callable[..., Path]) -> Iterator[Cache]:
    with open_cache(make_cache()) as cache:
        yield cache


@pytest.fixture
def state(grey_cache: Cache) -> ViewerState:
    return ViewerState().attach(grey_cache)
