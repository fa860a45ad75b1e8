"""A window that a program holds: made with or without a screen, waited for, pictured, closed."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from seeinin.app import display
from seeinin.app.opening import begin
from seeinin.errors import DisplayError
from seeinin.state.state import ViewerState
from seeinin.store.reader import Cache, open_cache
from seeinin.views.theme import DARK, LIGHT, Theme

if TYPE_CHECKING:
    from seeinin.app.loop import Guard, Interrupts
    from seeinin.app.window import Window

TICK = 0.02  # s between two looks at what Qt has to do
PATIENCE = 600.0  # s without any news from the worker threads; at first they compile, on slow machines too
AGAIN = 10.0  # s after which OpenGL may fail once more
LINGER = 5000  # ms
SCALES = range(1, 9)  # pixels to a point

Look = Literal["dark", "light"]
Panel = Literal["window", "matrix", "maps", "overview", "legend", "image", "gallery", "answers"]


class Stage:
    """The window of a cache. All its calls belong to the thread that made it."""

    def __init__(
        self,
        cache: Cache | Path | str,
        size: tuple[int, int],
        *,
        headless: bool,
        state: ViewerState | None,
        theme: Look,
        scale: int,
    ) -> None:
        """Raises CacheError, DisplayError, and ValueError for a scale that is not 1 to 8, or not 1 on a screen."""
        if scale not in SCALES or (scale > 1 and not headless):
            raise ValueError(f"scale is 1 to {SCALES[-1]}, and 1 on a screen, which has its own; not {scale}")
        display.require_qt()
        if not headless:
            display.require_screen()
        from seeinin.app.loop import application

        self.app = application(headless=headless)
        self._life = ExitStack()
        self._interrupts: Interrupts | None = None
        self._rebuilt = -AGAIN
        self._guard = None if headless else self._survive()
        self.cache = cache if isinstance(cache, Cache) else open_cache(Path(cache))
        self._owned = self.cache is not cache
        self.state = state or begin(ViewerState().attach(self.cache))
        self._scale = scale
        self.window = self._opened(size, LIGHT if theme == "light" else DARK, headless=headless)
        self.window.appear()

    def picture(self, path: Path | str | None, panel: Panel, *, caption: bool = False) -> np.ndarray:
        """The window or one panel of it, settled: uint8 (height, width, 4); also written to `path` as a PNG.

        `caption`: with a line below that says what it shows.
        """
        from PyQt6.QtCore import QEvent

        from seeinin.app.caption import caption_of, captioned
        from seeinin.app.images import array_of, save

        self.wait(self.window.settled)
        self.app.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)  # the words that came last want their room,
        self.wait(self.window.settled)  # and may have taken it from the plots
        image = self.window.picture(panel)
        if caption:
            image = captioned(image, caption_of(self.state), self.window.theme)
        if path is not None:
            save(image, Path(path))
        return array_of(image)

    def _opened(self, size: tuple[int, int], theme: Theme, *, headless: bool) -> "Window":
        from seeinin.app.window import Window

        window = Window(self.state, size, headless=headless, theme=theme, scale=self._scale)
        window.lost = partial(self._lose, window)
        if self._guard is not None:
            self._guard.failed.connect(window.report.show_problem)
        return window

    def _lose(self, window: "Window", why: str) -> None:
        """OpenGL has lost what a window shows: one on the same state takes its place, if that was not just done."""
        from PyQt6.QtCore import QTimer

        if window is self.window:
            lately = time.monotonic() - self._rebuilt < AGAIN
            self._rebuilt = time.monotonic()
            QTimer.singleShot(0, partial(window.give_up, why) if lately else self._rebuild)  # not while it is drawing

    def _rebuild(self) -> None:
        from PyQt6.QtCore import QTimer

        old = self.window
        self.state.events.disconnect()  # nobody else listens
        self.app.setQuitOnLastWindowClosed(False)
        if self._guard is not None:
            self._guard.failed.disconnect(old.report.show_problem)
        self.window = self._opened((old.width(), old.height()), old.theme, headless=old.headless)
        if old.first is not None:
            old.first.stop()
        old.close()
        if old.settings is not None:
            self.window.remember()
        self.window.appear()
        self.app.setQuitOnLastWindowClosed(True)
        QTimer.singleShot(LINGER, old.deleteLater)  # what is on its way to it still arrives

    def wait(self, done: Callable[[], bool]) -> None:
        """Run what arrives, and Qt's own timers, until `done()`. Raises DisplayError where nothing arrives any more."""
        end = time.monotonic() + PATIENCE
        self.app.processEvents()
        while not done():
            if self.state.inbox.wait(TICK):
                end = time.monotonic() + PATIENCE
            elif time.monotonic() > end:
                raise DisplayError(
                    f"the picture did not come in {PATIENCE:.0f} s: is the disk of {self.cache.path} answering?"
                )
            self.state.inbox.run()
            self.app.processEvents()

    def run(self) -> None:
        """Leave the window to the mouse until it is closed."""
        from seeinin.app.loop import run

        if self._interrupts is None or not self._interrupts.came:
            run(self.window)

    def close(self) -> None:
        """Close the window, and the cache where it was opened here."""
        from PyQt6.QtCore import QEvent

        self.window.close()
        self._life.close()
        # Deleted here, whole: what is left at Python's end PyQt6 deletes one by one, and sometimes reads after that.
        self.window.deleteLater()
        self.app.sendPostedEvents(self.window, QEvent.Type.DeferredDelete.value)
        if self._owned:
            self.cache.close()

    def _survive(self) -> "Guard":
        """On a screen the window outlives its own failures, and Ctrl-C closes it."""
        from seeinin.app.loop import Guard, Interrupts

        display.require_opengl()
        self._interrupts = self._life.enter_context(Interrupts())
        return self._life.enter_context(Guard())
