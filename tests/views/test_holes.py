"""Holes in a damaged file and values that are no number: seen, counted, and never taken for data."""

from dataclasses import replace

import numpy as np
import pytest

from seeinin.geometry.matrix import INSET
from seeinin.pool import Token
from seeinin.state import columns
from seeinin.state.named import Place
from seeinin.state.selection import chosen as selected
from seeinin.state.state import ViewerState
from seeinin.store.reader import open_cache
from seeinin.views.averages import growing
from seeinin.views.holes import hatching
from seeinin.views.layout import Layout
from seeinin.views.maps import MapsView
from seeinin.views.matrix import MatrixView
from seeinin.views.rendering import rendering
from seeinin.views.scales import NO_NUMBER
from seeinin.views.subjects import INPUT, subject_of
from tests.views.steps import result

SIZE = (620, 560)


def strange(maps):
    """relu: NaN and infinities in channels 1 and 2, nothing but NaN in channel 3."""
    random = np.random.default_rng(3)
    relu = maps[1]
    relu[:, 1][random.random(relu[:, 1].shape) < 0.02] = np.nan
    relu[:, 2][random.random(relu[:, 2].shape) < 0.02] = np.inf
    relu[:, 2][random.random(relu[:, 2].shape) < 0.02] = -np.inf
    relu[:, 3] = np.nan
    maps[2][::5, 1] = np.nan


@pytest.fixture(scope="module")
def bad_cache(make_cache, damage):
    path = make_cache(dtype="float32", change=strange)
    targets = [("layers/000/columns", 1, 17_000), ("layers/003/columns", 2, 7)]
    damage(path, *targets, ("layers/000/maps", 9, 0), ("images/pixels", 250, 0))
    with open_cache(path) as cache:
        yield cache


@pytest.fixture
def bad_state(bad_cache):
    return ViewerState().attach(bad_cache)


@pytest.fixture
def view(bad_state, new_canvas):
    return MatrixView(bad_state, new_canvas(*SIZE))


def show(view, name):
    state = view.state
    number = state.cache.layer(name).number
    state.show_layer(number)
    assert state.inbox.run_until(lambda: state.view is not None and state.view.layer == number and view.exact)
    return state.cache.layers[number]


def test_points_of_a_hole_are_neither_drawn_nor_found_but_counted(view, bad_state):
    """conv has 19,200 points; those from 16,384 on are lost in channel 1."""
    layer = show(view, "conv")
    assert (bad_state.drawn.damaged, bad_state.drawn.nonfinite) == (19_200 - 16_384, 0)
    assert "channel 1, points 16384 to 19199" in bad_state.drawn.why
    rect = view.matrix.cell_rect(0, 1)
    ids = view.shot.ids[int(rect.y) : int(rect.y + rect.height) - 12, int(rect.x) - 62 : int(rect.x + rect.width) - 66]
    assert 0 <= ids.max() < 16_384
    assert len(view.holes._strokes) > 10
    assert {label.text for label in view.words._labels} <= {"2,816 of 19,200 points damaged"}
    box = np.array([(-9, -9), (900, -9), (900, 900), (-9, 900)])
    view.hits.select_polygon((0, 1), box, "replace")
    assert bad_state.inbox.run_until(lambda: bad_state.selection is not None)
    good = np.repeat(np.asarray(bad_state.cache.valid) | True, layer.positions)
    good[16_384:] = False
    np.testing.assert_array_equal(bad_state.selection.strength > 0, good)


def test_a_column_of_which_nothing_is_left_is_hatched_all_over(view, bad_state):
    show(view, "three")
    assert bad_state.drawn.damaged == 300
    picture = view.canvas.render()
    rect = view.matrix.cell_rect(0, 2)
    cell = picture[int(rect.y) + 8 : int(rect.y + rect.height) - 8, int(rect.x) + 8 : int(rect.x + rect.width) - 8, :3]
    lit = (cell.astype(int).max(axis=2) > 60).mean(axis=(0, 1))
    assert 0.05 < lit < 0.5
    assert {label.text for label in view.words._labels} == {"damaged"}


def test_a_hatching_fills_its_box():
    segments = hatching((10, 20, 30, 12))
    assert segments[:, 0::2].min() >= 10
    assert segments[:, 0::2].max() <= 40
    assert segments[:, 1::2].min() >= 20
    assert segments[:, 1::2].max() <= 32
    np.testing.assert_allclose(segments[:, 2] - segments[:, 0], segments[:, 1] - segments[:, 3])


def test_what_is_no_number_is_marked_beside_the_plot(view, bad_state):
    """Pixel for pixel as a plain loop over the points has it, cell by cell."""
    layer = show(view, "relu")
    channels = view.matrix.visible_channels()
    assert bad_state.drawn.nonfinite == sum(np.count_nonzero(~np.isfinite(layer.column(c))) for c in channels)
    shot, layout = view.shot, Layout(view.shot.request.matrix, view.shot.request.shape)
    for i, j in ((0, 1), (1, 0), (2, 1), (0, 3), (0, 4)):
        top, bottom, left, right = layout.rect(i, j)
        expected = np.zeros(view.shot.ids.shape, bool)
        below, beside = bottom - 1 - int(0.4 * INSET * layout.side), left + int(0.4 * INSET * layout.side)
        for x, y in zip(layer.column(j).tolist(), layer.column(i).tolist(), strict=True):
            if not (np.isfinite(x) and np.isfinite(y)):
                column, row = placed(x, layout.x_axis(j), beside), placed(y, layout.y_axis(i), below)
                side = round(shot.request.size)
                expected[row - side // 2 :, column - side // 2 :][:side, :side] = True
        marked = (shot.rgba[..., :3] == NO_NUMBER).all(axis=2)
        np.testing.assert_array_equal(marked[top:bottom, left:right], expected[top:bottom, left:right])


def test_a_layer_larger_than_memory_has_the_same_marks(view, bad_state, monkeypatch):
    """Read in stretches, none of which is kept."""
    show(view, "relu")
    whole = view.shot
    monkeypatch.setattr(columns, "LEAST", 1000)
    small = bad_state.sources._replace(columns=columns.Columns(budget=50_000))
    shot = result(rendering(Token(), view.wanted, small))
    np.testing.assert_array_equal(shot.rgba, whole.rgba)
    np.testing.assert_array_equal(shot.ids, whole.ids)
    assert shot.drawn == whole.drawn


def placed(value, axis, aside):
    if np.isnan(value):
        return aside
    return int(np.floor(min(max(value, axis.low), axis.high) * axis.scale + axis.offset - 1e-9 * (value == np.inf)))


def test_a_mark_beside_the_plot_can_be_hovered(view, bad_state):
    layer = show(view, "relu")
    j, channel = 1, view.matrix.columns[1]
    rect = view.matrix.cell_rect(0, j)
    points = []
    for share in np.arange(0.1, 1, 0.02):
        view.hits.hover_at(rect.x + rect.width * INSET * 0.4, rect.y + rect.height * share)
        points += [] if bad_state.hover is None else [bad_state.hover.point]
    assert points
    assert np.isnan(layer.column(channel)[points]).mean() > 0.9


def test_opengl_draws_nothing_of_what_is_no_number(view, bad_state):
    """The first picture comes from OpenGL: wide[:, 1] is NaN for every fifth image."""
    show(view, "wide")
    matrix = view.matrix
    view.cloud.prepare(matrix, view.theme)
    assert bad_state.inbox.run_until(lambda: view.cloud.prepare(matrix, view.theme))
    for node in (view.picture, view.sample, view.grid, view.labels, view.marks):
        node.visible = False
    view.cloud.node.visible = True
    ground = view.canvas.render()[0, 0]
    picture = view.canvas.render()
    rect = matrix.cell_rect(0, 1)
    margin = slice(int(rect.x) + 2, int(rect.x + rect.width * INSET) - 2)
    cell = picture[int(rect.y) + 2 : int(rect.y + rect.height) - 2]
    assert (cell[:, int(rect.x) : int(rect.x + rect.width)] != ground).any()
    column = bad_state.cache.layer("wide").column(1)
    at_edge = np.nanmin(np.abs(column - matrix.ranges[1][0])) < 1e-3
    assert at_edge or (cell[:, margin] == ground).all()


def test_maps_of_a_damaged_image_are_hatched_and_averages_leave_it_out(bad_state, new_canvas):
    cache = bad_state.cache
    maps = MapsView(bad_state, new_canvas(400, 700))
    bad_state.show_layer(0)
    bad_state.pick = Place(0, 9 * 64)
    assert bad_state.inbox.run_until(maps.settled)
    mean = maps.averages.means[0]
    assert mean.gone
    assert not maps.averages.means[INPUT].gone
    bad_state.pick = None
    mask = np.zeros(cache.images, bool)
    mask[[3, 9, 200]] = True
    bad_state.select_images(mask)
    assert bad_state.inbox.run_until(maps.settled)
    mean = maps.averages.means[0]
    assert mean.lost
    assert not mean.gone
    kept = [row for row in (3, 9, 200) if not _lost(cache.layers[0], row)]
    assert mean.lost == 3 - len(kept)
    expected = cache.layers[0].maps(kept).astype(np.float64).mean(axis=0)
    np.testing.assert_allclose(mean.values, expected, rtol=1e-6)


def _lost(layer, row):
    from seeinin.errors import CacheError

    try:
        layer.maps([row])
    except CacheError:
        return True
    return False


def averaged(cache, subject, number):
    """The complete mean of a subject at a layer."""
    before = None
    while before is None or not before.complete:
        before = result(growing(Token(), cache, subject, number, before))
    return before


def test_an_average_is_of_the_finite_values(bad_cache):
    """One image in which a value is no number would else take it from the average of all others."""
    number, rows = bad_cache.layer("relu").number, np.flatnonzero(bad_cache.valid)
    maps = bad_cache.layers[number].maps(rows).astype(np.float64)
    finite = np.isfinite(maps)
    some = finite.any(axis=0)
    mean = averaged(bad_cache, replace(subject_of(bad_cache, None), asked=True), number)
    wanted = np.ma.masked_array(maps, ~finite).mean(axis=0).filled(np.nan)
    np.testing.assert_allclose(mean.values, wanted, rtol=1e-6)
    assert mean.missing == np.count_nonzero(~finite & some) > 0
    assert mean.nonfinite == np.count_nonzero(~some) == maps[0, 3].size  # the channel that is nothing but NaN
    spread = bad_cache.layers[number].std[:, None, None]
    chosen = bad_cache.label[rows] == 1
    sides = [np.ma.masked_array(maps[c], ~finite[c]).mean(axis=0).filled(np.nan) for c in (chosen, ~chosen)]
    difference = averaged(bad_cache, subject_of(bad_cache, selected(None, bad_cache.label == 1), "difference"), number)
    np.testing.assert_allclose(difference.values[:3], ((sides[0] - sides[1]) / spread)[:3], rtol=1e-4, atol=1e-5)
    assert difference.missing == mean.missing


def test_the_infinities_of_one_image_are_shown_as_they_are(bad_cache):
    number = bad_cache.layer("relu").number
    maps = bad_cache.layers[number].maps(np.arange(16))
    row = next(r for r in range(16) if np.isinf(maps[r, 2]).any() and bad_cache.valid[r])
    mean = averaged(bad_cache, subject_of(bad_cache, row), number)
    np.testing.assert_array_equal(mean.values, maps[row])
    assert mean.missing == 0
