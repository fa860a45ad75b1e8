"""A real cache of a made-up network, and canvases without a window."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from vispy.app.canvas import MouseEvent

from seeinin.geometry.fields import Field
from seeinin.state.state import ViewerState
from seeinin.store.format import CacheSpec, LayerSpec
from seeinin.store.reader import Cache, open_cache
from seeinin.store.writer import Writer
from seeinin.visuals.canvas import Canvas

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

    def make(channels: int = 1, dtype: str = "float16", labelled: bool = True) -> Path:
        label = np.random.default_rng(1).integers(0, 3, IMAGES).astype(np.int32)
        pixels = np.random.default_rng(2).integers(0, 256, (IMAGES, 12, 10, channels), np.uint8)
        maps = [_activations(name, label).astype(dtype) for name in SHAPES]
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
def grey_cache(make_cache: Callable[..., Path]) -> Iterator[Cache]:
    with open_cache(make_cache()) as cache:
        yield cache


@pytest.fixture
def state(grey_cache: Cache) -> ViewerState:
    return ViewerState().attach(grey_cache)


@pytest.fixture
def new_canvas() -> Iterator[Callable[..., Canvas]]:
    canvases = []

    def make(width: int, height: int, ratio: int = 1) -> Canvas:
        canvases.append(Canvas("egl", (width, height), pixel_ratio=ratio))
        return canvases[-1]

    yield make
    for canvas in canvases:
        canvas.close()


class Mouse:
    """Sends a canvas the events that a window would."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas

    def send(self, kind: str, x: float, y: float, **keywords: object) -> None:
        event = MouseEvent(kind, pos=(x, y), **keywords)
        getattr(self.canvas.events, kind)(event)

    def move(self, x: float, y: float) -> None:
        self.send("mouse_move", x, y)

    def click(self, x: float, y: float, button: int = 1) -> None:
        self.drag([(x, y)], button)

    def drag(self, places: list[tuple[float, float]], button: int = 1) -> None:
        self.send("mouse_press", *places[0], button=button)
        for place in places[1:]:
            self.send("mouse_move", *place, button=button)
        self.send("mouse_release", *places[-1], button=button)

    def wheel(self, x: float, y: float, notches: float, *modifiers: object) -> None:
        self.send("mouse_wheel", x, y, delta=(0.0, notches), modifiers=modifiers)


@pytest.fixture
def mouse() -> type[Mouse]:
    return Mouse
