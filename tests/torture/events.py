"""Random events on a window whose disk fails now and then, in a process of its own, since an abort is a result too.

`python -m tests.torture.events COUNT SEED` does it on the screen that there is, and prints as JSON what came of it.
"""

import errno
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest import mock

import numpy as np

from seeinin.errors import SeeInInError
from seeinin.store.files import Files
from tests.torture.rows import Outcome, Row

ROOT = Path(__file__).parents[2]
AT_ONCE = 20_000  # events of one process
PATIENCE = 3600  # s for them
LOOK, CHECK = 10, 100  # gestures between two looks at what Qt has to do, and at OpenGL and the memory
BUDGET = 1 << 16  # bytes of columns: so few that they are read again and again
FAULTS = {"none": 0.88, "error": 0.03, "end": 0.03, "flip": 0.03, "slow": 0.03}


def random_events(count, seed):
    figures, failures, tried = Counter(), [], 0
    with screen() as environment:
        while tried < count:
            command = [sys.executable, "-m", "tests.torture.events", str(min(count - tried, AT_ONCE)), str(seed)]
            done = subprocess.run(
                command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
            )
            if done.returncode:
                failures.append(f"seed {seed}: exit code {done.returncode}: {done.stderr[-2000:]}")
                break
            answer = json.loads(done.stdout.splitlines()[-1])
            tried, seed = tried + answer["tried"], seed + 1
            failures += [f"seed {seed - 1}: {failure}" for failure in answer["failures"]]
            figures.update(answer["figures"])
    return Outcome(tried, figures, failures)


@contextmanager
def screen():
    """The environment for processes that open windows: on the screen that there is, else on a virtual one."""
    environment = dict(os.environ, PYTHONPATH=str(ROOT))
    if "DISPLAY" in environment:
        yield environment
        return
    from pyvirtualdisplay import Display

    with Display(visible=False, size=(1920, 1200)) as display:
        yield environment | display.env()


class Faulty(Files):
    """Fails by chance once `on`: an I/O error, the end of the file, a flipped bit, or nothing for a while."""

    def __init__(self, seed):
        self.random, self.lock = np.random.default_rng(seed), threading.Lock()
        self.on, self.met, self.misplaced = False, Counter(), 0

    def preadv(self, descriptor, buffer, offset):
        if not self.on:
            return super().preadv(descriptor, buffer, offset)
        self.misplaced += threading.current_thread() is threading.main_thread()
        with self.lock:
            kind = str(self.random.choice(list(FAULTS), p=list(FAULTS.values())))
            self.met[kind] += 1
        if kind == "error":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        if kind == "end":
            return 0
        if kind == "slow":
            time.sleep(0.02)
        count = super().preadv(descriptor, buffer, offset)
        if kind == "flip":
            buffer[0] ^= 16
        return count


class Report:
    """What must not be: errors that are no sentence, errors of OpenGL, memory that grows."""

    def __init__(self):
        self.failures, self.sentences, self.memory = [], 0, []

    def hear(self, error):
        if isinstance(error, SeeInInError):
            self.sentences += 1
        elif len(self.failures) < 20:
            trace = error.__traceback__
            while trace.tb_next is not None:
                trace = trace.tb_next
            self.failures.append(f"{error!r} at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}")

    def look(self, window):
        from vispy.gloo import gl

        for view in (window.matrix, window.overview, window.maps):
            view.canvas.set_current()
            if error := gl.glGetError():
                self.failures.append(f"OpenGL error {error:#x} in {type(view).__name__}")
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        self.memory.append(pages * os.sysconf("SC_PAGE_SIZE") >> 20)

    def end(self, window, misplaced):
        self.look(window)
        if misplaced:
            self.failures.append(f"{misplaced} reads on the window's thread")
        some = self.memory[len(self.memory) // 4 : max(len(self.memory) // 2, 1)]
        if self.memory[-1] > 1.25 * np.median(some) + 100:
            self.failures.append(f"memory grew from {np.median(some):.0f} to {self.memory[-1]} MB")


class Session:
    """A window on a cache, in random hands."""

    def __init__(self, folder, seed, stack):
        from PyQt6.QtCore import QTimer

        from seeinin.app.loop import Guard, Waker, application
        from seeinin.app.window import Window
        from seeinin.state.state import ViewerState
        from seeinin.store.reader import open_cache
        from tests.app.caches import written
        from tests.app.hands import Hands

        self.app, self.report, self.files = application(), Report(), Faulty(seed)
        cache = stack.enter_context(open_cache(written(folder / "cache.h5", seed=seed, images=300), files=self.files))
        self.state = ViewerState().attach(cache)
        self.state.sources.columns.budget = BUDGET
        guard = stack.enter_context(Guard())
        self.window = Window(self.state, (800, 600))
        stack.callback(Waker(self.state.inbox).stop)
        stack.callback(self.window.close)
        for hear in (self.report.hear, self.window.report.show_problem):
            guard.failed.connect(hear)
        self.state.show_layer(1)
        self.window.appear()
        self.hands = Hands(self.window, seed)
        self.closing = QTimer()  # some menus of Qt's own wait in a loop of their own until they are closed
        self.closing.timeout.connect(self.tidy)
        self.closing.start(50)
        for patch in self.answers(folder):
            stack.enter_context(patch)

    def answers(self, folder):
        """Dialogs of the system answer by themselves."""
        from PyQt6.QtWidgets import QFileDialog, QInputDialog

        def file(*_, **__):
            return str(folder / f"file {self.hands.random.integers(3)}") if self.hands.random.random() < 0.7 else "", ""

        for kind, name, answer in (
            (QFileDialog, "getSaveFileName", {"side_effect": file}),
            (QFileDialog, "getOpenFileName", {"side_effect": file}),
            (QInputDialog, "getText", {"return_value": ("a name", True)}),
            (QInputDialog, "getInt", {"return_value": (3, True)}),
        ):
            yield mock.patch.object(kind, name, **answer)

    def play(self, count):
        """Send events, with a disk that fails; the longest time that the window's thread was busy with a gesture."""
        longest, number, self.files.on = 0.0, 0, True
        while self.hands.sent < count:
            begun, number = time.perf_counter(), number + 1
            self.hands.do()
            if number % LOOK == 0:
                self.app.processEvents()
                self.tidy()
            longest = max(longest, time.perf_counter() - begun)
            if number % CHECK == 0:
                self.report.look(self.window)
        self.files.on = False
        return longest

    def recover(self):
        """With a disk that answers again, the window must be as good as new."""
        state, window = self.state, self.window
        self.tidy()
        window.resize(900, 650)
        state.hidden, state.pick = frozenset(), None
        state.show_layer(2)
        state.show_layer(0)
        window.matrix.steering.fit()
        self.settle(again=1)  # a selection that was on its way has arrived, and so have the last failures
        state.select_class(1)
        self.settle()
        classes = window.legend.classes
        if classes.selected is None or classes.selected[1] != classes.totals[1]:
            self.report.failures.append(f"class 1 is not selected: {classes.selected} of {classes.totals}")

    def settle(self, seconds=60, again=None):
        """Wait until all is there; `again`: as a user who asks again every so many seconds."""
        asked = time.monotonic()
        end = asked + seconds
        while not self.window.settled():
            self.app.processEvents()
            if again is not None and time.monotonic() > asked + again:
                asked = time.monotonic()
                self.window.ask_again()
            time.sleep(0.002)
            if time.monotonic() > end:
                parts = ("matrix", "overview", "maps", "details", "gallery")
                rest = [name for name in parts if not getattr(self.window, name).settled()]
                self.report.failures.append(f"these do not come to rest: {rest}")
                return

    def tidy(self):
        """Menus and dialogs that stand open would take every key."""
        from PyQt6.QtWidgets import QApplication, QDialog

        while (popup := QApplication.activePopupWidget()) is not None and popup.close():
            pass
        for dialog in self.window.findChildren(QDialog):
            dialog.close()


def main(count, seed):
    from seeinin.pool import POOL

    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        session = Session(Path(folder), seed, stack)
        session.settle()
        longest = session.play(count)
        session.recover()
        session.report.end(session.window, session.files.misplaced)
    POOL.shutdown()
    report, met = session.report, session.files.met
    figures = {"faults": met.total() - met["none"], "sentences": report.sentences, "ms at most": round(1000 * longest)}
    return {"tried": session.hands.sent, "failures": report.failures, "figures": figures}


ROWS = (Row("random events in the window, with faults in the reader", random_events, 100_000, 3_000),)

if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]))) + "\n")
