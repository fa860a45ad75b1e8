"""The feature maps against numpy over the cache, moved by the events that a window sends."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from vispy.util import keys

from seeinin.geometry.matrix import Camera
from seeinin.state.named import Place
from seeinin.state.selection import chosen
from seeinin.state.state import ViewerState
from seeinin.store.reader import Cache, open_cache
from seeinin.views import averages, sums
from seeinin.views.captions import elided, figure, titles
from seeinin.views.maps import MapsView
from seeinin.views.outlines import shown_channels
from seeinin.views.overview import OverviewView
from seeinin.views.scales import NO_NUMBER, between, diverging, scale_of, sequential
from seeinin.views.sheet import Spot
from seeinin.views.subjects import CROPS, INPUT
from seeinin.views.theme import DARK, LIGHT
from seeinin.visuals.canvas import Canvas
from seeinin.visuals.glyphs import text_width

Make = Callable[..., Canvas]


@pytest.fixture
def view(state: ViewerState, new_canvas: Make) -> MapsView:
    view = MapsView(state, new_canvas(340, 900))
    settle(view)
    return view


def settle(view: MapsView) -> None:
    assert view.state.inbox.run_until(view.settled, 20)


def colour_of(name: str) -> list[int]:
    return [int(name[k : k + 2], 16) for k in (1, 3, 5)]


def maps_of(cache: Cache, number: int) -> np.ndarray:
    if number == INPUT:
        return cache.pixels(slice(None)).transpose(0, 3, 1, 2).astype(np.float64)
    return cache.layers[number].maps(slice(None)).astype(np.float64)


def assert_shows(view: MapsView, chosen: np.ndarray) -> None:
    """Every layer shows the average of these images, to float32 rounding."""
    cache = view.state.cache
    for number in range(INPUT, len(cache.layers)):
        maps = maps_of(cache, number)[chosen]
        found = view.averages.means[number].values
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, maps.mean(axis=0), rtol=1.2e-7, atol=1.2e-7 * abs(maps).mean())


def test_without_pick_and_selection_it_is_the_average_of_all(view: MapsView) -> None:
    assert view.note == "average of all 299 images"
    assert_shows(view, view.state.cache.valid)


def test_the_average_of_the_selected_points_images(view: MapsView, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(averages, "BLOCK", 2000)  # a few rows at a time
    cache = view.state.cache
    points = np.random.default_rng(3).random(cache.layers[0].points) < 0.005
    view.state.select(chosen(0, points))
    settle(view)
    images = points.reshape(cache.images, -1).any(axis=1) & cache.valid
    assert 10 < images.sum() < 200
    assert view.note == f"average of {images.sum()} selected images"
    assert_shows(view, images)


def test_whole_classes_come_from_the_class_means(view: MapsView, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    plain = sums.read_maps
    monkeypatch.setattr(sums, "read_maps", lambda cache, n, *rest: read.append(n) or plain(cache, n, *rest))
    cache = view.state.cache
    view.state.select_class(0)
    view.state.select_class(2, "add")
    settle(view)
    assert set(read) == {INPUT}
    assert_shows(view, np.isin(cache.label, [0, 2]) & cache.valid)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_three_channels_without_labels(make_cache: Callable[..., Path], new_canvas: Make, dtype: str) -> None:
    with open_cache(make_cache(3, dtype, labelled=False)) as cache:
        view = MapsView(ViewerState().attach(cache), new_canvas(340, 900))
        settle(view)
        assert_shows(view, cache.valid)
        view.state.pick = Place(5, 4)
        settle(view)
        assert view.note == f"image #{cache.index[4]}"
        block = view.pane.sheet.by_number[INPUT]
        x, y, width, height = view.pane.tile_rect(block, 0)
        drawn = view.canvas.render()[round(y) : round(y + height), round(x) : round(x + width), :3]
        assert np.array_equal(drawn[:: block.enlarge, :: block.enlarge], cache.pixels([4])[0])


def test_the_latest_of_pick_and_selection(view: MapsView) -> None:
    state, cache = view.state, view.state.cache
    one = np.arange(cache.images) == 5
    state.pick = Place(0, 5 * 64 + 3)
    settle(view)
    assert view.note == f"image #{cache.index[5]} · {cache.classes[cache.label[5]]}"
    assert_shows(view, one)
    state.select_images(np.arange(cache.images) < 10)
    settle(view)
    assert view.note == "average of 10 selected images"
    state.pick = Place(3, 5)
    settle(view)
    assert_shows(view, one)
    state.pick = None
    settle(view)
    assert_shows(view, np.arange(cache.images) < 10)
    state.clear()
    settle(view)
    assert_shows(view, cache.valid)


def test_another_point_of_the_picked_image_changes_nothing(view: MapsView) -> None:
    view.state.pick = Place(0, 5 * 64 + 3)
    settle(view)
    before = dict(view.averages.means)
    view.state.pick = Place(0, 5 * 64 + 9)
    settle(view)
    assert all(view.averages.means[n] is mean for n, mean in before.items())


def test_the_newest_request_wins_and_large_averages_refine(view: MapsView, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(averages, "BLOCK", 2000)
    notes: list[str] = []
    view.noted = notes.append
    cache = view.state.cache
    for last in (40, 50, 200):
        view.state.select_images(np.arange(cache.images) < last)
        view.state.inbox.run()
    settle(view)
    assert_shows(view, (np.arange(cache.images) < 200) & cache.valid)
    assert notes[-1] == "average of 199 selected images"
    assert any(note.endswith(" of 199") for note in notes)


def test_only_unreadable_images(view: MapsView) -> None:
    view.state.select_images(~view.state.cache.valid)
    settle(view)
    assert view.note == "average of 0 selected images"


def test_every_map_is_drawn_where_the_mouse_finds_it(view: MapsView) -> None:
    """The brightest pixel of a rectified layer is the place of its largest value."""
    pane, mean = view.pane, view.averages.means[1]
    block = pane.sheet.by_number[1]
    picture = view.canvas.render()[..., :3].astype(int).sum(axis=2)
    for channel in range(6):
        x, y, width, height = (round(v) for v in pane.tile_rect(block, channel))
        tile = picture[y : y + height, x : x + width]
        down, across = np.unravel_index(tile.argmax(), tile.shape)
        spot = pane.spot_at(block, x + across, y + down)
        assert spot is not None
        assert spot.channel == channel
        values = mean.values[channel]
        assert values[spot.y, spot.x] >= np.quantile(values, 0.95)


def test_hover_names_the_value(view: MapsView, mouse) -> None:
    pane = view.pane
    x, y, width, height = pane.spot_rect(pane.sheet.by_number[1], Spot(2, 3, 4))
    mouse(view.canvas).move(x + width / 2, y + height / 2)
    settle(view)
    value = view.averages.means[1].values[2, 3, 4]
    assert view.foot.text == f"relu · channel 2 · (3, 4) = {value:.3f}"
    assert view.state.hover is None  # an average has no point
    view.state.pick = Place(4, 9)
    settle(view)
    mouse(view.canvas).move(x + width / 2 + 1, y + height / 2)
    mouse(view.canvas).move(x + width + 1.5, y + height / 2)
    assert view.state.hover == Place(1, (9 * 8 + 3) * 8 + 5)
    mouse(view.canvas).move(5, 899)
    assert view.state.hover is None
    settle(view)
    assert view.foot.text == ""


def test_clicking_a_name_shows_the_layer(view: MapsView, mouse) -> None:
    block = view.pane.sheet.by_number[2]
    mouse(view.canvas).click(20, view.pane.y(block.title) + 9)
    assert view.state.inbox.run_until(lambda: view.state.view is not None, 10)
    assert view.state.view.layer == 2
    assert view.state.pick is None


def test_clicking_a_value_goes_to_its_channel_and_picks_its_point(view: MapsView, mouse) -> None:
    state = view.state
    state.show_layer(1)
    state.pick = Place(1, 9 * 64)
    assert state.inbox.run_until(lambda: state.view is not None, 10)
    settle(view)
    x, y, width, height = view.pane.spot_rect(view.pane.sheet.by_number[1], Spot(4, 2, 6))
    mouse(view.canvas).click(x + width / 2, y + height / 2)
    assert state.pick == Place(1, (9 * 8 + 2) * 8 + 6)
    assert (state.view.camera.x, state.view.camera.y) == (4.5, 4.5)


def test_clicking_a_value_of_another_layer_goes_there(view: MapsView, mouse) -> None:
    state = view.state
    state.show_layer(1)
    assert state.inbox.run_until(lambda: state.view is not None, 10)
    settle(view)
    x, y, width, height = view.pane.spot_rect(view.pane.sheet.by_number[2], Spot(70, 0, 0))
    mouse(view.canvas).click(x + width / 2, y + height / 2)
    assert state.inbox.run_until(lambda: state.view.layer == 2 and state.view.camera.span == 1.0, 10)
    at = state.view.rows.index(70) + 0.5  # of the 120 channels, it is not among those that are seen at first
    assert (state.view.camera.x, state.view.camera.y) == (at, at)
    assert state.pick is None


def test_the_picked_point_is_marked_in_the_channels_shown(view: MapsView) -> None:
    state = view.state
    state.show_layer(1)
    state.pick = Place(1, 9 * 64 + 8 * 2 + 6)
    assert state.inbox.run_until(lambda: state.view is not None and view.settled(), 10)
    state.move(Camera(2.5, 2.5, 1.0))
    settle(view)
    pane, picture = view.pane, view.canvas.render()
    for channel in range(6):
        x, y, *_ = (round(v) for v in pane.spot_rect(pane.sheet.by_number[1], Spot(channel, 2, 6)))
        assert (picture[y - 1, x - 1, :3].tolist() == colour_of(DARK.accent)) == (channel == 2)


def test_the_input_can_be_clicked_without_harm(view: MapsView, mouse) -> None:
    x, y, *_ = view.pane.tile_rect(view.pane.sheet.by_number[INPUT], 0)
    mouse(view.canvas).click(x + 5, y + 5)
    mouse(view.canvas).click(20, 5)
    assert view.state.pick is None


def test_wheel_and_drag_scroll_and_control_wheel_zooms(state: ViewerState, new_canvas: Make, mouse) -> None:
    view = MapsView(state, new_canvas(340, 200))
    settle(view)
    hand = mouse(view.canvas)
    hand.wheel(100, 50, -1)
    settle(view)
    assert view.scroll == 60
    hand.drag([(100, 150), (100, 140), (100, 100)])
    settle(view)
    assert view.scroll == 110
    assert view.state.pick is None
    hand.wheel(100, 50, 100)
    settle(view)
    assert view.scroll == 0
    hand.wheel(100, 50, -1000)
    settle(view)
    assert view.scroll == pytest.approx(view.pane.sheet.height - view.pane.body.height)
    hand.wheel(100, 50, 1000)
    block = view.pane.sheet.by_number[0]
    before = view.pane.y(block.top)
    hand.wheel(100, before, 3, keys.CONTROL)
    settle(view)
    after = view.pane.sheet.by_number[0]
    assert after.tile > block.tile
    assert view.pane.y(after.top) == pytest.approx(before, abs=1)


def test_only_what_is_in_sight_is_read(state: ViewerState, new_canvas: Make, mouse) -> None:
    view = MapsView(state, new_canvas(340, 120))
    settle(view)
    assert set(view.averages.means) == {b.number for b in view.pane.blocks} < set(range(INPUT, 6))
    mouse(view.canvas).wheel(100, 50, -1000)
    settle(view)
    assert 5 in view.averages.means


def test_channels_in_the_matrix_are_outlined(view: MapsView) -> None:
    state = view.state
    state.show_layer(0)
    assert state.inbox.run_until(lambda: state.view is not None, 10)
    state.move(Camera(3.5, 3.5, 1.0))
    settle(view)
    assert shown_channels(state.view, 1.0) == [3]
    assert sorted(shown_channels(state.view, 3.0)) == [2, 3, 4]
    pane, picture = view.pane, view.canvas.render()
    for channel in range(6):
        x, y, _, height = (round(v) for v in pane.tile_rect(pane.sheet.by_number[0], channel, 1))
        if x > 0:
            assert (picture[y + height // 2, x, :3].tolist() == colour_of(DARK.accent)) == (channel == 3)


@pytest.mark.parametrize(("width", "height", "ratio"), [(340, 900, 2), (60, 60, 1), (170, 300, 3), (900, 90, 1)])
def test_every_size_has_a_picture(state: ViewerState, new_canvas: Make, width: int, height: int, ratio: int) -> None:
    view = MapsView(state, new_canvas(width, height, ratio))
    state.show_layer(0)
    assert state.inbox.run_until(lambda: state.view is not None and view.settled(), 10)
    picture = view.canvas.render()
    assert picture.shape == (height * ratio, width * ratio, 4)
    assert len(np.unique(picture[..., :3] @ np.array([1, 256, 65536]))) > 5
    view.canvas.resize(300, 500)
    view.set_theme(LIGHT)
    settle(view)
    assert view.canvas.render().mean() > 150


def test_values_that_are_no_number_have_a_colour_of_their_own() -> None:
    values = np.array([[[np.nan, np.inf, -np.inf, 0.0, 1.0]]], np.float32)
    codes = between(-1.0, 1.0, diverging(True)).codes(values).ravel().tolist()
    assert codes == [255, 255, 255, 127, 254]
    for table in (diverging(True), diverging(False), sequential(True), sequential(False)):
        assert tuple(table[255]) == NO_NUMBER
        assert not (table[:255] == NO_NUMBER).all(axis=1).any()


@pytest.mark.parametrize("dark", [True, False])
def test_the_scales_are_honest(dark: bool) -> None:
    """Both signs leave the ground evenly, and zero is the same in both tables."""
    both, half = diverging(dark).astype(int), sequential(dark).astype(int)
    assert (both[127] == half[0]).all()
    assert (both[254] == half[254]).all()
    light = both[:255] @ [0.2126, 0.7152, 0.0722]
    steps = np.diff(light) * (1 if dark else -1)
    assert (steps[:127] <= 0.8).all()
    assert (steps[127:] >= -0.8).all()
    assert abs(light[0] - light[254]) < 25


def test_names_and_figures() -> None:
    assert figure(-0.5) == "\N{MINUS SIGN}0.500"
    assert figure(255.0) == "255"
    assert elided("a" * 500, 100, 11.0).endswith("…")
    assert text_width(elided("a" * 500, 100, 11.0), 11.0) <= 100
    assert elided("conv1", 100, 11.0) == "conv1"
    assert elided("conv1", 3, 11.0) == ""


def test_contrast_by_layer_and_by_channel(view: MapsView) -> None:
    layer, mean = view.state.cache.layers[0], view.averages.means[0]
    low, high = scale_of(mean, True).limits(3)
    assert high == pytest.approx(np.quantile(abs(mean.values), 0.995), rel=1e-6)
    assert low == -high
    view.state.contrast = "channel"
    settle(view)
    values = np.sort(abs(layer.column(3).astype(float)))
    _, high = scale_of(mean, True, "channel").limits(3)
    assert values[int(0.99 * len(values))] < high <= values[-1]
    assert scale_of(view.averages.means[1], True).limits(0)[0] == 0
    by_channel = view.tiles.picture(view.pane, view.averages.means)
    view.state.contrast = "layer"
    assert (by_channel != view.tiles.picture(view.pane, view.averages.means)).any()


def spread_of(cache: Cache, number: int) -> np.ndarray:
    return maps_of(cache, number)[cache.valid].std(axis=(0, 2, 3))[:, None, None]


@pytest.mark.parametrize(("dtype", "labelled"), [("float16", True), ("float32", False)])
def test_the_difference_from_the_rest(
    make_cache: Callable[..., Path], new_canvas: Make, dtype: str, labelled: bool
) -> None:
    with open_cache(make_cache(3, dtype, labelled=labelled)) as cache:
        state = ViewerState().attach(cache)
        view = MapsView(state, new_canvas(340, 900))
        state.maps = "difference"
        settle(view)
        assert view.note == "average of all 299 images"  # without a selection there is no rest
        for count in (1, 40, 250):
            chosen = (np.random.default_rng(5).permutation(cache.images) < count) & cache.valid
            state.select_images(chosen)
            settle(view)
            rest = cache.valid & ~chosen
            others = f"{rest.sum()} others, in standard deviations"
            assert view.note == f"{chosen.sum()} selected \N{MINUS SIGN} {others}"
            assert_differs(view, chosen, rest)
        state.maps = "average"
        settle(view)
        assert_shows(view, chosen)


def test_the_difference_from_another_class(view: MapsView) -> None:
    state, cache = view.state, view.state.cache
    state.maps = "difference"
    state.select_class(0)
    state.compare_with_class(2)
    settle(view)
    zeros, twos = ((cache.label == k) & cache.valid for k in (0, 2))
    assert view.note == f"{zeros.sum()} selected \N{MINUS SIGN} two, in standard deviations"
    assert_differs(view, zeros, twos)


def assert_differs(view: MapsView, chosen: np.ndarray, rest: np.ndarray) -> None:
    """Every layer shows the difference of these two averages; red, green and blue of the input apart, too."""
    cache = view.state.cache
    for number in range(INPUT, len(cache.layers)):
        maps, mean = maps_of(cache, number), view.averages.means[number]
        apart = (maps[chosen].mean(axis=0) - maps[rest].mean(axis=0)) / spread_of(cache, number)
        np.testing.assert_allclose(mean.values, apart, rtol=1e-5, atol=2e-6)
        assert mean.complete
        assert view.pane.sheet.by_number[number].shape == maps.shape[1:]
        low, high = scale_of(mean, True).limits(0)
        assert low == -high
        one_each = scale_of(mean, True, "channel").limits(0)[1]
        assert one_each == pytest.approx(abs(apart[0]).max() if apart[0].size > 1 else high, rel=1e-4)


def test_the_picked_image_against_all_others(view: MapsView) -> None:
    state, cache = view.state, view.state.cache
    state.maps = "difference"
    state.pick = Place(0, 5 * 64)
    settle(view)
    name = f"image #{cache.index[5]} · {cache.classes[cache.label[5]]}"
    assert view.note == f"{name} \N{MINUS SIGN} 298 others, in standard deviations"
    maps = maps_of(cache, 0)
    others = cache.valid & (np.arange(cache.images) != 5)
    apart = (maps[5] - maps[others].mean(axis=0)) / spread_of(cache, 0)
    np.testing.assert_allclose(view.averages.means[0].values, apart, rtol=1e-5, atol=2e-6)


def test_everything_selected_has_no_rest(view: MapsView) -> None:
    view.state.maps = "difference"
    view.state.select_images(view.state.cache.valid)
    settle(view)
    assert view.note == "average of 299 selected images, and no others"
    assert_shows(view, view.state.cache.valid)


def test_differences_refine_and_the_mouse_reads_them(
    view: MapsView, monkeypatch: pytest.MonkeyPatch, mouse: type
) -> None:
    monkeypatch.setattr(averages, "BLOCK", 2000)
    monkeypatch.setattr(averages, "PAUSE", 0.001)
    notes: list[str] = []
    view.noted = notes.append
    view.state.maps = "difference"
    view.state.select_images(np.arange(view.state.cache.images) < 120)
    settle(view)
    assert any(note.endswith(" of 299") for note in notes)
    x, y, width, height = view.pane.spot_rect(view.pane.sheet.by_number[1], Spot(2, 3, 4))
    mouse(view.canvas).move(x + width / 2, y + height / 2)
    settle(view)
    value = view.averages.means[1].values[2, 3, 4]
    assert view.foot.text == f"relu · channel 2 · (3, 4) = {figure(float(value))} σ"


@pytest.mark.parametrize("channels", [1, 3])
def test_selected_patches_show_the_average_of_their_crops(
    make_cache: Callable[..., Path], new_canvas: Make, mouse: type, channels: int
) -> None:
    with open_cache(make_cache(channels)) as cache:
        view = MapsView(ViewerState().attach(cache), new_canvas(340, 900))
        points = np.random.default_rng(3).random(cache.layers[0].points) < 0.01
        view.state.select(chosen(0, points))
        settle(view)
        field, crops = cache.layers[0].field, []
        around = np.pad(
            cache.pixels(slice(None)).astype(float), ((0, 0), (20, 20), (20, 20), (0, 0)), constant_values=np.nan
        )
        for point in np.flatnonzero(points):
            image, place = divmod(point, 64)
            if cache.valid[image]:
                top, left = (
                    20 + f + s * p for f, s, p in zip(field.first, field.stride, divmod(place, 8), strict=True)
                )
                crops.append(around[image, top : top + field.size[0], left : left + field.size[1]])
        mean = view.averages.means[CROPS]
        np.testing.assert_allclose(mean.values, np.nanmean(crops, axis=0).transpose(2, 0, 1), rtol=1e-6)
        block = view.pane.sheet.by_number[CROPS]
        x, y, *_ = view.pane.spot_rect(block, Spot(0, 1, 2))
        drawn = view.canvas.render()[round(y), round(x), :3]
        assert np.abs(drawn - mean.values[:, 1, 2]).max() <= 1
        mouse(view.canvas).move(x + 1, y + 1)
        settle(view)
        assert view.foot.text.startswith("crops · ")
        mouse(view.canvas).click(x + 1, y + 1)
        assert view.state.pick is None
        view.state.select_class(1)
        settle(view)
        assert CROPS not in view.pane.sheet.by_number


def test_values_that_are_no_number_are_magenta_and_counted(state: ViewerState, new_canvas: Make) -> None:
    cache = state.cache
    view = MapsView(state, new_canvas(340, 900))
    settle(view)
    mean = view.averages.means[0]
    values = mean.values.copy()
    values[2, 1, 1], values[3, 4, 4], values[3, 4, 5] = np.nan, np.inf, -np.inf
    broken = replace(mean, values=values)
    view.averages.means[0] = broken
    view.refresh()
    settle(view)
    assert broken.nonfinite == 3
    label = next(la for la in titles(view.pane, cache, view.means(view.pane), None, None, DARK) if "number" in la.text)
    assert label.text == "3 not a number"
    picture = view.canvas.render()
    for spot in (Spot(2, 1, 1), Spot(3, 4, 4), Spot(3, 4, 5)):
        x, y, *_ = view.pane.spot_rect(view.pane.sheet.by_number[0], spot)
        assert tuple(picture[round(y), round(x), :3]) == NO_NUMBER
    assert [figure(v) for v in (np.nan, np.inf, -np.inf)] == ["not a number", "∞", "\N{MINUS SIGN}∞"]


def test_a_silent_channel_and_a_silent_layer_have_a_scale() -> None:
    for values in (np.zeros((2, 1, 1)), np.array([[[np.nan]], [[np.nan]]])):
        assert np.isfinite(between(0, 1, sequential(True)).codes(values.astype(np.float32))).all()


def change(state: ViewerState, numbers: np.random.Generator) -> None:
    """Something that other views may do."""
    match numbers.integers(4):
        case 0:
            state.select_class(int(numbers.integers(4)), ("replace", "add", "subtract")[numbers.integers(3)])
        case 1:
            state.pick = None if numbers.random() < 0.3 else Place(0, int(numbers.integers(300 * 64)))
        case 2:
            layer = state.cache.layers[numbers.integers(len(state.cache.layers))]
            points = numbers.random(layer.points) < numbers.choice([0.0, 0.01, 1.0])
            state.select(chosen(layer.number, points))
        case 3:
            state.maps = ("average", "difference")[numbers.integers(2)]
            state.contrast = ("layer", "channel")[numbers.integers(2)]


def test_a_thousand_random_events_leave_both_panels_alive(state: ViewerState, new_canvas: Make, mouse) -> None:
    numbers = np.random.default_rng(7)
    panels = MapsView(state, new_canvas(340, 300)), OverviewView(state, new_canvas(200, 200))
    state.show_layer(0)
    for _ in range(1000):
        view = panels[numbers.integers(2)]
        hand, places = mouse(view.canvas), [tuple(p) for p in numbers.uniform(-20, 360, (4, 2))]
        match numbers.integers(7):
            case 0 | 1:
                hand.move(*places[0])
            case 2:
                hand.click(*places[0], button=int(numbers.integers(1, 4)))
            case 3:
                hand.drag(places, button=int(numbers.integers(1, 4)))
            case 4:
                hand.wheel(*places[0], numbers.normal(0, 3), *([keys.CONTROL] if numbers.random() < 0.5 else []))
            case 5:
                view.canvas.resize(*(int(n) for n in numbers.integers(1, 500, 2)))
            case 6:
                change(state, numbers)
        state.inbox.run()
    for view in panels:
        settle(view)
        view.canvas.resize(300, 300)
        settle(view)
        assert np.ptp(view.canvas.render()[..., :3]) > 50
