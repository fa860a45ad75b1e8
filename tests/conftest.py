"""What every test stands on: one OpenGL for windows and for pictures without one."""

import os

import pytest

AS_FOUND = dict(os.environ)

# While a context of EGL is current, GLX makes none current. So that tests with a window and tests without one can share
# a process, Qt too is asked to make its contexts through EGL.
os.environ["QT_XCB_GL_INTEGRATION"] = "xcb_egl"


@pytest.fixture
def as_user():
    """The environment for a process of its own: as a user has it on this screen, with OpenGL left to choose itself."""
    return AS_FOUND | {"DISPLAY": os.environ["DISPLAY"]}


@pytest.fixture
def without_display():
    """The same where there is no screen at all."""
    return {name: value for name, value in AS_FOUND.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
