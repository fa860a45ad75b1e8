"""Labels: all text of a view in one draw, every glyph on whole physical pixels."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

import numpy as np
from vispy import gloo
from vispy.scene.visuals import create_visual_node

from seeinin.visuals.glyphs import Atlas, em, glyph, metrics
from seeinin.visuals.pixels import Frame, PixelVisual, quad_indices

VERTEX = """
uniform vec4 u_clip;       // canvas pixels to clip coordinates: scale, offset
uniform vec2 u_size;       // of the framebuffer, physical pixels
uniform vec2 u_atlas;      // its width and height
attribute vec2 a_anchor;   // canvas pixels
attribute vec2 a_offset;   // from there, whole physical pixels, y down
attribute vec2 a_texel;
attribute vec4 a_colour;
varying vec2 v_texture;
varying vec4 v_colour;
void main() {
    vec2 anchor = floor(((a_anchor * u_clip.xy + u_clip.zw) * 0.5 + 0.5) * u_size + 0.5);
    v_texture = a_texel / u_atlas;
    v_colour = a_colour;
    gl_Position = vec4((anchor + a_offset * vec2(1.0, -1.0)) / u_size * 2.0 - 1.0, 0.0, 1.0);
}
"""
FRAGMENT = """
uniform sampler2D u_texture;
varying vec2 v_texture;
varying vec4 v_colour;
void main() { gl_FragColor = vec4(v_colour.rgb, v_colour.a * texture2D(u_texture, v_texture).r); }
"""
VERTEX_TYPE = np.dtype(
    [
        ("a_anchor", np.float32, 2),
        ("a_offset", np.float32, 2),
        ("a_texel", np.float32, 2),
        ("a_colour", np.float32, 4),
    ]
)
UPWARDS = np.array([[0, -1], [1, 0]])  # right becomes up, down becomes right


class Label(NamedTuple):
    """One line of text beside the point (x, y), in canvas pixels."""

    text: str
    x: float
    y: float
    colour: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)  # RGBA, 0 to 1
    across: Literal["left", "centre", "right"] = "left"  # what part of the text stands at the point
    down: Literal["top", "centre", "baseline", "bottom"] = "baseline"
    size: float = 12.0  # pixels per em
    bold: bool = False
    upright: bool = False  # written upwards, as on a vertical axis


class Run(NamedTuple):
    """The glyphs of one text, from the beginning of its baseline, in physical pixels."""

    boxes: np.ndarray  # (n, 2, 2) first and last corner, y down
    texels: np.ndarray  # (n, 2, 2)
    width: int


class LabelsVisual(PixelVisual):
    """Lines of text, drawn in their order."""

    def __init__(self) -> None:
        super().__init__(VERTEX, FRAGMENT)
        self._labels: list[Label] = []
        self._drawn_at: float | None = None  # physical pixels in a canvas pixel
        self._atlas = Atlas()
        self._uploaded = 0  # glyphs of the atlas
        self._runs: dict[tuple[str, int, bool], Run] = {}
        self._empty = True
        self._texture = gloo.Texture2D((1, 1), format="luminance", interpolation="nearest")
        self._vertices = gloo.VertexBuffer()
        self._indices = gloo.IndexBuffer()
        self.shared_program["u_texture"] = self._texture

    def set_labels(self, labels: Iterable[Label]) -> None:
        """Show these labels instead of what was there."""
        labels = list(labels)
        if labels != self._labels:
            self._labels, self._drawn_at = labels, None
            self.update()

    def _paint(self, frame: Frame) -> None:
        if frame.ratio != self._drawn_at:
            self._upload(frame.ratio)
        if self._empty:
            return
        self.view_program["u_clip"] = frame.clip
        self.view_program["u_size"] = frame.size
        self.view_program.draw("triangles", self._indices)

    def _upload(self, ratio: float) -> None:
        self._drawn_at = ratio
        vertices = self._vertices_of([label for label in self._labels if label.text], ratio)
        self._empty = not len(vertices)
        if self._empty:
            return
        if self._uploaded != len(self._atlas):
            self._uploaded = len(self._atlas)
            self._texture.set_data(self._atlas.pixels)
            self.view_program["u_atlas"] = self._atlas.pixels.shape[::-1]
        self._vertices.set_data(vertices.ravel())
        self._indices.set_data(quad_indices(len(vertices)))
        self.view_program.bind(self._vertices)

    def _vertices_of(self, labels: list[Label], ratio: float) -> np.ndarray:
        """Four vertices a glyph: VERTEX_TYPE (glyphs, 4)."""
        if not labels:
            return np.zeros((0, 4), VERTEX_TYPE)
        sizes = [em(label.size, ratio) for label in labels]
        runs = [self._run(label.text, size, label.bold) for label, size in zip(labels, sizes, strict=True)]
        starts = [_start(*of) for of in zip(labels, runs, sizes, strict=True)]
        glyphs = [len(run.boxes) for run in runs]
        offsets = _corners(np.concatenate([run.boxes for run in runs]) + np.repeat(starts, glyphs, axis=0)[:, None])
        upright = np.repeat([label.upright for label in labels], glyphs)
        vertices = np.empty(offsets.shape[:2], VERTEX_TYPE)
        vertices["a_anchor"] = np.repeat([(label.x, label.y) for label in labels], glyphs, axis=0)[:, None]
        vertices["a_offset"] = np.where(upright[:, None, None], offsets @ UPWARDS, offsets)
        vertices["a_texel"] = _corners(np.concatenate([run.texels for run in runs]))
        vertices["a_colour"] = np.repeat([label.colour for label in labels], glyphs, axis=0)[:, None]
        return vertices

    def _run(self, text: str, size: int, bold: bool) -> Run:
        key = text, size, bold
        if len(self._runs) > 4096:
            self._runs.clear()
        if key not in self._runs:
            self._runs[key] = self._set(*key)
        return self._runs[key]

    def _set(self, text: str, size: int, bold: bool) -> Run:
        pen, boxes, texels = 0, [], []
        for character in text:
            bitmap, left, top, advance = glyph(character, size, bold)
            u, v = self._atlas.place(character, size, bold)
            height, width = bitmap.shape
            boxes.append([[pen + left, -top], [pen + left + width, height - top]])
            texels.append([[u, v], [u + width, v + height]])
            pen += advance
        return Run(np.array(boxes), np.array(texels), pen)


def _start(label: Label, run: Run, size: int) -> tuple[int, int]:
    """From the label's point to the beginning of its baseline, in physical pixels."""
    ascent, capital, descent = metrics(size, label.bold)
    across = {"left": 0, "centre": -(run.width // 2), "right": -run.width}
    down = {"top": ascent, "centre": (capital + 1) // 2, "baseline": 0, "bottom": -descent}
    return across[label.across], down[label.down]


def _corners(boxes: np.ndarray) -> np.ndarray:
    """First and last corner (n, 2, 2) to the four corners (n, 4, 2) in the order 00, 10, 01, 11."""
    return np.stack([boxes[:, [0, 1, 0, 1], 0], boxes[:, [0, 0, 1, 1], 1]], axis=2)


Labels = create_visual_node(LabelsVisual)
