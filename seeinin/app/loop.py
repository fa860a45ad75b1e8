"""Qt's event loop, and what it must survive: worker threads that have results, slots that fail, Ctrl-C."""

import faulthandler
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QSocketNotifier, Qt, pyqtSignal
from PyQt6.QtWidgets import QApplication

from seeinin.state.inbox import Inbox

if TYPE_CHECKING:
    from seeinin.app.window import Window

logger = logging.getLogger(__name__)
Report = Callable[[BaseException], object]


def application(*, headless: bool = False) -> QApplication:
    """The one QApplication of the process. `headless`: widgets are laid out and painted, but there is no screen."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    if sys.stderr is not None and not faulthandler.is_enabled():
        faulthandler.enable()
    app = QApplication(["seeinin", "-platform", "offscreen"] if headless else ["seeinin"])
    app.setApplicationName("Seein' In")
    app.setStyle("fusion")
    return app


class Waker(QObject):
    """Lets worker threads wake the loop: posts to the inbox are run by the thread that made this."""

    posted = pyqtSignal()

    def __init__(self, inbox: Inbox) -> None:
        super().__init__()
        self.posted.connect(inbox.run, Qt.ConnectionType.QueuedConnection)
        inbox.wake = self.posted.emit


class Guard(QObject):
    """Reports what a slot or a thread raised, where PyQt6 would abort the process. A context, undone at its end."""

    failed = pyqtSignal(object)

    def __init__(self, report: Report) -> None:
        super().__init__()
        self.failed.connect(report)  # queued from other threads, so that the report is made in this one

    def __enter__(self) -> "Guard":
        self._before = sys.excepthook, threading.excepthook
        sys.excepthook, threading.excepthook = self._in_slot, self._in_thread
        return self

    def __exit__(self, *_: object) -> None:
        sys.excepthook, threading.excepthook = self._before

    def _in_slot(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        logger.error("the window goes on after an error", exc_info=(kind, error, trace))
        self.failed.emit(error)

    def _in_thread(self, failure: threading.ExceptHookArgs) -> None:
        if failure.exc_value is not None:
            self._in_slot(failure.exc_type, failure.exc_value, failure.exc_traceback)


class Interrupts:
    """Ctrl-C closes the windows. Python hears of a signal only when its own code runs, so the signal wakes the loop."""

    def __enter__(self) -> "Interrupts":
        self._ours, theirs = socket.socketpair()
        for end in (self._ours, theirs):
            end.setblocking(False)
        self._theirs = theirs
        self._notifier = QSocketNotifier(self._ours.fileno(), QSocketNotifier.Type.Read)
        self._notifier.activated.connect(lambda: self._ours.recv(64))
        self._handler = signal.signal(signal.SIGINT, lambda *_: QApplication.closeAllWindows())
        self._wakeup = signal.set_wakeup_fd(theirs.fileno())
        return self

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(self._wakeup)
        signal.signal(signal.SIGINT, self._handler)
        self._notifier.setEnabled(False)
        self._ours.close()
        self._theirs.close()


def run(window: "Window") -> None:
    """Hand the window to the mouse until it is closed, and stop the worker threads."""
    waker = Waker(window.state.inbox)
    with Guard(window.status.show_problem), Interrupts():
        QApplication.exec()
    waker.posted.disconnect()
