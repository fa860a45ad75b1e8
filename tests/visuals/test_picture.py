import numpy as np
import pytest

from seeinin.visuals.picture import Picture


@pytest.fixture
def array():
    return np.random.default_rng(5).integers(0, 256, (21, 34, 3), dtype=np.uint8)


def show(canvas, array, rect, **keywords):
    picture = Picture(parent=canvas.scene, **keywords)
    picture.set_array(array)
    picture.place(*rect)
    return picture


def test_one_pixel_for_one(canvas, array):
    show(canvas, array, (7, 9, 34, 21))
    expected = np.zeros((48, 64, 3), np.uint8)
    expected[9:30, 7:41] = array
    assert (canvas.render()[..., :3] == expected).all()


def test_one_pixel_for_one_at_high_dpi(new_canvas, array):
    canvas = new_canvas(pixel_ratio=2)
    show(canvas, array, (7, 9, 17, 10.5))
    assert (canvas.render()[18:39, 14:48, :3] == array).all()


def test_transparency_mixes_with_what_is_below(canvas, array):
    show(canvas, array, (0, 0, 34, 21))
    veil = np.zeros((21, 34, 4), np.uint8)
    veil[..., 3] = np.arange(34)
    show(canvas, veil, (0, 0, 34, 21)).order = 1
    expected = array * (1 - np.arange(34)[:, None] / 255)
    assert np.abs(canvas.render()[:21, :34, :3] - expected).max() <= 1


def test_moving_and_scaling_uploads_nothing(canvas, array):
    picture = show(canvas, array, (0, 0, 34, 21))
    canvas.render()
    texture = picture._tiles[0].texture
    texture.set_data = lambda *_: pytest.fail("uploaded again")
    picture.place(-5, 4, 68, 42)
    doubled = np.kron(array, np.ones((2, 2, 1), np.uint8))
    assert (canvas.render()[4:46, :63, :3] == doubled[:, 5:]).all()


def test_an_array_of_the_same_size_reuses_the_texture(canvas, array):
    picture = show(canvas, array, (0, 0, 34, 21))
    canvas.render()
    texture = picture._tiles[0].texture
    picture.set_array(255 - array)
    assert (canvas.render()[:21, :34, :3] == 255 - array).all()
    assert picture._tiles[0].texture is texture
    picture.set_array(array[:10, :20])
    picture.place(0, 0, 20, 10)
    assert (canvas.render()[:10, :20, :3] == array[:10, :20]).all()


@pytest.mark.parametrize("max_side", [10, 16, 23])
@pytest.mark.parametrize("linear", [False, True])
@pytest.mark.parametrize("rect", [(0, 0, 34, 21), (3, 2, 60, 45), (5.5, 3.25, 11, 9)])
def test_tiles_look_like_one_texture(new_canvas, array, max_side, linear, rect):
    whole, tiled = new_canvas(), new_canvas()
    show(whole, array, rect, linear=linear)
    picture = show(tiled, array, rect, linear=linear, max_side=max_side)
    difference = whole.render().astype(int) - tiled.render()
    assert len(picture._tiles) > 1
    assert all(max(tile.texture.shape[:2]) <= max_side for tile in picture._tiles)
    assert np.abs(difference).max() <= (1 if linear else 0)


def test_the_driver_says_how_large_a_texture_may_be(canvas, monkeypatch, array):
    canvas.render()
    monkeypatch.setitem(canvas.context.shared.parser.capabilities, "max_texture_size", 12)
    picture = show(canvas, array, (0, 0, 34, 21))
    assert (canvas.render()[:21, :34, :3] == array).all()
    assert len(picture._tiles) == 4 * 3


def test_nothing_outside_the_clip_rectangle(canvas, array):
    picture = show(canvas, array, (0, 0, 34, 21))
    picture.clip = (4, 6, 10, 8)
    drawn = canvas.render()[..., :3]
    assert (drawn[6:14, 4:14] == array[6:14, 4:14]).all()
    drawn[6:14, 4:14] = 0
    assert not drawn.any()
    picture.visible = False
    assert not canvas.render()[..., :3].any()  # the whole canvas was cleared


@pytest.mark.parametrize(
    "bad", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 2), np.uint8), np.zeros((4, 4, 3), np.float32)]
)
def test_other_arrays_are_refused(canvas, bad):
    with pytest.raises(ValueError, match="a picture is uint8"):
        Picture(parent=canvas.scene).set_array(bad)
