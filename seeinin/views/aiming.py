"""The hands on the overview: drag the box, click to jump, wheel to zoom."""

from typing import TYPE_CHECKING

import numpy as np

from seeinin.views.gestures import LEFT, MIDDLE, STILL, ZOOM, Event

if TYPE_CHECKING:
    from seeinin.views.overview import OverviewView


class Aiming:
    """Listens to the canvas of one overview. A press beside the box brings it there; from then on it is dragged."""

    def __init__(self, view: "OverviewView") -> None:
        self.view = view
        self.held: tuple[float, float] | None = None  # from the cursor to the centre of the box, in cells
        self.pressed = (0.0, 0.0)
        self.dragging = False
        for kind in ("mouse_press", "mouse_move", "mouse_release", "mouse_wheel"):
            getattr(view.canvas.events, kind).connect(getattr(self, "on_" + kind))

    def on_mouse_press(self, event: Event) -> None:
        camera, place = self.view.camera, self.view.cells_at(*event.pos[:2])
        if self.held is not None or event.button not in (LEFT, MIDDLE) or camera is None or place is None:
            return
        self.pressed, self.dragging = event.pos[:2], False
        if self.view.in_box(*event.pos[:2]):
            self.held = camera.x - place[0], camera.y - place[1]
        else:
            self.held, self.dragging = (0.0, 0.0), True
            self.view.aim(*place, far=True)

    def on_mouse_move(self, event: Event) -> None:
        place = self.view.cells_at(*event.pos[:2])
        if self.held is None or place is None:
            return
        if self.dragging or np.hypot(*np.subtract(event.pos[:2], self.pressed)) > STILL:
            self.view.aim(place[0] + self.held[0], place[1] + self.held[1], far=not self.dragging)
            self.dragging = True

    def on_mouse_release(self, event: Event) -> None:
        if event.button in (LEFT, MIDDLE):
            self.held = None

    def on_mouse_wheel(self, event: Event) -> None:
        self.view.zoom(ZOOM ** float(event.delta[1]), *event.pos[:2])
