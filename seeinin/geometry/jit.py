"""numba as the kernels use it, without scipy, which it would import for the sake of BLAS."""

import importlib
import sys


def _import_numba() -> None:
    """Import numba while scipy, which takes 0.2 s of the viewer's start and is of no use to it, cannot be found."""
    hide = "scipy" not in sys.modules
    if hide:
        sys.modules["scipy"] = None  # type: ignore[assignment]  # Python's way of saying "not installed"
    try:
        importlib.import_module("numba")
        importlib.import_module("numba.np.arraymath")  # looks for BLAS when the first kernel is loaded, or now
    finally:
        if hide:
            del sys.modules["scipy"]


_import_numba()

from numba import njit  # noqa: E402

kernel = njit(nogil=True, cache=True, error_model="numpy")
"""Compiles a function that holds no lock of Python and runs on the thread that calls it. Never `parallel=True`: where
libgomp is missing, numba aborts the process when two threads enter its threading layer."""

fused = njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract"})
"""Likewise, and a product and a sum may become one instruction: faster, and rounded once instead of twice."""
