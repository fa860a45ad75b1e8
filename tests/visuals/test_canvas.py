import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from vispy.app.canvas import MouseEvent
from vispy.gloo import gl

from seeinin.errors import DisplayError
from seeinin.visuals import canvas as canvas_module
from seeinin.visuals.canvas import Canvas, probe_opengl
from seeinin.visuals.picture import Picture
from seeinin.visuals.pixels import Frame


def test_an_empty_canvas_is_its_background(new_canvas):
    picture = new_canvas(30, 20, background=(0.2, 0.4, 0.6, 1)).render()
    assert picture.shape == (20, 30, 4)
    assert picture.dtype == np.uint8
    assert (picture == [51, 102, 153, 255]).all()


def test_high_dpi_renders_physical_pixels(new_canvas):
    canvas = new_canvas(30, 20, pixel_ratio=2)
    assert canvas.size == (30, 20)
    assert canvas.render().shape == (40, 60, 4)


def test_the_frame_maps_pixels_to_clip_coordinates(new_canvas):
    canvas = new_canvas(30, 20, pixel_ratio=2)
    frame = Frame.of(Picture(parent=canvas.scene))
    assert frame.ratio == pytest.approx(2)
    assert frame.size == pytest.approx((60, 40))
    assert np.array([[0, 0], [30, 20]]) * frame.clip[:2] + frame.clip[2:] == pytest.approx(np.array([[-1, 1], [1, -1]]))
    assert frame.scissor((1, 2, 3, 4)) == (2, 28, 6, 8)


def test_resizing_keeps_pixels_where_they_are(canvas):
    picture = Picture(parent=canvas.scene)
    picture.set_array(np.full((2, 3, 3), 255, np.uint8))
    picture.place(5, 6, 3, 2)
    canvas.render()
    canvas.resize(40, 70)
    rows, columns = np.nonzero(canvas.render()[..., 0])
    assert canvas.render().shape == (70, 40, 4)
    assert (set(rows), set(columns)) == ({6, 7}, {5, 6, 7})


def test_the_mouse_draws_nothing(canvas, monkeypatch):
    monkeypatch.setattr(Canvas, "draw_visual", lambda *_: pytest.fail("VisPy drew the scene to pick from it"))
    for name in ("mouse_press", "mouse_wheel", "mouse_release"):
        canvas.events[name](MouseEvent(name, pos=(3, 4), button=1))


def test_blending_leaves_the_canvas_opaque(canvas):
    picture = Picture(parent=canvas.scene)
    picture.set_array(np.array([[[200, 100, 0, 51]]], np.uint8))
    picture.place(0, 0, 64, 48)
    assert canvas.render()[20, 20] == pytest.approx([40, 20, 0, 255], abs=1)
    assert gl.glGetError() == 0


def test_no_egl_is_one_sentence_with_the_cure(monkeypatch):
    def fail(_):
        raise RuntimeError('Could not import backend "EGL":\nCould not initialize')

    monkeypatch.setenv("EGL_PLATFORM", "surfaceless")
    monkeypatch.setattr(canvas_module.vispy.app, "Application", fail)
    with pytest.raises(DisplayError, match=r"Could not initialize.*apt install libgl1") as caught:
        Canvas("egl")
    assert "\n" not in str(caught.value)


def test_the_probe_names_opengl():
    assert "·" in probe_opengl()


def test_the_probe_turns_a_failing_child_into_a_sentence(monkeypatch):
    monkeypatch.setenv("EGL_PLATFORM", "nonsense")
    monkeypatch.setenv("VISPY_GL_LIB", "/nowhere/libGL.so")
    with pytest.raises(DisplayError, match=r"OpenGL does not start .*nowhere.*: install OpenGL"):
        probe_opengl()


def test_no_opengl_library_is_a_sentence():
    child = subprocess.run(
        [sys.executable, "-c", "import seeinin.visuals.labels"],
        env=os.environ | {"VISPY_GL_LIB": "/nowhere/libGL.so"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "DisplayError: OpenGL cannot be loaded (/nowhere/libGL.so" in child.stderr


def test_visuals_import_nothing_that_takes_long():
    names = [path.stem for path in Path(canvas_module.__file__).parent.glob("[a-z]*.py")]
    imports = "; ".join(f"import seeinin.visuals.{name}" for name in names)
    heavy = "OpenGL", "PyQt6", "h5py", "freetype", "numba", "scipy", "matplotlib", "torch"
    code = f"import sys; {imports}; print([name for name in {heavy} if name in sys.modules])"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert child.stdout.strip() == "[]"
