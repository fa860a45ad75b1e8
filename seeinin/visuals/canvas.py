"""The canvas: a VisPy scene in pixels, in a Qt window or in no window at all."""

import importlib
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import vispy.app
from vispy.gloo import gl
from vispy.scene import SceneCanvas

from seeinin.errors import DisplayError
from seeinin.visuals import CURE


class Canvas(SceneCanvas):
    """A canvas whose coordinates are pixels, x right and y down, and which leaves the mouse to our own controllers.

    `backend` is "pyqt6" (then `native` is the QWidget), "egl" (no window: `render` only), or None for VisPy's choice.
    `size` is (width, height) in logical pixels; `pixel_ratio` multiplies what the screen says about its own.
    Raises DisplayError where there is no OpenGL 2.1.
    """

    def __init__(
        self,
        backend: str | None = None,
        size: tuple[int, int] = (800, 600),
        *,
        background: Any = "black",
        pixel_ratio: int = 1,
        title: str = "Seein' In",
        parent: Any = None,
    ) -> None:
        self.starts = 0  # times that OpenGL has been set up: all that it held is lost the second time
        self.gone = False
        self.lost: Callable[[str], object] = _raised
        app = headless() if backend == "egl" else vispy.app.use_app(backend, call_reuse=False)
        super().__init__(
            title=title,
            size=size,
            bgcolor=background,
            px_scale=pixel_ratio,
            parent=parent,
            app=app,
            autoswap=False,  # a QOpenGLWidget shows itself; swapping as well makes a frame 15 % longer
            dpi=96,  # known to VisPy only through a subprocess, and used by none of our visuals
            config={"depth_size": 0},
        )
        self._tell_size()

    def on_initialize(self, event: Any) -> None:
        self.starts += 1
        if self.starts > 1:
            self._lose("OpenGL was started anew, and what it held is lost")

    def on_draw(self, event: Any) -> None:
        """Draw; once OpenGL has failed nothing more is drawn, and `lost` hears why."""
        if self.gone:
            return
        try:
            super().on_draw(event)
            gl.check_error("after drawing")
        except RuntimeError as error:  # as gloo says what OpenGL has to say
            self._lose(str(error))

    def update(self, node: Any = None) -> None:
        if not self.gone:
            super().update(node)

    def _lose(self, why: str) -> None:
        if not self.gone:
            self.gone = True
            self.lost(why)

    def render(self) -> np.ndarray:
        """Draw the scene into an array: uint8 (height, width, 4) in physical pixels, top row first, alpha 255."""
        picture = super().render().copy()  # VisPy's cannot be written to
        gl.check_error("after drawing")
        picture[..., 3] = 255
        return picture

    def resize(self, width: int, height: int) -> None:
        """Change the size (logical pixels); a canvas inside a window follows its window instead."""
        self.size = (width, height)
        self._tell_size()

    def _tell_size(self) -> None:
        if self.app.backend_name.lower() == "egl":  # which tells nobody
            self.set_current()
            self.events.resize(size=self.size, physical_size=self.physical_size)

    @property
    def opengl(self) -> str:
        """Version and driver of OpenGL."""
        self.set_current()
        return f"{gl.glGetParameter(gl.GL_VERSION)} · {gl.glGetParameter(gl.GL_RENDERER)}"

    def _process_mouse_event(self, event: Any) -> None:
        """Not VisPy's own, which draws the whole scene once more to find the visual under the cursor."""


def _raised(why: str) -> None:
    raise DisplayError(f"OpenGL has failed ({why}): {CURE}")


def headless() -> vispy.app.Application:
    """VisPy's EGL application. Mesa wants to hear that there is no screen; NVIDIA's driver finds out by itself."""
    try:
        return vispy.app.Application("egl")
    except RuntimeError as first:
        if "EGL_PLATFORM" in os.environ:
            raise DisplayError(f"OpenGL without a window does not start ({_last_line(str(first))}): {CURE}") from first
    os.environ["EGL_PLATFORM"] = "surfaceless"
    importlib.reload(sys.modules["vispy.app.backends._egl"])
    try:
        return vispy.app.Application("egl")
    except RuntimeError as second:
        raise DisplayError(f"OpenGL without a window does not start ({_last_line(str(second))}): {CURE}") from second


def probe_opengl() -> str:
    """Say which OpenGL draws without a window, asked in a process of its own since a broken driver may abort it.

    Raises DisplayError where there is none, or one older than 2.1.
    """
    code = "from seeinin.visuals.canvas import Canvas; c = Canvas('egl', (8, 8)); c.render(); print(c.opengl)"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    if child.returncode:
        raise DisplayError(f"OpenGL does not start ({_last_line(child.stderr) or child.returncode}): {CURE}")
    version = _last_line(child.stdout)
    if version_of(version) < (2, 1):
        raise DisplayError(f"OpenGL 2.1 is needed, and this is {version}: {CURE}")
    return version


def version_of(words: str) -> tuple[int, ...]:
    """(4, 6) of '4.6.0 NVIDIA 580.159.04', as OpenGL says it."""
    return tuple(map(int, words.split()[0].split(".")[:2]))


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]
