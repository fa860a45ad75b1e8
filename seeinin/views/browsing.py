"""The hands on a panel that scrolls: wheel, Ctrl-wheel, drag, hover and click."""

from typing import Any, Protocol

import numpy as np

from seeinin.views.gestures import LEFT, MIDDLE, STILL, ZOOM, Event

LINES = 60.0  # px that a notch of the wheel scrolls


class Panel(Protocol):
    """What the hands move; places are canvas pixels."""

    canvas: Any

    def scroll_by(self, pixels: float) -> None: ...
    def zoom_at(self, factor: float, x: float, y: float) -> None: ...
    def hover_at(self, x: float, y: float) -> None: ...
    def click_at(self, x: float, y: float) -> None: ...


class Browsing:
    """Listens to the canvas of one panel. A left or middle drag moves the content with the hand."""

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self.press: Event | None = None
        self.dragged_to: float | None = None  # None until the hand has moved too far for a click
        for kind in ("mouse_press", "mouse_move", "mouse_release", "mouse_wheel"):
            getattr(panel.canvas.events, kind).connect(getattr(self, "on_" + kind))

    def on_mouse_press(self, event: Event) -> None:
        if self.press is None and event.button in (LEFT, MIDDLE):
            self.press, self.dragged_to = event, None

    def on_mouse_move(self, event: Event) -> None:
        x, y = event.pos[:2]
        if self.press is None:
            self.panel.hover_at(x, y)
            return
        if self.dragged_to is None and np.hypot(*np.subtract((x, y), self.press.pos[:2])) > STILL:
            self.dragged_to = self.press.pos[1]
        if self.dragged_to is not None:
            self.panel.scroll_by(self.dragged_to - y)
            self.dragged_to = y

    def on_mouse_release(self, event: Event) -> None:
        if self.press is None or event.button != self.press.button:
            return
        if self.press.button == LEFT and self.dragged_to is None:
            self.panel.click_at(*self.press.pos[:2])
        self.press = None

    def on_mouse_wheel(self, event: Event) -> None:
        names = {str(getattr(m, "name", m)) for m in event.modifiers}
        amount = float(event.delta[1])
        if names & {"Control", "Meta"}:
            self.panel.zoom_at(ZOOM**amount, *event.pos[:2])
        else:
            self.panel.scroll_by(-LINES * amount)
        self.panel.hover_at(*event.pos[:2])
