"""A canvas without a window for every test; what it draws is compared with plain numpy."""

from collections.abc import Callable, Iterator

import pytest

from seeinin.visuals.canvas import Canvas


@pytest.fixture
def new_canvas() -> Iterator[Callable[..., Canvas]]:
    canvases = []

    def make(width: int = 64, height: int = 48, **keywords) -> Canvas:
        canvases.append(Canvas("egl", (width, height), **keywords))
        return canvases[-1]

    yield make
    for canvas in canvases:
        canvas.close()


@pytest.fixture
def canvas(new_canvas: Callable[..., Canvas]) -> Canvas:
    """64 × 48 pixels, black."""
    return new_canvas()
