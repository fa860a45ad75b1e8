"""Seein' In: every image at every layer of a vision network, in the network's own coordinates.

`seeinin.precompute(...)` writes a cache, `seeinin.open(path)` reads one, `seeinin.Viewer` does what the mouse can do.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seeinin.app.viewer import Viewer
    from seeinin.precompute.run import precompute
    from seeinin.store.reader import open_cache as open

__all__ = ["Viewer", "open", "precompute"]

_HOMES = {"open": ("seeinin.store.reader", "open_cache"), "Viewer": ("seeinin.app.viewer", "Viewer")}


def __getattr__(name: str) -> Any:
    """Loaded on first use, so that the viewer starts without torch and `precompute` without Qt."""
    from importlib import import_module

    if name == "precompute":
        return import_module("seeinin.precompute")  # a package that can be called
    if name not in _HOMES:
        raise AttributeError(f"module 'seeinin' has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)
