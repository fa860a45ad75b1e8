"""Strokes: every line, ring, box and filled polygon of a view in one draw, antialiased."""

import numpy as np
from vispy import gloo
from vispy.scene.visuals import create_visual_node

from seeinin.visuals.pixels import CORNERS, Frame, PixelVisual, quad_indices
from seeinin.visuals.shapes import STROKE

VERTEX = """
uniform vec4 u_clip;         // canvas pixels to clip coordinates: scale, offset
uniform float u_ratio;       // physical pixels in a canvas pixel
attribute vec2 a_corner;     // of the quad, 0 or 1
attribute vec4 a_segment;    // x0, y0, x1, y1 in canvas pixels
attribute vec3 a_shape;      // width, radius, round ends
attribute vec3 a_dash;
attribute vec4 a_colour;
varying vec2 v_place;        // along and across the segment, in physical pixels
varying vec4 v_shape;        // length, half width, radius, round ends
varying vec3 v_dash;
varying vec4 v_colour;
void main() {
    vec2 span = a_segment.zw - a_segment.xy;
    float length_ = length(span);
    vec2 along = length_ > 0.0 ? span / length_ : vec2(1.0, 0.0);
    v_shape = vec4(vec3(length_, 0.5 * a_shape.x, a_shape.y) * u_ratio, a_shape.z);
    v_dash = a_dash * u_ratio;
    v_colour = a_colour;
    float aside = v_shape.y + v_shape.z + 1.0;
    float beyond = a_shape.z > 0.5 ? aside : 1.0;
    v_place = mix(vec2(-beyond, -aside), vec2(v_shape.x + beyond, aside), a_corner);
    vec2 place = a_segment.xy + (along * v_place.x + vec2(-along.y, along.x) * v_place.y) / u_ratio;
    gl_Position = vec4(place * u_clip.xy + u_clip.zw, 0.0, 1.0);
}
"""
FRAGMENT = """
varying vec2 v_place;
varying vec4 v_shape;
varying vec3 v_dash;
varying vec4 v_colour;
float overlap(float middle, float first, float last) {  // of a pixel with an interval: exact coverage
    return clamp(min(middle + 0.5, last) - max(middle - 0.5, first), 0.0, 1.0);
}
void main() {
    float cover;
    if (v_shape.w > 0.5) {
        float from_line = length(vec2(v_place.x - clamp(v_place.x, 0.0, v_shape.x), v_place.y));
        cover = overlap(from_line - v_shape.z, -v_shape.y, v_shape.y);
    } else {
        cover = overlap(v_place.x, 0.0, v_shape.x) * overlap(v_place.y, -v_shape.y, v_shape.y);
    }
    if (v_dash.y > 0.0) {
        float half_gap = 0.5 * v_dash.y;
        float place = mod(v_dash.z + v_place.x + half_gap, v_dash.x + v_dash.y);
        cover *= overlap(place, half_gap, half_gap + v_dash.x);
    }
    gl_FragColor = vec4(v_colour.rgb, v_colour.a * cover);
}
"""


class StrokesVisual(PixelVisual):
    """All strokes that `seeinin.visuals.shapes` made, drawn in their order."""

    def __init__(self) -> None:
        super().__init__(VERTEX, FRAGMENT)
        self._strokes = np.zeros(0, STROKE)
        self._stale = False
        self._vertices = gloo.VertexBuffer()
        self._indices = gloo.IndexBuffer()

    def set_strokes(self, *strokes: np.ndarray) -> None:
        """Draw these arrays of strokes, the first undermost, instead of what was there."""
        self._strokes = np.concatenate(strokes) if strokes else np.zeros(0, STROKE)
        self._stale = True
        self.update()

    def _paint(self, frame: Frame) -> None:
        if not len(self._strokes):
            return
        if self._stale:
            self._upload()
        self.view_program["u_clip"] = frame.clip
        self.view_program["u_ratio"] = frame.ratio
        self.view_program.draw("triangles", self._indices)

    def _upload(self) -> None:
        self._stale = False
        vertices = np.zeros((len(self._strokes), 4), [("a_corner", np.float32, 2), *STROKE.descr])
        vertices["a_corner"] = CORNERS
        for name in STROKE.names or ():
            vertices[name] = self._strokes[name][:, None]
        self._vertices.set_data(vertices.ravel())
        self._indices.set_data(quad_indices(len(self._strokes)))
        self.view_program.bind(self._vertices)


Strokes = create_visual_node(StrokesVisual)
