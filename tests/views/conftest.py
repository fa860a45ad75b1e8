"""Canvases without a window, and a mouse over them."""

from collections.abc import Callable, Iterator

import pytest
from vispy.app.canvas import MouseEvent

from seeinin.visuals.canvas import Canvas


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
