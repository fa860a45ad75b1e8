import subprocess
import sys
import time

import pytest

from seeinin.app.opening import class_number
from seeinin.errors import CacheError

RUN = [sys.executable, "-W", "error", "-m", "seeinin", "view"]

DRIVE = """
import sys, numpy as np
from PyQt6.QtCore import QPoint
from seeinin.app.viewer import Viewer

with Viewer(sys.argv[1], (1000, 700)) as viewer:
    first = viewer.picture()
    assert first.shape == (700, 1000, 4), first.shape
    viewer.show_layer("fc")
    viewer.select("dog")
    label = np.asarray(viewer.cache.label)
    assert np.array_equal(viewer.state.selection.strength > 0, label == 1)
    selected = viewer.picture()
    viewer.keep("dogs")
    viewer.compare("frog")
    assert viewer.state.against.name == "frog"
    viewer.compare("dogs")
    assert viewer.state.against == viewer.state.kept[0]
    viewer.compare(None)
    answers = viewer.ask("parting")
    assert [line.text for line in answers.lines] == ["input", "conv", "fc", "out"], answers
    assert (viewer.picture() != selected).any()
    viewer.state.answers = None
    viewer.frame(2, 4)
    camera = viewer.state.view.camera
    assert (camera.x, camera.y, camera.span) == (2.5, 4.5, 1.0), camera
    framed = viewer.picture(sys.argv[2])
    viewer.hover("conv", 7, 5, 2)
    viewer.pick(8)
    viewer.link("image")
    hovered = viewer.picture()
    matrix = viewer.picture(panel="matrix")
    at = viewer.window.places[0].mapTo(viewer.window, QPoint())
    height, width = matrix.shape[:2]
    assert np.array_equal(hovered[at.y() : at.y() + height, at.x() : at.x() + width], matrix)
    x, y = (np.asarray(viewer.cache.layer("fc").column(c)) for c in (2, 4))
    viewer.lasso(2, 4, [(0, 0), (5, 0), (5, 4), (0, 4)])
    inside = (x > 0) & (x < 5) & (y > 0) & (y < 4)
    assert np.array_equal(viewer.state.selection.strength > 0, inside)
    viewer.select_nearest(2, 4, (1.0, 2.0), 9)
    assert viewer.state.selection.count == 9
    low, high = viewer.state.view.ranges[2]
    viewer.select_band(2, 3)
    band = np.floor((np.asarray(x, float) - low) / (high - low) * 8) == 3
    assert np.array_equal(viewer.state.selection.strength > 0, band)
    viewer.order("separates")
    assert viewer.state.view.rows[0] == 2
    viewer.next_cell()
    assert viewer.state.view.camera.span == 1.0
    viewer.channels("5, 0-1")
    assert viewer.state.view.rows == (5, 0, 1)
    pictures = [first, selected, framed, hovered]
    assert all((a != b).any() for a, b in zip(pictures, pictures[1:]))
    with Viewer(sys.argv[1], (1000, 700), theme="light", scale=2) as light:
        picture = light.picture()
        assert picture.shape == (1400, 2000, 4), picture.shape
        assert picture[..., :3].mean() > 200 > 100 > first[..., :3].mean()
print("done")
"""


def test_everything_that_the_mouse_can_do_without_a_display(cache_path, tmp_path, without_display):
    command = [sys.executable, "-c", DRIVE, cache_path, tmp_path / "framed.png"]
    result = subprocess.run(command, env=without_display, capture_output=True, text=True, timeout=100, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, "done\n", "")
    assert (tmp_path / "framed.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("size", ["1600x1000", "1000x700"])
def test_a_screenshot_needs_no_display(cache_path, tmp_path, without_display, size):
    from PyQt6.QtGui import QImage

    path = tmp_path / "window.png"
    command = [*RUN, cache_path, "--layer", "conv", "--select", "frog", "--size", size, "--screenshot", path]
    result = subprocess.run(command, env=without_display, capture_output=True, text=True, timeout=100, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    image = QImage(str(path))
    assert f"{image.width()}x{image.height()}" == size
    assert [p.name for p in tmp_path.iterdir()] == ["window.png"]


def fails(*arguments, env):
    result = subprocess.run([*RUN, *arguments], env=env, capture_output=True, text=True, timeout=100, check=False)
    assert result.returncode == 2, result
    (line,) = result.stderr.splitlines()
    return line


def test_without_a_display_it_says_so(cache_path, without_display):
    line = fails(cache_path, env=without_display)
    assert "no display" in line
    assert "--screenshot" in line


def test_a_display_that_does_not_answer(cache_path, without_display):
    assert "':63'" in fails(cache_path, env=without_display | {"DISPLAY": ":63"})


def test_a_display_without_opengl(cache_path, as_user):
    line = fails(cache_path, env=as_user | {"QT_XCB_GL_INTEGRATION": "none"})
    assert "no OpenGL" in line


def test_a_platform_without_windows(cache_path, as_user):
    assert "QT_QPA_PLATFORM" in fails(cache_path, env=as_user | {"QT_QPA_PLATFORM": "offscreen"})


def test_an_unknown_layer_or_class(cache_path, tmp_path, without_display):
    screenshot = ("--screenshot", tmp_path / "no.png")
    assert "'conv'" in fails(cache_path, "--layer", "conf", *screenshot, env=without_display)
    assert "nearest are dog" in fails(cache_path, "--select", "dogs", *screenshot, env=without_display)
    assert not (tmp_path / "no.png").exists()


def test_classes_have_numbers(cache):
    assert class_number(cache, "frog") == 2
    with pytest.raises(CacheError, match="nearest are frog"):
        class_number(cache, "forg")


INTERRUPTED = """
import os, signal, sys
from PyQt6.QtCore import QTimer
from seeinin.app.loop import application
from seeinin.app.main import view

app = application()
QTimer.singleShot(int(sys.argv[2]), lambda: os.kill(os.getpid(), signal.SIGINT))  # begins with the loop
sys.exit(view(sys.argv[1]))
"""


@pytest.mark.parametrize("milliseconds", [0, 500])
def test_ctrl_c_closes_the_window(cache_path, as_user, milliseconds):
    command = [sys.executable, "-W", "error", "-c", INTERRUPTED, cache_path, str(milliseconds)]
    result = subprocess.run(command, env=as_user, capture_output=True, text=True, timeout=100, check=False)
    assert (result.returncode, result.stderr) == (0, "")


BUSY = """
import sys, time
from pathlib import Path
from PyQt6.QtCore import QTimer
from seeinin.app import loop, main
from seeinin.pool import POOL

def run(window, run=loop.run):
    for _ in range(2 * POOL.size):
        POOL.now(time.sleep, 30)
    QTimer.singleShot(0, window.close)
    QTimer.singleShot(0, lambda: print(time.monotonic(), flush=True))
    run(window)

loop.run = run
sys.exit(main.view(Path(sys.argv[1])))
"""


def test_closing_waits_for_no_worker(cache_path, as_user):
    command = [sys.executable, "-W", "error", "-c", BUSY, cache_path]
    result = subprocess.run(command, env=as_user, capture_output=True, text=True, timeout=100, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert time.monotonic() - float(result.stdout) < 1.5  # half a second, and the end of Python on a busy machine


KEEP = """
import csv, sys, numpy as np
from pathlib import Path
from seeinin.app.viewer import Viewer

folder = Path(sys.argv[2])
with Viewer(sys.argv[1], (1000, 700)) as viewer:
    viewer.show_layer("conv")
    viewer.select("dog")
    viewer.keep("dogs")
    viewer.select("cat")
    viewer.colour("channel", 2)
    viewer.axes("log", 1)
    viewer.upper("correlation")
    before = viewer.picture()
    viewer.save_session(folder / "it.json")
    layer = viewer.cache.layer("conv")
    count = viewer.export(folder / "it.csv")
    assert count == layer.positions * (viewer.cache.label == 0).sum()
    with (folder / "it.csv").open(newline="") as file:
        lines = list(csv.reader(file))
    assert len(lines) == count + 1
    value = {int(row["row"]): row for row in (dict(zip(lines[0], line)) for line in lines[1:])}
    row = int(np.flatnonzero(viewer.cache.label == 0)[3])
    last = float(layer.column(3)[(row + 1) * layer.positions - 1])
    assert abs(float(value[row]["channel 3"]) - last) < 1e-6
    viewer.recall("dogs", "add")
    assert (viewer.state.selection.strength > 0).sum() == (viewer.cache.label <= 1).sum()
    try:
        viewer.recall("frogs")
    except ValueError as error:
        assert "dogs" in str(error)
with Viewer(sys.argv[1], (1000, 700)) as viewer:
    viewer.show_layer("out")
    viewer.open_session(folder / "it.json")
    assert (viewer.picture() == before).all()
print("done")
"""


def test_what_is_kept_and_shared_from_python(cache_path, tmp_path, without_display):
    command = [sys.executable, "-c", KEEP, cache_path, tmp_path]
    result = subprocess.run(command, env=without_display, capture_output=True, text=True, timeout=100, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, "done\n", "")
