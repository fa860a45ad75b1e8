"""What the window must outlive: OpenGL that fails, a disk that does not answer, a file that goes away."""

import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

from PyQt6.QtCore import QPoint, Qt, QTimer
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from seeinin.app import status as statuses
from seeinin.app.loop import Waker
from seeinin.app.viewer import Viewer
from seeinin.store.files import Files
from seeinin.store.reader import open_cache
from seeinin.views import matrix as matrices

ROOT = Path(__file__).parents[2]


class Stuck(Files):
    """A disk that answers no more, until it does."""

    def __init__(self):
        self.answers = threading.Event()
        self.answers.set()

    def preadv(self, descriptor, buffer, offset):
        self.answers.wait(30)
        return super().preadv(descriptor, buffer, offset)


class Slow(Files):
    """A disk that takes its time for everything, once it does."""

    def __init__(self):
        self.takes, self.reads = 0.0, 0

    def preadv(self, descriptor, buffer, offset):
        time.sleep(self.takes)
        self.reads += 1
        return super().preadv(descriptor, buffer, offset)


class Heart(QTimer):
    """Beats with the loop of events; `longest` is the time between two beats in which the loop's thread did nothing."""

    def __init__(self):
        super().__init__()
        self.longest, self.last = 0.0, None
        self.timeout.connect(self.beat)
        self.start(5)

    def beat(self):
        now = time.monotonic(), time.thread_time()
        if self.last is not None:
            self.longest = max(self.longest, now[0] - self.last[0] - (now[1] - self.last[1]))
        self.last = now


def longest_gap(cache_path, qtbot):
    """What a loop of events waits for at most, in a window whose disk takes 0.2 s for every read."""
    files = Slow()
    with open_cache(cache_path, files=files) as cache, Viewer(cache, (900, 640), headless=False) as viewer:
        waker, window, state = Waker(viewer.state.inbox), viewer.window, viewer.state
        qtbot.waitUntil(window.settled, timeout=60_000)
        state.sources.columns.budget = 1  # nothing is kept
        files.takes, files.reads, heart = 0.2, 0, Heart()
        for layer in (1, 0):
            state.show_layer(layer)
            for x in range(100, 500, 20):
                QTest.mouseMove(window.places[0], QPoint(x, 200))
                qtbot.wait(10)
            QTest.mouseClick(window.places[0], Qt.MouseButton.LeftButton, pos=QPoint(200, 200))
            state.select_class(layer)
            qtbot.wait(200)
        qtbot.waitUntil(lambda: state.view.layer == 0 and window.settled(), timeout=60_000)
        heart.stop()
        waker.stop()
        assert files.reads > 5
    return heart.longest


def test_no_gap_of_the_loop_of_events_comes_from_reading(cache_path, qtbot):
    """One read on its thread would be 0.2 s in every round; a busy machine holds it up in some of them."""
    assert any(longest_gap(cache_path, qtbot) < 0.1 for _ in range(4))


def test_opengl_that_is_lost(as_user):
    """By pytest in a process of its own: what OpenGL is left with when a context was torn away is not for others."""
    command = [sys.executable, "-m", "pytest", "-q", "--no-xvfb", Path(__file__).with_name("losing_opengl.py")]
    done = subprocess.run(command, cwd=ROOT, env=as_user, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_a_disk_that_does_not_answer_is_said_while_the_window_answers(cache_path, qtbot, monkeypatch):
    monkeypatch.setattr(statuses, "STUCK", 0.6)
    files = Stuck()
    with open_cache(cache_path, files=files) as cache, Viewer(cache, (900, 640), headless=False) as viewer:
        waker, window, state = Waker(viewer.state.inbox), viewer.window, viewer.state
        qtbot.waitUntil(window.settled, timeout=60_000)
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        files.answers.clear()
        begun = time.monotonic()
        state.show_layer(0)
        busy = window.status.busy
        qtbot.waitUntil(busy.isVisible, timeout=5000)
        assert busy.words.text() == "reading small.h5"
        qtbot.waitUntil(lambda: busy.words.text().startswith("the disk of small.h5 has not answered"), timeout=5000)
        assert time.monotonic() - begun > 0.6
        longest = 0.0
        for key, tool in ((Qt.Key.Key_L, "lasso"), (Qt.Key.Key_R, "rectangle"), (Qt.Key.Key_G, "pan")):
            now = time.monotonic()
            QTest.keyClick(window.places[0], key)
            QApplication.processEvents()
            longest = max(longest, time.monotonic() - now)
            assert state.tool == tool
        assert longest < 5, "no read is waited for; how fast a frame is does not matter here"
        state.show_layer(2)  # the newest request wins
        files.answers.set()
        qtbot.waitUntil(lambda: state.view.layer == 2 and window.settled(), timeout=60_000)
        qtbot.waitUntil(lambda: not busy.isVisible())
        waker.stop()


def test_a_file_that_is_cut_or_removed_while_it_is_open(cache_path, tmp_path, qtbot, monkeypatch):
    monkeypatch.setattr(matrices, "ahead", lambda *_: iter(()))  # else the layer is in memory before the file is cut
    path = tmp_path / "going.h5"
    shutil.copy(cache_path, path)
    with open_cache(path) as cache, Viewer(cache, (900, 640), headless=False) as viewer:
        waker, window, state = Waker(viewer.state.inbox), viewer.window, viewer.state
        qtbot.waitUntil(window.settled, timeout=60_000)
        path.unlink()  # the system keeps it until it is closed
        state.show_layer(1)
        qtbot.waitUntil(lambda: state.view.layer == 1 and window.settled(), timeout=60_000)
        assert state.drawn.damaged == 0
        descriptor = cache._access._descriptor.number
        os.truncate(f"/proc/self/fd/{descriptor}", cache._access.directory.places["layers/000/maps"].offset)
        state.show_layer(0)
        words = "going.h5 has been cut short while it was open"
        qtbot.waitUntil(lambda: words in window.report.sentence.text() + state.drawn.why, timeout=60_000)
        state.tool = "lasso"
        assert window.status.hint.text().startswith("drag to lasso")
        waker.stop()


CLOSING = """
import sys, time
from pathlib import Path
from PyQt6.QtCore import QTimer
from seeinin.app import loop, main
from seeinin.store.files import Files

def preadv(self, descriptor, buffer, offset, plain=Files.preadv):
    if hanging:
        time.sleep(60)
    return plain(self, descriptor, buffer, offset)

hanging, Files.preadv = False, preadv

def run(window, run=loop.run):
    def hang():
        global hanging
        hanging = True
        window.state.show_layer(0)
        QTimer.singleShot(200, window.close)
        QTimer.singleShot(200, lambda: print(time.monotonic(), flush=True))
    QTimer.singleShot(0, hang)
    run(window)

loop.run = run
sys.exit(main.view(Path(sys.argv[1])))
"""


def test_closing_waits_for_no_read(cache_path, as_user):
    command = [sys.executable, "-W", "error", "-c", CLOSING, cache_path]
    result = subprocess.run(command, env=as_user, capture_output=True, text=True, timeout=100, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert time.monotonic() - float(result.stdout) < 1.5  # half a second, and the end of Python on a busy machine


LEFT_OPEN = """
import atexit
from PyQt6.QtWidgets import QApplication, QWidget
atexit.register(lambda: print([len(QApplication.topLevelWidgets()), len(kept)]))
from seeinin.app.loop import application
app = application(headless=True)
kept = [QWidget(), QWidget()]
kept.append(QWidget(kept[0]))
"""


def test_no_window_is_left_to_the_end_of_pyqt(as_user):
    """It deletes them one by one while it walks over the list of them: exit code 139 in one end of ten."""
    result = subprocess.run([sys.executable, "-c", LEFT_OPEN], env=as_user, capture_output=True, text=True, timeout=100)
    assert (result.returncode, result.stdout, result.stderr) == (0, "[0, 3]\n", "")
