"""What a viewer begins with."""

from difflib import get_close_matches

from seeinin.errors import CacheError
from seeinin.state.state import ViewerState
from seeinin.store.reader import Cache


def begin(state: ViewerState, layer: str | None = None, select: str | None = None) -> ViewerState:
    """Ask for the first layer, the last of the cache without a name, and for the first selection, a class."""
    cache = state.cache
    state.show_layer(len(cache.layers) - 1 if layer is None else cache.layer(layer).number)
    if select is not None:
        state.select_class(class_number(cache, select))
    return state


def class_number(cache: Cache, name: str) -> int:
    """The number of a class of this name. Raises CacheError with the nearest names."""
    if name in cache.classes:
        return cache.classes.index(name)
    if not cache.classes:
        raise CacheError(f"{cache.path} has no classes, since its images have no labels: leave {name!r} out")
    near = ", ".join(get_close_matches(name, cache.classes, n=3, cutoff=0))
    raise CacheError(f"{cache.path} has no class {name!r}; the nearest are {near}")
