"""Whether a window can open here, asked in ways that cannot abort the process as Qt itself would."""

import ctypes
import os
import re
import socket
import sys
from pathlib import Path

from seeinin.errors import DisplayError

WITHOUT = "or add --screenshot FILE, which needs no display"
OLDEST = (2, 1)  # the OpenGL that GLSL 1.20 came with


def require_qt() -> None:
    """Raise DisplayError where a library that Qt is linked to is missing."""
    try:
        import PyQt6.QtWidgets  # noqa: F401
    except ImportError as error:
        raise DisplayError(_missing(str(error))) from error


def require_screen() -> None:
    """Raise DisplayError unless Qt will find a screen to open a window on."""
    if not sys.platform.startswith("linux"):
        return  # elsewhere there is always one, or Qt says so itself
    platform = os.environ.get("QT_QPA_PLATFORM", "").partition(":")[0]
    if platform in ("offscreen", "minimal"):
        raise DisplayError(f"QT_QPA_PLATFORM={platform} opens no window: unset it, {WITHOUT}")
    reasons = [
        reason
        for name, answers in (("WAYLAND_DISPLAY", _wayland), ("DISPLAY", _x11))
        if name in os.environ and (reason := answers(os.environ[name]))
    ]
    present = [name for name in ("WAYLAND_DISPLAY", "DISPLAY") if name in os.environ]
    if not present:
        raise DisplayError(
            f"there is no display here (DISPLAY is not set): log in to a desktop, use `ssh -X` or xvfb-run, {WITHOUT}"
        )
    if len(reasons) == len(present):
        raise DisplayError(reasons[-1])


def require_opengl() -> None:
    """Raise DisplayError where the screen has no OpenGL, or one too old; a QApplication must exist."""
    from PyQt6.QtGui import QOpenGLContext

    context = QOpenGLContext()
    if not context.create():
        raise DisplayError(f"this display has no OpenGL: install libgl1-mesa-dri (or the driver of the GPU), {WITHOUT}")
    if (version := context.format().version()) < OLDEST:
        found, wanted = (".".join(map(str, v)) for v in (version, OLDEST))
        raise DisplayError(f"this display has OpenGL {found}, the window needs {wanted}: update the driver, {WITHOUT}")


def _x11(name: str) -> str:
    """Why there can be no window on an X display; "" where there can."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
        ctypes.CDLL(str(_plugins() / "libqxcb.so"))
    except OSError as error:
        return _missing(str(error))
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
    if xcb.xcb_connection_has_error(connection):
        return f"the display {name!r} (DISPLAY) does not answer: check that it runs and lets you in, {WITHOUT}"
    return ""  # not disconnected: a virtual screen starts anew when its last client leaves, and Qt would find it gone


def _wayland(name: str) -> str:
    """Likewise on a Wayland display, which is a socket."""
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(str(Path(os.environ.get("XDG_RUNTIME_DIR", "/run"), name)))
        except OSError:
            return f"the display {name!r} (WAYLAND_DISPLAY) does not answer: check that it runs, {WITHOUT}"
    return ""


def _plugins() -> Path:
    from PyQt6.QtCore import QLibraryInfo

    return Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath), "platforms")


def _missing(error: str) -> str:
    """The loader's complaint with Debian's name of the package: libxcb-cursor.so.0 is in libxcb-cursor0."""
    library = re.search(r"(lib[\w+-]+(?:\.\d+)*)\.so\.?(\d*)", error)
    if library is None or "libq" in library[1]:
        return f"Qt cannot start: {error}"
    name, number = library[1].lower(), library[2]
    package = f"{name}-{number}" if name[-1].isdigit() and number else name + number
    return f"Qt cannot start, {library[0]} is missing: on Debian, `apt-get install {package}` brings it"
