"""Qt's event loop, and what it must survive: worker threads that have results, slots that fail, Ctrl-C."""

import atexit
import faulthandler
import gc
import logging
import signal
import socket
import sys
import threading
from types import TracebackType
from typing import TYPE_CHECKING

from PyQt6 import sip
from PyQt6.QtCore import (
    QMessageLogContext,
    QObject,
    QSocketNotifier,
    Qt,
    QTimer,
    QtMsgType,
    pyqtSignal,
    qInstallMessageHandler,
)
from PyQt6.QtWidgets import QApplication

from seeinin.errors import SeeInInError
from seeinin.pool import POOL
from seeinin.state.inbox import Inbox

if TYPE_CHECKING:
    from seeinin.app.window import Window

logger = logging.getLogger(__name__)
LEVELS = {
    QtMsgType.QtWarningMsg: logging.INFO,  # they are for developers
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def application(*, headless: bool = False) -> QApplication:
    """The one QApplication of the process. `headless`: widgets are laid out and painted, but there is no screen."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    if sys.stderr is not None and not faulthandler.is_enabled():
        faulthandler.enable()
    qInstallMessageHandler(_log)
    atexit.register(_end)
    app = QApplication(["seeinin", "-platform", "offscreen"] if headless else ["seeinin"])
    app.setApplicationName("Seein' In")
    app.setStyle("fusion")
    return app


def _end() -> None:
    """Before Python's own end, which would stop threads in the midst of compiled code and take the process along;
    and before PyQt6's, which deletes what is left one by one and sometimes reads it after that."""
    POOL.shutdown()
    gc.collect()
    for window in QApplication.topLevelWidgets():
        if not sip.isdeleted(window) and window.parent() is None:
            sip.delete(window)


def _log(kind: QtMsgType, context: QMessageLogContext, message: str | None) -> None:
    """Qt's own complaints go where ours go."""
    if message and "propagateSizeHints" not in message:  # which the platform without a screen says of every window
        logging.getLogger(f"{__name__}.qt").log(LEVELS.get(kind, logging.DEBUG), message)


class Waker(QObject):
    """Lets worker threads wake the loop: posts to the inbox are run by the thread that made this."""

    posted = pyqtSignal()

    def __init__(self, inbox: Inbox) -> None:
        super().__init__()
        self.inbox = inbox
        self.posted.connect(inbox.run, Qt.ConnectionType.QueuedConnection)  # type: ignore[call-arg]  # Qt's stubs omit it
        inbox.wake = self.posted.emit
        self.posted.emit()  # for what has arrived already

    def stop(self) -> None:
        self.inbox.wake = lambda: None
        self.posted.disconnect()


class Guard(QObject):
    """Reports what a slot or a thread raised, where PyQt6 would abort the process. A context, undone at its end."""

    failed = pyqtSignal(object)  # of another thread it arrives in the one that connected

    def __enter__(self) -> "Guard":
        self._before = sys.excepthook, threading.excepthook
        sys.excepthook, threading.excepthook = self._in_slot, self._in_thread
        return self

    def __exit__(self, *_: object) -> None:
        sys.excepthook, threading.excepthook = self._before

    def _in_slot(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, SeeInInError):
            logger.warning("%s", error)  # it says all there is to say
        else:
            logger.error("the window goes on after an error", exc_info=(kind, error, trace))
        self.failed.emit(error)

    def _in_thread(self, failure: threading.ExceptHookArgs) -> None:
        if failure.exc_value is not None:
            self._in_slot(failure.exc_type, failure.exc_value, failure.exc_traceback)


class Interrupts:
    """Ctrl-C closes the windows. Python hears of a signal only when its own code runs, so the signal wakes the loop."""

    came = False  # one that came while the window was being made closes it as soon as it is there

    def __enter__(self) -> "Interrupts":
        self._ours, theirs = socket.socketpair()
        for end in (self._ours, theirs):
            end.setblocking(False)
        self._theirs = theirs
        self._notifier = QSocketNotifier(self._ours.fileno(), QSocketNotifier.Type.Read)  # type: ignore[call-overload]
        self._notifier.activated.connect(lambda: self._ours.recv(64))
        self._handler = signal.signal(signal.SIGINT, self._close)
        self._wakeup = signal.set_wakeup_fd(theirs.fileno())
        return self

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(self._wakeup)
        signal.signal(signal.SIGINT, self._handler)
        self._notifier.setEnabled(False)
        self._ours.close()
        self._theirs.close()

    def _close(self, *_: object) -> None:
        self.came = True
        QTimer.singleShot(0, QApplication.quit)  # which closes the windows first


def run(window: "Window") -> None:
    """Hand the window to the mouse until it is closed."""
    waker = Waker(window.state.inbox)
    if window.isVisible():
        QApplication.exec()
    waker.stop()
