"""OpenGL beside gloo, which knows no half floats, no bytes and no part of a buffer, and costs more for each draw."""

import ctypes
import functools
from collections.abc import Callable
from typing import Any, Self

import numpy as np
from vispy.gloo import Program, gl

from seeinin.errors import DisplayError
from seeinin.visuals import CURE

KINDS = {np.dtype(np.uint8): gl.GL_UNSIGNED_BYTE, np.dtype(np.float16): 0x140B, np.dtype(np.float32): gl.GL_FLOAT}
UNIFORMS = {1: gl.glUniform1f, 2: gl.glUniform2f, 3: gl.glUniform3f, 4: gl.glUniform4f}


class Buffer:
    """An array (n,) or (n, 2) of uint8, float16 or float32 in the memory of the GPU; needs the context current."""

    def __init__(self, array: np.ndarray) -> None:
        self.nbytes = array.nbytes
        self.count = len(array)
        self._width = array.shape[1] if array.ndim == 2 else 1
        self._kind = KINDS[array.dtype]
        self._handle = gl.glCreateBuffer()
        gl.glBindBuffer(gl.GL_ARRAY_BUFFER, self._handle)
        gl.glBufferData(gl.GL_ARRAY_BUFFER, array, gl.GL_STATIC_DRAW)

    def feed(self, attribute: int) -> None:
        """Let the attribute at this location read the buffer."""
        gl.glBindBuffer(gl.GL_ARRAY_BUFFER, self._handle)
        gl.glVertexAttribPointer(attribute, self._width, self._kind, False, 0, 0)

    def delete(self) -> None:
        """Give the memory back."""
        gl.glDeleteBuffer(self._handle)


class Bytes:
    """A byte for each `repeat` points that follow one another: all points of an image, or a single one."""

    def __init__(self) -> None:
        self.repeat = 1
        self.points = 0
        self._waiting: np.ndarray | None = None
        self._buffer: Buffer | None = None

    def set(self, array: np.ndarray, repeat: int) -> None:
        """Take uint8 (P / repeat,) to be uploaded when next asked for."""
        if array.ndim != 1 or array.dtype != np.uint8:
            raise ValueError(f"what points look like is uint8 (n,), not {array.dtype} {array.shape}")
        self.repeat, self.points, self._waiting = repeat, len(array) * repeat, array

    def buffer(self) -> Buffer:
        """The bytes on the GPU; needs the context current."""
        if self._waiting is not None:
            if self._buffer is not None:
                self._buffer.delete()
            self._buffer, self._waiting = Buffer(self._waiting), None
        assert self._buffer is not None, "nothing was set"
        return self._buffer


class RawProgram:
    """A program that gloo has linked, drawing from our buffers; as a context manager it leaves OpenGL as it was.

    With `instanced`, attributes advance once in `every` instances, and not at all within one.
    """

    def __init__(self, context: Any, program: Program, *, instanced: bool) -> None:
        context.glir.associate(program.glir)
        context.flush_commands()  # all that gloo has only planned so far
        self._program = context.shared.parser.get_object(program.id)
        self._instanced = instanced
        self._attributes: dict[str, int] = {}
        self._uniforms: dict[str, int] = {}
        self._now: dict[str, object] = {}  # what each of them was set to: saying it again takes as long as changing it

    def __enter__(self) -> Self:
        self._program.activate()
        gl.glEnable(gl.GL_SCISSOR_TEST)
        return self

    def __exit__(self, *_: object) -> None:
        for location in self._attributes.values():
            gl.glDisableVertexAttribArray(location)
            if self._instanced:
                instancing()[0](location, 0)
        gl.glBindBuffer(gl.GL_ARRAY_BUFFER, 0)
        gl.glDisable(gl.GL_SCISSOR_TEST)

    def set(self, name: str, *values: float) -> None:
        """Set a uniform of up to four floats."""
        if self._now.get(name) == values:
            return
        self._now[name] = values
        if name not in self._uniforms:
            self._uniforms[name] = gl.glGetUniformLocation(self._program.handle, name)
        UNIFORMS[len(values)](self._uniforms[name], *values)

    def set_array(self, name: str, values: np.ndarray) -> None:
        """Set a uniform array of vec4 to values (n, 4)."""
        gl.glUniform4fv(gl.glGetUniformLocation(self._program.handle, name), len(values), values.ravel())

    def feed(self, name: str, buffer: Buffer, every: int = 1) -> None:
        """Let an attribute read a buffer."""
        if self._now.get(name) is buffer:
            return
        self._now[name] = buffer
        location = self._attributes.get(name)
        if location is None:
            location = self._attributes[name] = gl.glGetAttribLocation(self._program.handle, name)
            gl.glEnableVertexAttribArray(location)
            if self._instanced:
                instancing()[0](location, every)
        buffer.feed(location)

    def scissor(self, x: int, y: int, width: int, height: int) -> None:
        """Draw inside this rectangle only: physical pixels from the lower left corner."""
        gl.glScissor(x, y, width, height)

    def draw(self, vertices: int, count: int) -> None:
        """Draw `count` points, of one vertex or of the four of a quad."""
        if self._instanced:
            mode = gl.GL_POINTS if vertices == 1 else gl.GL_TRIANGLE_STRIP
            instancing()[1](mode, 0, vertices, count)
        else:
            gl.glDrawArrays(gl.GL_POINTS, 0, count)


@functools.cache
def instancing() -> tuple[Callable[[int, int], None], Callable[[int, int, int, int], None]]:
    """The functions glVertexAttribDivisor and glDrawArraysInstanced of the library that gloo draws with.

    VisPy offers them through PyOpenGL only, which takes 0.15 s to import. Raises DisplayError where there are none.
    """
    from vispy.gloo.gl.gl2 import _get_gl_func

    unsigned, signed = ctypes.c_uint, ctypes.c_int
    try:
        return (
            _get_gl_func("glVertexAttribDivisor", None, (unsigned, unsigned)),
            _get_gl_func("glDrawArraysInstanced", None, (unsigned, signed, signed, signed)),
        )
    except RuntimeError as error:
        raise DisplayError(f"OpenGL cannot draw instances ({error}): {CURE}") from error
