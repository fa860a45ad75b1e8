import numpy as np
import pytest

from seeinin.visuals import shapes
from seeinin.visuals.strokes import Strokes

WHITE = (1, 1, 1, 1)


def cover(canvas, *strokes):
    """Coverage of white strokes on black, 0 to 1."""
    node = Strokes(parent=canvas.scene)
    node.set_strokes(*strokes)
    return canvas.render()[..., 0] / 255


def box_cover(x, y, width, height, shape=(48, 64)):
    """Share of each pixel inside a rectangle."""
    rows, columns = (np.arange(n) for n in shape)
    across = np.clip(np.minimum(columns + 1, x + width) - np.maximum(columns, x), 0, 1)
    down = np.clip(np.minimum(rows + 1, y + height) - np.maximum(rows, y), 0, 1)
    return down[:, None] * across


@pytest.mark.parametrize("box", [(5, 6, 20, 10), (5.25, 6.5, 20.5, 9.75), (5.4, 7.3, 0.3, 0.5), (-4, 40, 100, 30)])
def test_a_box_covers_its_pixels_exactly(canvas, box):
    assert cover(canvas, shapes.boxes([box], WHITE)) == pytest.approx(box_cover(*box), abs=0.01)


def test_lines_between_pixel_borders_are_crisp(canvas):
    drawn = cover(canvas, shapes.lines([[4, 10.5, 30, 10.5], [40.5, 30, 40.5, 2]], WHITE))
    assert drawn == pytest.approx(np.maximum(box_cover(4, 10, 26, 1), box_cover(40, 2, 1, 28)), abs=0.01)


@pytest.mark.parametrize("ratio", [1, 2])
def test_outlines_lie_inside_and_do_not_overlap(new_canvas, ratio):
    drawn = cover(new_canvas(pixel_ratio=ratio), shapes.rectangles([[5, 6, 20, 10]], (1, 1, 1, 0.5), 2))
    shape = (48 * ratio, 64 * ratio)
    box = np.array([5, 6, 20, 10]) * ratio
    inner = box + np.array([2, 2, -4, -4]) * ratio
    assert drawn == pytest.approx(0.5 * (box_cover(*box, shape) - box_cover(*inner, shape)), abs=0.01)


@pytest.mark.parametrize(("angle", "width"), [(0.3, 1), (0.8, 3), (1.2, 0.5)])
def test_a_slanted_line_has_the_right_amount_of_ink(canvas, angle, width):
    end = 10 + 30 * np.cos(angle), 10 + 30 * np.sin(angle)
    assert cover(canvas, shapes.lines([[10, 10, *end]], WHITE, width)).sum() == pytest.approx(30 * width, rel=0.03)


def test_rings_and_discs(canvas):
    drawn = cover(canvas, shapes.rings([[20, 24]], WHITE, 8, 2), shapes.discs([[50, 24]], WHITE, 6))
    assert drawn[:, :32].sum() == pytest.approx(2 * np.pi * 8 * 2, rel=0.02)
    assert drawn[:, 40:].sum() == pytest.approx(np.pi * 6**2, rel=0.02)
    assert drawn[24, 20] == 0
    assert drawn[24, 50] == 1


def test_dashes_run_on_around_corners(canvas):
    points = [[4, 4.5], [30.5, 4.5], [30.5, 40]]
    drawn = cover(canvas, shapes.polyline(points, WHITE, dash=(4, 3)))
    along = np.concatenate([drawn[4, 4:30], drawn[5:40, 30]])
    place = (np.arange(len(along)) + 0.5 + (np.arange(len(along)) >= 26)) % 7  # the corner's own pixel is left out
    inside = (np.abs(place - 2) < 1.4) & (np.abs(np.arange(len(along)) - 26) > 2)
    outside = (np.abs(place - 5.5) < 0.9) & (np.abs(np.arange(len(along)) - 26) > 2)
    assert along[inside].min() > 0.9
    assert along[outside].max() < 0.1


def test_a_polyline_breaks_where_points_are_not_finite(canvas):
    strokes = shapes.polyline([[4, 10.5], [20, 10.5], [np.nan, 0], [30, 10.5], [40, 10.5]], WHITE)
    assert strokes["a_segment"].tolist() == [[4, 10.5, 20, 10.5], [30, 10.5, 40, 10.5]]
    assert cover(canvas, strokes)[10, 25] == 0


def test_polygons_fill_by_the_even_odd_rule(canvas):
    turn = np.linspace(0, 4 * np.pi, 6)[:-1]
    star = np.stack([32 + 22 * np.sin(turn), 24 - 22 * np.cos(turn)], axis=1)
    drawn = cover(canvas, shapes.polygon(star, WHITE))
    rows, columns = np.mgrid[:48, :64]
    centres = np.stack([columns.ravel() + 0.5, rows.ravel() + 0.5], axis=1)
    inside = np.zeros(len(centres), bool)
    for first, second in zip(star, np.roll(star, -1, axis=0), strict=True):  # crossings of a ray to the left
        crosses = (first[1] > centres[:, 1]) != (second[1] > centres[:, 1])
        at = first[0] + (centres[:, 1] - first[1]) * (second[0] - first[0]) / (second[1] - first[1])
        inside ^= crosses & (at < centres[:, 0])
    from_edge = np.full(len(centres), np.inf)
    for first, second in zip(star, np.roll(star, -1, axis=0), strict=True):
        (along_x, along_y), (x, y) = second - first, (centres - first).T
        from_edge = np.minimum(from_edge, np.abs(along_x * y - along_y * x) / np.hypot(along_x, along_y))
    clear = from_edge > 1.5
    assert (drawn.ravel()[clear] == inside[clear]).all()
    assert drawn[24, 32] == 0  # the middle of a pentagram is crossed twice


def test_strokes_are_replaced_and_removed(canvas):
    node = Strokes(parent=canvas.scene)
    node.set_strokes(shapes.boxes([[0, 0, 10, 10]], WHITE))
    assert canvas.render()[5, 5, 0] == 255
    node.set_strokes(shapes.boxes([[20, 0, 10, 10], [40, 0, 10, 10]], [(1, 0, 0, 1), (0, 1, 0, 1)]))
    picture = canvas.render()
    assert picture[5, 5].tolist() == [0, 0, 0, 255]
    assert picture[5, 25].tolist() == [255, 0, 0, 255]
    assert picture[5, 45].tolist() == [0, 255, 0, 255]
    node.set_strokes()
    assert not canvas.render()[..., :3].any()


def test_nothing_to_draw_is_fine(canvas):
    empty = [
        shapes.lines([], WHITE),
        shapes.polyline([], WHITE),
        shapes.polyline([[3, 4]], WHITE, closed=True),
        shapes.rectangles([], WHITE),
        shapes.boxes([], WHITE),
        shapes.rings([], WHITE, 3),
        shapes.polygon([], WHITE),
        shapes.polygon([[1, 2], [30, 2], [60, 2]], WHITE),
    ]
    assert sum(map(len, empty)) == 1  # a closed line through one point is a dot
    assert cover(canvas, *empty).sum() < 1.5


def test_polygons_of_thousands_of_vertices_have_their_area(canvas):
    turn = np.linspace(0, 2 * np.pi, 3000)
    circle = np.stack([30 + 20 * np.cos(turn), 24 + 20 * np.sin(turn)], axis=1)
    assert cover(canvas, shapes.polygon(circle, WHITE)).sum() == pytest.approx(np.pi * 20**2, rel=0.003)
