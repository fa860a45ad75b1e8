"""What the hand does where a screen has more pixels than points: the same gestures, each against numpy as before."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.parametrize(("scale", "files"), [("2", ("gestures", "details")), ("1.5", ("gestures",))])
def test_gestures_land_where_the_cursor_is(as_user, scale, files):
    """Qt reads its scale when it starts, so in a process of its own."""
    names = [HERE / f"test_{name}.py" for name in files]
    command = [sys.executable, "-m", "pytest", "-q", "--no-xvfb", *names]
    environment = {**as_user, "QT_SCALE_FACTOR": scale}
    done = subprocess.run(command, cwd=HERE.parents[1], env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_window_knows_of_it(as_user, cache_path):
    """Else the tests above would say nothing."""
    code = (
        "import sys; from seeinin.app.viewer import Viewer; viewer = Viewer(sys.argv[1], (900, 640), headless=False)\n"
        "canvas = viewer.window.matrix.canvas; print(canvas.pixel_scale, canvas.physical_size[0] / canvas.size[0])\n"
        "viewer.close()"
    )
    environment = {**as_user, "QT_SCALE_FACTOR": "2"}
    done = subprocess.run([sys.executable, "-c", code, cache_path], env=environment, capture_output=True, text=True)
    assert done.stdout.split() == ["2.0", "2.0"], done.stderr
