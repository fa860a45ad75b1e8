import numpy as np
import pytest

from seeinin.views.sheet import BESIDE, Pane, Rect, Sheet, Spot, filling, lay_out
from seeinin.views.subjects import CROPS, INPUT
from seeinin.views.tiles import packed, shrunk, tiled

SHAPES = [(1, 28, 28), (20, 24, 24), (50, 4, 4), (500, 1, 1), (2, 1, 1), (64, 112, 112), (2048, 7, 7), (3, 1, 200)]


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("zoom", [0.5, 1.0, 8.0])
@pytest.mark.parametrize("width", [60, 331, 640])
def test_maps_fill_the_width_without_touching(ratio: float, zoom: float, width: int) -> None:
    sheet = lay_out(enumerate(SHAPES), width, ratio, zoom)
    bottom = 0
    for block, shape in zip(sheet.blocks, SHAPES, strict=True):
        assert bottom <= block.title < block.top
        bottom = block.bottom
        assert 1 <= block.size[0] <= width
        assert min(block.enlarge, block.shrink) == 1
        assert block.pitch[0] > block.tile[0]
        assert block.pitch[1] > block.tile[1]
        if block.rows > 1 and block.enlarge == block.shrink == 1:
            evened = block.columns == -(-shape[0] // block.rows)
            assert evened or width - block.size[0] < block.pitch[0]
        assert block.rows * block.columns >= shape[0] > (block.rows - 1) * block.columns
    assert sheet.height >= bottom


def test_five_hundred_units_stand_about_fifty_to_a_row() -> None:
    block = lay_out([(0, (500, 1, 1))], 331).blocks[0]
    assert 40 <= block.columns <= 60


@pytest.mark.parametrize(("count", "side"), [(4, 6), (16, 8), (16, 24), (50, 2), (50, 4), (33, 12), (12, 14), (64, 8)])
@pytest.mark.parametrize("width", [180, 192, 214, 250, 331, 400])
def test_no_last_row_looks_lost(count: int, side: int, width: int) -> None:
    block = lay_out([(0, (count, side, side))], width).blocks[0]
    last = count - (block.rows - 1) * block.columns
    assert last > block.columns / 3 or block.columns - last < block.rows


@pytest.mark.parametrize(("shape", "least"), [((40, 1, 50), 5), ((40, 50, 1), 5), ((8, 1, 100), 2), ((8, 2, 40), 4)])
def test_thin_maps_can_be_seen(shape: tuple[int, int, int], least: int) -> None:
    assert min(lay_out([(0, shape)], 331).blocks[0].tile) >= least


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("width", [97, 331])
def test_every_pixel_is_the_value_that_the_mouse_finds_there(shape: tuple[int, int, int], width: int) -> None:
    block = lay_out([(0, shape)], width).blocks[0]
    values = np.random.default_rng(0).random(shape, np.float32)
    pixels = np.ascontiguousarray(shrunk(values, block.shrink)).view(np.uint32)
    drawn = tiled(pixels, block, 0, block.size[1], 7)
    assert drawn.shape == block.size[::-1]
    found = set()
    for y, x in np.random.default_rng(1).integers((0, 0), drawn.shape, (500, 2)):
        spot = block.spot(x, y)
        if spot is None:
            assert drawn[y, x] == 7
        else:
            assert drawn[y, x] == pixels[spot.channel, spot.y // block.shrink, spot.x // block.shrink]
            found.add(spot.channel)
    assert found
    assert np.array_equal(tiled(pixels, block, 0, 1, 7), drawn[:1])


def test_shrinking_averages_squares() -> None:
    values = np.arange(2 * 5 * 7, dtype=np.float32).reshape(2, 5, 7)
    small = shrunk(values, 3)
    assert small.shape == (2, 2, 3)
    assert np.allclose(small[:, 0, 0], values[:, :3, :3].mean(axis=(1, 2)))
    assert np.allclose(small[:, 1, 2], values[:, 3:, 6:].mean(axis=(1, 2)))


@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_the_pane_finds_what_it_places(ratio: float) -> None:
    sheet = lay_out(enumerate(SHAPES), round(331 * ratio), ratio)
    pane = Pane(sheet, Rect(5, 3, 331, 400), ratio, round(120 * ratio))
    for block in pane.blocks:
        channel = block.shape[0] // 2
        x, y, width, height = pane.tile_rect(block, channel)
        middle = x + width / 2, y + height / 2
        if not pane.body.contains(*middle):
            continue
        assert pane.block_at(*middle) is block
        spot = pane.spot_at(block, *middle)
        assert spot is not None
        assert spot.channel == channel
        left, top, wide, high = pane.spot_rect(block, spot)
        assert left - 1e-9 <= middle[0] < left + wide + 1e-9
        assert top - 1e-9 <= middle[1] < top + high + 1e-9


def test_nothing_is_found_beside_the_sheet() -> None:
    block = lay_out([(0, (3, 8, 8))], 331).blocks[0]
    assert block.spot(-1, 0) is None
    assert block.spot(0, -1) is None
    assert block.spot(block.corner(2)[0] + block.pitch[0], 0) is None
    assert block.spot(0, 0) == Spot(0, 0, 0)


def test_pixels_are_opaque() -> None:
    assert packed(np.array([[1, 2, 3]], np.uint8)).view(np.uint8).tolist() == [1, 2, 3, 255]


def test_room_that_is_left_goes_to_the_input() -> None:
    shapes = ((INPUT, (1, 28, 28)), (0, (20, 24, 24)), (1, (50, 4, 4)), (2, (500, 1, 1)))
    grew = []
    for height in range(200, 900, 20):
        sheet = filling(shapes, (322, height), 1.0, 1.0)
        assert sheet.height <= height or sheet == lay_out(shapes, 322)
        same = [s for s in (lay_out(shapes, 322, 1.0, k / 20) for k in range(15, 41)) if tiles(s) == tiles(sheet)]
        plain = [s.blocks[0].tile[1] for s in same]
        assert min(plain) <= sheet.blocks[0].tile[1] <= max(*plain, 116)
        grew.append(sheet.blocks[0].tile[1] > max(plain))
    assert any(grew)


def tiles(sheet: Sheet) -> list[tuple[int, int]]:
    """The sizes of all maps but the input's."""
    return [block.tile for block in sheet.blocks[1:]]


@pytest.mark.parametrize("crop", [(1, 5, 5), (3, 16, 9), (1, 28, 28)])
def test_crops_stand_beside_the_input(crop: tuple[int, int, int]) -> None:
    shapes = (INPUT, (1, 28, 28)), (CROPS, crop), (0, (20, 24, 24))
    sheet, without = lay_out(shapes, 331), lay_out((shapes[0], shapes[2]), 331)
    block, first = sheet.by_number[CROPS], sheet.by_number[INPUT]
    assert (block.top, block.left) == (first.top, first.size[0] + BESIDE)
    assert block.bottom <= first.bottom
    assert block.left + block.size[0] <= 331
    assert sheet.by_number[0] == without.by_number[0]
    pane = Pane(sheet, Rect(12, 0, 331, 400), 1.0, 0)
    for spot in (Spot(0, 0, 0), Spot(crop[0] - 1, crop[1] - 1, crop[2] - 1)):
        x, y, width, height = pane.spot_rect(block, spot)
        assert pane.block_at(x + width / 2, y + height / 2) == block
        assert pane.spot_at(block, x + width / 2, y + height / 2) == spot
    x, y, *_ = pane.spot_rect(first, Spot(0, 27, 27))
    assert pane.block_at(x, y) == first
    assert CROPS not in lay_out(shapes, 60).by_number
