import numpy as np
import pytest
from vispy.gloo import gl

from seeinin.visuals.points import MEASURED, Axis, Cell, Points

COUNTING = {"blend": True, "blend_func": ("one", "one", "one", "one"), "depth_test": False}
ONE = np.full((16, 4), 1 / 255)  # a point adds one to its pixel


@pytest.fixture(params=[False, True], ids=["points", "quads"])
def quads(request):
    return request.param


def counting(canvas, columns, **keywords):
    """Hard points of one pixel that count themselves in the red channel."""
    points = Points(parent=canvas.scene, **keywords)
    points.set_gl_state(**COUNTING)
    points.set_columns(columns)
    points.set_palette(ONE, ONE[0])
    points.size, points.alpha = 1.0, 1.0
    return points


def counts(shape, cell, columns, chosen=slice(None)):
    """The same with numpy: how many points fall on each pixel of the canvas."""
    picture = np.zeros(shape, int)
    x, y, width, height = cell.rect
    places = []
    for key, axis in ((cell.x, cell.x_axis), (cell.y, cell.y_axis)):
        first, last = sorted([axis.low * axis.scale + axis.offset, axis.high * axis.scale + axis.offset])
        places.append(np.floor(columns[key][chosen].astype(np.float64) * axis.scale + axis.offset).astype(int))
        places[-1] = np.clip(places[-1], int(first), int(last) - 1)  # beyond the range: on the edge
    inside = (places[0] >= x) & (places[0] < x + width) & (places[1] >= y) & (places[1] < y + height)
    np.add.at(picture, (places[1][inside], places[0][inside]), 1)
    return picture


def on_grid(rng, n, dtype):
    """Values k/8 + 1/16, which no rounding moves to another pixel under the axes below."""
    return (rng.integers(-24, 24, n) / 8 + 1 / 16).astype(dtype)


def axis(start, flipped=False, low=-2.5, high=2.5):
    return Axis(-8.0 if flipped else 8.0, start + 24.0, low, high)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("repeat", [1, 4])
def test_points_land_on_the_pixels_that_numpy_says(new_canvas, quads, dtype, repeat):
    rng, canvas = np.random.default_rng(2), new_canvas(120, 110)
    columns = {key: on_grid(rng, 800, dtype) for key in "abc"}
    points = counting(canvas, columns, quads=quads)
    points.set_colour(np.zeros(800 // repeat, np.uint8), repeat)
    cells = [
        Cell("a", "b", (4, 4, 48, 48), axis(4), axis(4, flipped=True)),
        Cell("c", "b", (60, 4, 48, 48), axis(60), axis(4, flipped=True)),
        Cell("a", "a", (4, 56, 30, 20), axis(4), axis(56)),  # cut off
    ]
    points.set_cells(cells)
    drawn = canvas.render()[..., 0]
    assert (drawn == sum(counts(drawn.shape, cell, columns) for cell in cells)).all()
    assert drawn.sum() > 1600
    assert gl.glGetError() == 0


def test_any_number_of_first_points(canvas, quads):
    columns = {key: on_grid(np.random.default_rng(3), 500, np.float16) for key in "ab"}
    points = counting(canvas, columns, quads=quads)
    points.set_colour(np.zeros(100, np.uint8), 5)
    cell = Cell("a", "b", (0, 0, 48, 48), axis(0), axis(0))
    points.set_cells([cell])
    for count in (0, 1, 77, 500, None):
        points.count = count
        drawn = canvas.render()[..., 0]
        assert (drawn == counts(drawn.shape, cell, columns, slice(count))).all()


def test_columns_and_colours_of_different_lengths_draw_what_all_have(canvas):
    columns = {"a": on_grid(np.random.default_rng(3), 500, np.float16)}
    columns["b"] = columns["a"][:300]
    points = counting(canvas, columns)
    points.set_cells([Cell("a", "b", (0, 0, 48, 48), axis(0), axis(0))])
    assert not canvas.render()[..., 0].any()
    points.set_colour(np.zeros(50, np.uint8), 4)
    assert canvas.render()[..., 0].sum() == 200
    points.set_colour(np.zeros(100, np.uint8), 4)
    assert canvas.render()[..., 0].sum() == 300


@pytest.mark.parametrize("repeat", [1, 4])
def test_each_image_has_the_colour_of_its_slot(canvas, quads, repeat):
    rng = np.random.default_rng(4)
    columns = {key: on_grid(rng, 400, np.float16) for key in "ab"}
    slots = rng.choice(np.array([0, 1, 2, 16, 200], np.uint8), 400 // repeat)
    points = counting(canvas, columns, quads=quads)
    points.set_palette([(1 / 255, 0, 0, 1), (0, 1 / 255, 0, 1), (0, 0, 1 / 255, 1)], (0, 0, 0, 1))
    points.set_colour(slots, repeat)
    cell = Cell("a", "b", (0, 0, 48, 48), axis(0), axis(0))
    points.set_cells([cell])
    drawn = canvas.render()
    for channel in range(3):
        chosen = np.repeat(slots, repeat) == channel
        assert (drawn[..., channel] == counts(drawn.shape[:2], cell, columns, chosen)).all()


@pytest.mark.parametrize("per_image", [False, True])
def test_selected_points_lie_on_top_of_fainter_ones(canvas, quads, per_image):
    rng = np.random.default_rng(5)
    columns = {key: on_grid(rng, 400, np.float16) for key in "ab"}
    repeat = 4 if per_image else 1
    share = rng.choice(np.array([0, 0, 0, 255], np.uint8), 400 // repeat)
    points = Points(parent=canvas.scene, quads=quads)
    points.set_columns(columns)
    points.set_palette([(1, 0, 0, 1), (0, 1, 0, 1)], (0, 0, 0, 1))
    selected = np.repeat(share, repeat) > 0
    points.set_colour(selected.astype(np.uint8))
    points.size, points.alpha, points.faint = 1.0, 1.0, (1.0, 0.5)
    cell = Cell("a", "b", (0, 0, 48, 48), axis(0), axis(0))
    points.set_cells([cell])
    points.set_share(share, repeat)
    drawn = canvas.render()
    on_top = counts(drawn.shape[:2], cell, columns, selected) > 0
    below = (counts(drawn.shape[:2], cell, columns, ~selected) > 0) & ~on_top
    assert (drawn[on_top] == [0, 255, 0, 255]).all()
    assert drawn[below][:, 0].min() in (127, 128)
    assert not drawn[~on_top & ~below][:, :3].any()
    points.set_share(None)
    assert (canvas.render()[below] == [255, 0, 0, 255]).all()


def test_an_image_shows_how_much_of_it_is_selected(canvas):
    points = Points(parent=canvas.scene)
    points.set_columns({"a": np.array([-1, 1], np.float16) + 1 / 16})
    points.set_palette([(1, 0, 0, 1)], (0, 0, 0, 1))
    points.set_colour(np.zeros(2, np.uint8))
    points.set_share(np.array([51, 255], np.uint8))
    points.size, points.alpha = 1.0, 1.0
    points.set_cells([Cell("a", "a", (0, 0, 48, 48), axis(0), axis(0))])
    drawn = canvas.render()[..., 0]
    assert sorted(drawn[drawn > 0]) == [51, 255]


@pytest.mark.parametrize("ratio", [1, 2])
def test_points_are_round_soft_and_of_their_size(new_canvas, quads, ratio):
    canvas = new_canvas(pixel_ratio=ratio)
    points = Points(parent=canvas.scene, quads=quads)
    points.set_columns({"a": np.array([0], np.float32)})
    points.set_palette([(1, 1, 1, 1)], (0, 0, 0, 1))
    points.set_colour(np.zeros(1, np.uint8))
    points.size, points.alpha = 9.0, 1.0
    points.set_cells([Cell("a", "a", (0, 0, 64, 48), Axis(1, 20.3, -1, 1), Axis(1, 30.6, -1, 1))])
    cover = canvas.render()[..., 0] / 255
    rows, columns = (np.arange(n) + 0.5 for n in cover.shape)
    assert cover.sum() == pytest.approx(np.pi * (4.5 * ratio) ** 2, rel=0.02)
    assert (cover * columns).sum() / cover.sum() == pytest.approx(20.3 * ratio, abs=0.1)
    assert (cover.T * rows).sum() / cover.sum() == pytest.approx(30.6 * ratio, abs=0.1)
    distance = np.hypot(columns - 20.3 * ratio, rows[:, None] - 30.6 * ratio)
    assert cover == pytest.approx(np.clip(4.5 * ratio + 0.5 - distance, 0, 1), abs=0.03)


def test_a_point_is_where_it_is_however_deep_the_zoom(canvas):
    value = np.float32(0.73519874)
    points = counting(canvas, {"a": np.array([value, 0.0, 1.0], np.float32)})
    points.set_colour(np.zeros(3, np.uint8))
    for scale in (1e2, 1e4, 1e6, 1e8):
        deep = Axis(scale, 20.5 - float(value) * scale, 0, 1)
        points.set_cells([Cell("a", "a", (0, 0, 48, 48), deep, deep)])
        assert canvas.render()[20, 20, 0] == 1


def test_cells_far_from_the_origin_are_exact_to_a_pixel(canvas):
    """Cell 2,047 of 2,048 seen through a matrix that is scrolled there."""
    columns = {key: on_grid(np.random.default_rng(6), 300, np.float16) for key in "ab"}
    points = counting(canvas, columns)
    points.set_colour(np.zeros(300, np.uint8))
    start = 2047 * 48 - 98_250
    cell = Cell("a", "b", (start, 0, 48, 48), axis(start), axis(0))
    points.set_cells([cell])
    drawn = canvas.render()[..., 0]
    assert (drawn == counts(drawn.shape, cell, columns)).all()


def test_nothing_outside_the_clip_rectangle(canvas):
    columns = {"a": on_grid(np.random.default_rng(7), 300, np.float16)}
    points = counting(canvas, columns)
    points.set_colour(np.zeros(300, np.uint8))
    cell = Cell("a", "a", (0, 0, 48, 48), axis(0), axis(0))
    points.set_cells([cell, cell._replace(rect=(40, 40, 5, 5))])
    points.clip = (10, 12, 20, 16)
    drawn = canvas.render()[..., 0]
    expected = counts(drawn.shape, cell, columns)
    outside = np.ones(drawn.shape, bool)
    outside[12:28, 10:30] = False
    assert (drawn == np.where(outside, 0, expected)).all()


def test_opacity_of_the_node_and_other_visuals_are_not_disturbed(canvas):
    from seeinin.visuals import shapes
    from seeinin.visuals.strokes import Strokes

    points = counting(canvas, {"a": on_grid(np.random.default_rng(7), 300, np.float16)})
    points.set_colour(np.zeros(75, np.uint8), 4)
    points.set_cells([Cell("a", "a", (0, 0, 48, 48), axis(0), axis(0))])
    strokes = Strokes(parent=canvas.scene)
    strokes.order = 1
    strokes.set_strokes(shapes.boxes([[50, 5, 10, 10]], (1, 1, 1, 1)))
    first = canvas.render()
    assert (first[5:15, 50:60] == 255).all()
    assert (canvas.render() == first).all()


def test_columns_make_room_least_recently_drawn_first(canvas):
    rng = np.random.default_rng(8)
    columns = {key: on_grid(rng, 100, np.float16) for key in "abcd"}
    points = counting(canvas, columns, budget=650)  # three columns of 200 bytes
    points.set_colour(np.zeros(100, np.uint8))

    def show(*keys):
        cell = Cell(keys[0], keys[1], (0, 0, 48, 48), axis(0), axis(0))
        points.set_cells([cell])
        drawn = canvas.render()[..., 0]
        assert (drawn == counts(drawn.shape, cell, columns)).all()

    show("a", "b")
    assert points.missing("abcd") == ["c"]
    with pytest.raises(KeyError, match="'c'"):
        points.set_cells([Cell("c", "a", (0, 0, 48, 48), axis(0), axis(0))])
    points.set_columns({"c": columns["c"]})
    show("c", "b")
    assert points.missing("abcd") == ["d"]
    points.set_columns({"d": columns["d"]})
    show("d", "c")
    assert points.missing("abcd") == ["a"]
    assert points._columns.nbytes == 600


def test_columns_being_drawn_stay_whatever_the_budget(canvas):
    columns = {key: on_grid(np.random.default_rng(9), 100, np.float16) for key in "ab"}
    points = counting(canvas, columns, budget=0)
    points.set_colour(np.zeros(100, np.uint8))
    points.set_cells([Cell("a", "b", (0, 0, 48, 48), axis(0), axis(0))])
    assert canvas.render()[..., 0].sum() == 100
    assert canvas.render()[..., 0].sum() == 100


def test_a_column_is_uploaded_once(canvas, monkeypatch):
    columns = {"a": on_grid(np.random.default_rng(9), 100, np.float16)}
    points = counting(canvas, columns)
    points.set_colour(np.zeros(100, np.uint8))
    points.set_cells([Cell("a", "a", (0, 0, 48, 48), axis(0), axis(0))])
    canvas.render()
    monkeypatch.setattr("seeinin.visuals.columns.Buffer", lambda _: pytest.fail("uploaded again"))
    points.set_cells([Cell("a", "a", (0, 0, 24, 24), axis(-8), axis(-8))])
    canvas.render()


@pytest.mark.parametrize("bad", [np.zeros(4, np.float64), np.zeros((2, 2), np.float16)])
def test_other_columns_are_refused(canvas, bad):
    with pytest.raises(ValueError, match="a column is float16 or float32"):
        Points(parent=canvas.scene).set_columns({"a": bad})


def test_other_bytes_are_refused(canvas):
    with pytest.raises(ValueError, match="uint8"):
        Points(parent=canvas.scene).set_colour(np.zeros(4, np.int64))


@pytest.mark.parametrize(("count", "known"), [(MEASURED - 1, False), (MEASURED, True)])
def test_many_points_tell_how_fast_opengl_is(new_canvas, count, known):
    """It draws some of them twice for that, which is not seen."""
    canvas = new_canvas(40, 40)
    columns = {"x": np.zeros(count, np.float16), "y": np.zeros(count, np.float16)}
    points = counting(canvas, columns)
    points.set_palette(np.zeros((16, 4)), ONE[0])
    points.set_colour(np.repeat(np.uint8([0, 200]), [count - 100, 100]))
    axis = Axis(1.0, 20.0, -20.0, 20.0)
    points.set_cells([Cell("x", "y", (0, 0, 40, 40), axis, axis)])
    first = canvas.render()
    assert first[..., 0].sum() == 100
    assert (points.rate > 0) == known
    np.testing.assert_array_equal(first, canvas.render())
