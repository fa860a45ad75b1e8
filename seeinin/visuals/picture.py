"""A picture: an array shown in a rectangle, moved and scaled without being uploaded again."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from vispy import gloo
from vispy.scene.visuals import create_visual_node

from seeinin.visuals.pixels import CORNERS, Frame, PixelVisual, Rect

VERTEX = """
uniform vec4 u_clip;     // canvas pixels to clip coordinates: scale, offset
uniform vec4 u_rect;     // x, y, width, height in canvas pixels
uniform vec4 u_part;     // first and last texture coordinates
attribute vec2 a_corner;
varying vec2 v_texture;
void main() {
    v_texture = mix(u_part.xy, u_part.zw, a_corner);
    gl_Position = vec4((u_rect.xy + a_corner * u_rect.zw) * u_clip.xy + u_clip.zw, 0.0, 1.0);
}
"""
FRAGMENT = """
uniform sampler2D u_texture;
varying vec2 v_texture;
void main() { gl_FragColor = texture2D(u_texture, v_texture); }
"""


class Tile(NamedTuple):
    """A part of the array that fits into one texture, and one pixel more around it so that no seam shows."""

    box: tuple[int, int, int, int]  # x0, y0, x1, y1: what it shows
    padded: tuple[int, int, int, int]  # what it holds
    texture: gloo.Texture2D


class PictureVisual(PixelVisual):
    """An array of pixels in a rectangle of the canvas, one pixel for one where the sizes agree.

    `linear` smooths a picture that is scaled; `max_side` is the side of the largest texture (by default the driver's
    GL_MAX_TEXTURE_SIZE): a larger array is cut into tiles.
    """

    def __init__(self, *, linear: bool = False, max_side: int | None = None) -> None:
        super().__init__(VERTEX, FRAGMENT)
        self._interpolation = "linear" if linear else "nearest"
        self._max_side = max_side
        self._array: np.ndarray | None = None  # until it is uploaded
        self._shape = (0, 0, 0)
        self._rect: Rect = (0.0, 0.0, 0.0, 0.0)
        self._tiles: list[Tile] = []
        self.shared_program["a_corner"] = gloo.VertexBuffer(CORNERS)

    def set_array(self, array: np.ndarray) -> None:
        """Show `array`, uint8 (height, width, 3 or 4); it is read at the next drawing, so leave it alone until then."""
        if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] not in (3, 4):
            raise ValueError(f"a picture is uint8 (height, width, 3 or 4), not {array.dtype} {array.shape}")
        self._array = array
        self.update()

    def place(self, x: float, y: float, width: float, height: float) -> None:
        """Move and scale the picture to this rectangle of canvas pixels."""
        self._rect = (x, y, width, height)
        self.update()

    def _paint(self, frame: Frame) -> None:
        self._upload()
        x, y, width, height = self._rect
        program = self.view_program
        program["u_clip"] = frame.clip
        for (x0, y0, x1, y1), (left, top, right, bottom), texture in self._tiles:
            wide, high = width / self._shape[1], height / self._shape[0]
            program["u_rect"] = (x + x0 * wide, y + y0 * high, (x1 - x0) * wide, (y1 - y0) * high)
            across, down = right - left, bottom - top
            program["u_part"] = ((x0 - left) / across, (y0 - top) / down, (x1 - left) / across, (y1 - top) / down)
            program["u_texture"] = texture
            program.draw("triangle_strip")

    def _upload(self) -> None:
        array, self._array = self._array, None
        if array is None:
            return
        if array.shape != self._shape:
            self._shape = array.shape
            self._tiles = self._cut(*array.shape)
        for _, (left, top, right, bottom), texture in self._tiles:
            texture.set_data(array[top:bottom, left:right])

    def _cut(self, height: int, width: int, channels: int) -> list[Tile]:
        side = (self._max_side or self._largest_texture()) - 2
        boxes = [(x0, y0, x1, y1) for y0, y1 in _spans(height, side) for x0, x1 in _spans(width, side)]
        padded = [(max(x0 - 1, 0), max(y0 - 1, 0), min(x1 + 1, width), min(y1 + 1, height)) for x0, y0, x1, y1 in boxes]
        return [
            Tile(
                box,
                pad,
                gloo.Texture2D((pad[3] - pad[1], pad[2] - pad[0], channels), interpolation=self._interpolation),
            )
            for box, pad in zip(boxes, padded, strict=True)
        ]

    def _largest_texture(self) -> int:
        context = self.transforms.canvas.context
        context.flush_commands()  # asks the driver, if nobody did so far
        return context.shared.parser.capabilities["max_texture_size"]


def _spans(length: int, side: int) -> list[tuple[int, int]]:
    return list(pairwise([*range(0, length, side), length]))


Picture = create_visual_node(PictureVisual)
