"""The matrix goes first, and what it does not need has not even been imported by then."""

import subprocess
import sys

import pytest

from seeinin.app.window import Window
from seeinin.pool import POOL

HEAVY = "numba", "scipy", "h5py", "torch", "pydantic", "yaml", "OpenGL", "matplotlib"
PROGRAM = f"""
import sys
from pathlib import Path
from PyQt6.QtWidgets import QApplication
from seeinin.app.first import MatrixFirst
from seeinin.app.main import view
end = MatrixFirst.end
def ended(first):
    if first.waits:
        print(first.matrix.has_begun(), *[name for name in {HEAVY} if name in sys.modules])
    end(first)
    QApplication.quit()
MatrixFirst.end = ended
sys.exit(view(Path(sys.argv[1])))
"""


def test_the_first_picture_needs_nothing_heavy(cache_path, as_user):
    command = [sys.executable, "-W", "error", "-c", PROGRAM, cache_path]
    result = subprocess.run(command, env=as_user, capture_output=True, text=True, timeout=120)
    assert (result.returncode, result.stdout.strip()) == (0, "True"), result.stderr


@pytest.fixture
def opening(state, qtbot):
    """A window that has been told to appear, and no event since."""
    window = Window(state, (1000, 700))
    qtbot.addWidget(window)
    state.show_layer(1)
    window.appear()
    return window


def test_the_other_canvases_follow_at_their_places(opening, qtbot):
    assert POOL.holding
    assert [place.isVisible() for place in opening.places] == [True, False, False]
    before = [place.size().width() for place in opening.places]
    state = opening.state
    qtbot.waitUntil(lambda: state.inbox.run_until(opening.matrix.has_begun, 5) and not opening.first.waits)
    assert not POOL.holding
    assert all(place.isVisible() for place in opening.places)
    assert [place.size().width() for place in opening.places] == before


def test_a_window_closed_before_its_first_picture_holds_nothing_back(opening):
    opening.close()
    assert not POOL.holding
    assert POOL.later(lambda: 7).result(5) == 7
