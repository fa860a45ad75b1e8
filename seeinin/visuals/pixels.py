"""The ground that the visuals stand on: everything is placed in canvas pixels, x right and y down."""

from typing import Any, NamedTuple, Self

import numpy as np
from vispy import gloo
from vispy.visuals import Visual
from vispy.visuals.filters import PickingFilter

Rect = tuple[float, float, float, float]  # x, y, width, height in canvas pixels

BLEND = ("src_alpha", "one_minus_src_alpha", "one", "one_minus_src_alpha")  # what is opaque stays so


class Frame(NamedTuple):
    """How canvas pixels become clip coordinates and pixels of the framebuffer, for one visual and one drawing."""

    clip: tuple[float, float, float, float]  # clip = pixel · clip[:2] + clip[2:]
    size: tuple[float, float]  # of the framebuffer, in physical pixels

    @classmethod
    def of(cls, visual: Visual) -> Self:
        """Ask the scene; it knows of high-DPI screens, of off-screen framebuffers and of the node's own transform."""
        unit = [[0.0, 0.0], [1.0, 1.0]]
        origin, one = visual.transforms.get_transform("visual", "render").map(unit)[:, :2]
        corner, next_corner = visual.transforms.get_transform("framebuffer", "render").map(unit)[:, :2]
        scale, offset, size = (pair.tolist() for pair in (one - origin, origin, 2 / (next_corner - corner)))
        return cls((*scale, *offset), tuple(size))

    @property
    def ratio(self) -> float:
        """Physical pixels in one canvas pixel."""
        return abs(self.clip[0]) * self.size[0] / 2

    def scissor(self, rect: Rect) -> tuple[int, int, int, int]:
        """`rect` as OpenGL wants it: (x, y, width, height) in physical pixels from the lower left corner."""
        x, y, width, height = rect
        left, right = (self._window(0, edge) for edge in (x, x + width))
        bottom, top = sorted(self._window(1, edge) for edge in (y, y + height))
        return left, bottom, right - left, top - bottom

    def _window(self, axis: int, pixel: float) -> int:
        return round((pixel * self.clip[axis] + self.clip[axis + 2] + 1) / 2 * self.size[axis])


class PixelVisual(Visual):
    """One shader program that draws in canvas pixels, inside the rectangle `clip` where one is given."""

    def __init__(self, vertex: str, fragment: str) -> None:
        super().__init__(vertex, fragment)
        self._clip: Rect | None = None
        self.set_gl_state(blend=True, blend_func=BLEND, depth_test=False, cull_face=False)

    @property
    def clip(self) -> Rect | None:
        """Nothing is drawn outside this rectangle (canvas pixels)."""
        return self._clip

    @clip.setter
    def clip(self, rect: Rect | None) -> None:
        if rect != self._clip:
            self._clip = rect
            self.update()

    def attach(self, filt: Any, view: Any = None) -> None:
        """Attach a filter; all but VisPy's picking, which our nodes never take part in and every fragment would pay."""
        if not isinstance(filt, PickingFilter):
            super().attach(filt, view)

    def draw(self) -> None:
        """Draw; called by the scene with the context current."""
        frame = Frame.of(self)
        self._configure_gl_state()
        if self._clip is not None:
            gloo.set_state(scissor_test=True)
            gloo.set_scissor(*frame.scissor(self._clip))
        self._paint(frame)
        if self._clip is not None:
            gloo.set_state(scissor_test=False)  # or the next frame would clear only a part

    def _paint(self, frame: Frame) -> None:
        raise NotImplementedError

    def _prepare_transforms(self, view: Visual) -> None:
        """Nothing to insert: the shaders take the uniform u_clip, so no transform ever compiles them anew."""


def intersection(first: Rect, second: Rect) -> Rect:
    """What two rectangles share; width or height is negative or zero where they share nothing."""
    left, top = max(first[0], second[0]), max(first[1], second[1])
    right, bottom = (min(first[i] + first[i + 2], second[i] + second[i + 2]) for i in (0, 1))
    return left, top, right - left, bottom - top


def quad_indices(quads: int) -> np.ndarray:
    """Two triangles for each four vertices in the order 00, 10, 01, 11: uint32 (quads · 6)."""
    return (np.arange(quads, dtype=np.uint32)[:, None] * 4 + np.array([0, 1, 2, 2, 1, 3], np.uint32)).ravel()


CORNERS = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], np.float32)
