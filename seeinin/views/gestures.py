"""The hands on the matrix: mouse and keys become gestures, and gestures become intents.

A gesture is a generator: it is started with the press and sent every move, then the release; closing it takes it back.
"""

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

import numpy as np

from seeinin.state.selection import How

if TYPE_CHECKING:
    from seeinin.views.matrix import MatrixView

LEFT, RIGHT, MIDDLE = 1, 2, 3
STILL = 4  # px that the mouse may tremble in a click
ZOOM = 1.25  # a notch of the wheel
BRUSH = 12.0  # px, its radius

Event = Any  # vispy's MouseEvent and KeyEvent, which it leaves untyped
Gesture = Generator[None, Event, None]
Line = list[tuple[float, float]]


def how_of(modifiers: tuple[Any, ...]) -> How:
    """Shift adds, Ctrl subtracts, both intersect, none replaces: the same everywhere."""
    names = {str(getattr(m, "name", m)) for m in modifiers}
    shift, control = "Shift" in names, bool(names & {"Control", "Meta"})
    return "intersect" if shift and control else "add" if shift else "subtract" if control else "replace"


class Hands:
    """Listens to the canvas of one matrix view."""

    def __init__(self, view: "MatrixView") -> None:
        self.view = view
        self.press: Event | None = None
        self.gesture: Gesture | None = None
        self.space = False
        events = view.canvas.events
        for kind in (
            "mouse_press",
            "mouse_move",
            "mouse_release",
            "mouse_wheel",
            "mouse_double_click",
            "key_press",
            "key_release",
        ):
            getattr(events, kind).connect(getattr(self, "on_" + kind))

    def on_mouse_press(self, event: Event) -> None:
        if self.gesture is None and event.button != RIGHT:  # whose release goes to the menu that it opens
            self.press = event

    def on_mouse_move(self, event: Event) -> None:
        if self.gesture is not None:
            self._send(event)
        elif self.press is None:
            x, y = event.pos[:2]
            self.view.hits.hover_at(x, y)
        elif np.hypot(*np.subtract(event.pos[:2], self.press.pos[:2])) > STILL:
            self.gesture = self._begin(self.press)
            if self.gesture is not None:
                next(self.gesture)
                self._send(event)

    def on_mouse_release(self, event: Event) -> None:
        press, self.press = self.press, None
        if self.gesture is not None:
            self._send(event)
            self.gesture = None
        elif press is not None and press.button == LEFT:
            x, y = press.pos[:2]
            self.view.hits.click_at(x, y, how_of(press.modifiers))

    def on_mouse_wheel(self, event: Event) -> None:
        x, y = event.pos[:2]
        amount = float(event.delta[1]) or float(event.delta[0])
        channel = self.view.steering.axis_at(x, y)
        if channel is not None:
            self.view.steering.stretch(channel, ZOOM**-amount, x, y)
        else:
            self.view.steering.zoom(ZOOM**amount, x, y)

    def on_mouse_double_click(self, event: Event) -> None:
        if event.button == LEFT:
            x, y = event.pos[:2]
            self.view.steering.open_at(x, y)

    def on_key_press(self, event: Event) -> None:
        name = getattr(event.key, "name", None)
        if name == "Space":
            self.space = True
        elif name == "Escape":
            self.cancel()

    def on_key_release(self, event: Event) -> None:
        if getattr(event.key, "name", None) == "Space":
            self.space = False

    def cancel(self) -> bool:
        """Take the gesture under way back; whether there was one."""
        gesture, self.gesture, self.press = self.gesture, None, None
        if gesture is not None:
            gesture.close()
            self.view.hits.drafting.end()
        return gesture is not None

    def _begin(self, press: Event) -> Gesture | None:
        tool, how = self.view.state.tool, how_of(press.modifiers)
        if press.button == MIDDLE or (press.button == LEFT and (self.space or (tool == "pan" and how == "replace"))):
            return pan(self.view, press)
        matrix = self.view.matrix
        cell = matrix.nearest_cell(*press.pos[:2]) if matrix is not None else None
        if press.button != LEFT or cell is None:
            return None
        return SELECTING.get(tool, lasso)(self.view, press, cell, how)

    def _send(self, event: Event) -> None:
        assert self.gesture is not None
        try:
            self.gesture.send(event)
        except StopIteration:
            self.gesture = None


def pan(view: "MatrixView", press: Event) -> Gesture:
    """The place under the cursor stays under the cursor."""
    x, y = press.pos[:2]

    def follow(line: Line) -> None:
        nonlocal x, y
        view.steering.pan(line[-1][0] - x, line[-1][1] - y)
        x, y = line[-1]

    follow((yield from path(press, follow)))


def lasso(view: "MatrixView", press: Event, cell: tuple[int, int], how: How) -> Gesture:
    """The lasso belongs to the cell that it began in, however far it is drawn."""

    def show(line: Line) -> None:
        view.preview(line, how)
        view.hits.sketch_polygon(cell, np.array(line), how)

    try:
        line = yield from path(press, show)
    finally:
        view.preview([], how)
    if len(line) > 2:
        view.hits.select_polygon(cell, np.array(line), how)


def rectangle(view: "MatrixView", press: Event, cell: tuple[int, int], how: How) -> Gesture:
    """From corner to corner."""

    def show(line: Line) -> None:
        view.preview(corners(line), how)
        view.hits.sketch_polygon(cell, np.array(corners(line)), how)

    try:
        line = yield from path(press, show)
    finally:
        view.preview([], how)
    view.hits.select_polygon(cell, np.array(corners(line)), how)


def brush(view: "MatrixView", press: Event, cell: tuple[int, int], how: How) -> Gesture:
    """Everything that the brush has touched."""
    try:
        line = yield from path(press, lambda line: view.preview(line, how, BRUSH))
    finally:
        view.preview([], how)
    view.hits.select_touched(cell, np.array(line), BRUSH, how)


def path(press: Event, show: Callable[[Line], object]) -> Generator[None, Event, Line]:
    """Where the mouse goes from the press to the release, both included; `show` is called at every move."""
    line: Line = [place(press)]
    while True:
        event = yield
        if place(event) != line[-1]:  # the release ends where the last move was, but VisPy drops moves that come fast
            line.append(place(event))
        if event.type != "mouse_move":
            return line
        show(line)


def place(event: Event) -> tuple[float, float]:
    return float(event.pos[0]), float(event.pos[1])


def corners(line: Line) -> Line:
    """Of the rectangle between the first and the last point."""
    (x0, y0), (x1, y1) = line[0], line[-1]
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]


SELECTING = {"rectangle": rectangle, "brush": brush}  # every other tool draws a lasso
