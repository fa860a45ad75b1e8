"""The marks of one image's points, against where its values lie."""

import numpy as np

from seeinin.geometry.matrix import Camera, Matrix, Rect
from seeinin.state.named import Place
from seeinin.views import marks
from seeinin.views.marks import RING, SQUARE, mark_strokes
from seeinin.views.theme import DARK

IMAGE, POSITION = 7, 5


def test_the_point_is_ringed_and_its_image_marked_in_every_cell_the_diagonal_too(state):
    state.show_layer(0)
    assert state.inbox.run_until(lambda: state.view is not None, 20)
    layer = state.layer
    assert layer.positions > POSITION
    columns = state.sources.columns
    values = {c: columns.get(layer, c).reshape(-1, layer.positions)[IMAGE].astype(np.float64) for c in (0, 1)}
    matrix = Matrix((0, 1), (0, 1), state.view.ranges, Camera(1, 1, 2), Rect(0, 0, 400, 400))
    state.pick = Place(layer.number, IMAGE * layer.positions + POSITION)
    edges, dots, halo, rings = mark_strokes(state, matrix, columns, DARK)
    expected = []
    for i in (0, 1):
        for j in (0, 1):
            across, down, box = matrix.x_axis(j), matrix.y_axis(i), matrix.cell_rect(i, j)
            x, y = (np.clip(values[c], *matrix.ranges[c]) for c in (j, i))
            bottom = np.full(layer.positions, box.y + box.height - RING - 1)
            up = bottom if i == j else y * down.scale + down.offset
            expected.append(np.stack([x * across.scale + across.offset, up], axis=1))
    every = np.concatenate(expected)
    for strokes, points in ((edges, every), (dots, every), (halo, [e[POSITION] for e in expected])):
        assert np.allclose(strokes["a_segment"][:, :2], points, atol=1e-3)
    assert np.array_equal(rings["a_segment"], halo["a_segment"])


def test_many_dots_are_still_where_the_points_are(state, monkeypatch):
    state.show_layer(0)
    assert state.inbox.run_until(lambda: state.view is not None, 20)
    layer, columns = state.layer, state.sources.columns
    for c in (0, 1):
        columns.get(layer, c)
    matrix = Matrix((0, 1), (0, 1), state.view.ranges, Camera(1, 1, 2), Rect(30, 20, 400, 400))
    state.pick = Place(layer.number, IMAGE * layer.positions + POSITION)
    points = mark_strokes(state, matrix, columns, DARK)[0]["a_segment"][:, :2]
    monkeypatch.setattr(marks, "MOST", 3)
    runs = mark_strokes(state, matrix, columns, DARK)[0]["a_segment"]
    assert 0 < len(runs) <= len(points)
    x0, y0, x1, _ = runs.T
    for x, y in points:
        outside = np.maximum(np.maximum(x0 - x, x - x1), np.abs(y - y0))
        assert outside.min() <= SQUARE / 2
