"""OpenGL for arithmetic: compute shaders and what they read and write, in a thread that needs no canvas."""

import ctypes
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from numpy.typing import NDArray
from vispy.gloo import gl
from vispy.gloo.gl import gl2

from seeinin.errors import DisplayError
from seeinin.visuals import CURE
from seeinin.visuals.canvas import headless, version_of

STORAGE, COPY, SHADER = 0x90D2, 0x88EA, 0x91B9  # GL_SHADER_STORAGE_BUFFER, GL_DYNAMIC_COPY, GL_COMPUTE_SHADER
WORD, RED_WORD = 0x8236, 0x8D94  # GL_R32UI, GL_RED_INTEGER
EVERYTHING = 0xFFFFFFFF  # all barriers
LARGEST = 0x90DE  # GL_MAX_SHADER_STORAGE_BLOCK_SIZE
GROUP = 256  # invocations that a card starts together
ACROSS = 1 << 15  # groups along x; more of them go along y

U32, I32, SIZE, POINTER, F64 = ctypes.c_uint, ctypes.c_int, ctypes.c_ssize_t, ctypes.c_void_p, ctypes.c_double
SLOW = {"glBufferSubData", "glGetBufferSubData"}  # what waits for the card
SIGNATURES: dict[str, tuple[Any, ...]] = {
    "glBindBufferBase": (U32, U32, U32),
    "glBufferData": (U32, SIZE, POINTER, U32),
    "glBufferSubData": (U32, SIZE, SIZE, POINTER),
    "glClearBufferData": (U32, U32, U32, U32, POINTER),
    "glCreateShader": (U32,),
    "glDispatchCompute": (U32, U32, U32),
    "glGetBufferSubData": (U32, SIZE, SIZE, POINTER),
    "glMemoryBarrier": (U32,),
    "glBindBuffer": (U32, U32),
    "glUniform1d": (I32, F64),
    "glUniform1ui": (I32, U32),
    "glUseProgram": (U32,),
}


@functools.cache
def function(name: str) -> Callable[..., Any]:
    """A function of OpenGL; all but the slow ones keep Python's lock: hundreds of them make a frame, and to get it back
    after each would take longer than they do where other threads want it.

    Raises DisplayError where there is none.
    """
    try:
        library = gl2._lib if name in SLOW else ctypes.PyDLL(gl2._lib._name)
        found = library[name]
    except (AttributeError, OSError) as error:
        raise DisplayError(f"OpenGL cannot compute ({error}): {CURE}") from error
    found.restype, found.argtypes = U32 if name == "glCreateShader" else None, SIGNATURES[name]
    return found


def start() -> int:
    """Make OpenGL ready in this thread, which keeps it; returns the bytes that a `Storage` may have.

    Raises DisplayError where there is none without a window, or one older than 4.3.
    """
    headless()
    from vispy.app.backends import _egl as backend

    egl, display = backend.egl, backend._EGL_DISPLAY
    wanted = [egl.EGL_SURFACE_TYPE, egl.EGL_PBUFFER_BIT, egl.EGL_RENDERABLE_TYPE, egl.EGL_OPENGL_BIT]
    try:
        config = egl.eglChooseConfig(display, wanted)[0]
        egl.eglBindAPI(egl.EGL_OPENGL_API)
        context = egl.eglCreateContext(display, config, None)
        surface = egl.eglCreatePbufferSurface(display, config, (egl.EGL_WIDTH, 1, egl.EGL_HEIGHT, 1))
        egl.eglMakeCurrent(display, surface, surface, context)
    except (RuntimeError, IndexError) as error:  # as VisPy says what EGL has to say
        raise DisplayError(f"OpenGL without a window does not start ({error}): {CURE}") from error
    version = gl.glGetParameter(gl.GL_VERSION)
    if version_of(version) < (4, 3):
        raise DisplayError(f"OpenGL 4.3 is needed to compute, and this is {version}: {CURE}")
    return int(gl.glGetParameter(LARGEST))


def check() -> None:
    """Raises DisplayError where anything failed since the last time, as for want of memory."""
    if error := gl.glGetError():
        raise DisplayError(f"OpenGL cannot compute (error {error:#x}): {CURE}")


class Storage:
    """Memory of the card that kernels read and write, in words of 32 bits."""

    def __init__(self, content: NDArray[Any] | int) -> None:
        """A contiguous array, or so many words of anything."""
        self.nbytes = 4 * content if isinstance(content, int) else -(-content.nbytes // 4) * 4
        self.handle = gl.glCreateBuffer()
        self._bind()
        function("glBufferData")(STORAGE, self.nbytes, None, COPY)
        check()
        if not isinstance(content, int):
            self.write(content)

    def write(self, content: NDArray[Any]) -> None:
        """Replace the beginning."""
        self._bind()
        function("glBufferSubData")(STORAGE, 0, content.nbytes, content.ctypes.data)

    def clear(self) -> None:
        """Zeros."""
        self._bind()
        function("glClearBufferData")(STORAGE, WORD, RED_WORD, gl.GL_UNSIGNED_INT, None)

    def read(self, out: NDArray[Any]) -> None:
        """Fill `out`, contiguous, from the beginning; waits for the kernels."""
        self._bind()
        function("glGetBufferSubData")(STORAGE, 0, out.nbytes, out.ctypes.data)
        check()

    def delete(self) -> None:
        """Give the memory back."""
        gl.glDeleteBuffer(self.handle)

    def _bind(self) -> None:
        function("glBindBuffer")(STORAGE, self.handle)


class Kernel:
    """A compute shader whose groups are of GROUP invocations along x; `gl_NumWorkGroups.x` of them make a row."""

    def __init__(self, source: str) -> None:
        self._program, self._locations = gl.glCreateProgram(), dict[str, int]()
        self._now: dict[str, int | float] = {}  # what the uniforms were set to
        shader = function("glCreateShader")(SHADER)
        gl.glShaderSource(shader, source)
        gl.glCompileShader(shader)
        if not gl.glGetShaderParameter(shader, gl.GL_COMPILE_STATUS):
            raise DisplayError(f"OpenGL cannot compute ({gl.glGetShaderInfoLog(shader)}): {CURE}")
        gl.glAttachShader(self._program, shader)
        gl.glLinkProgram(self._program)
        if not gl.glGetProgramParameter(self._program, gl.GL_LINK_STATUS):
            raise DisplayError(f"OpenGL cannot compute ({gl.glGetProgramInfoLog(self._program)}): {CURE}")

    def run(self, count: int, storages: Sequence[Storage], uniforms: Mapping[str, int | float]) -> None:
        """At least `count` invocations; `storages` in the order of their bindings, `uniforms` uint, or double."""
        function("glUseProgram")(self._program)
        for binding, storage in enumerate(storages):
            function("glBindBufferBase")(STORAGE, binding, storage.handle)
        for name, value in uniforms.items():
            if self._now.get(name) == value:
                continue
            self._now[name] = value
            if name not in self._locations:
                self._locations[name] = gl.glGetUniformLocation(self._program, name)
            function("glUniform1d" if isinstance(value, float) else "glUniform1ui")(self._locations[name], value)
        groups = -(-count // GROUP)
        function("glDispatchCompute")(min(groups, ACROSS), -(-groups // ACROSS), 1)

    @staticmethod
    def barrier() -> None:
        """What comes next sees what was written before."""
        function("glMemoryBarrier")(EVERYTHING)
