"""What every test stands on: one OpenGL for windows and for pictures without one."""

import os

# PyOpenGL chooses its platform once, at its first import, and GLX does not know the contexts of EGL. So that tests with
# a window and tests without one can share a process, Qt too is asked to make its contexts through EGL.
os.environ["PYOPENGL_PLATFORM"] = "egl"
os.environ["QT_XCB_GL_INTEGRATION"] = "xcb_egl"
