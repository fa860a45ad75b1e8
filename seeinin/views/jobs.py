"""What the matrix asks of the pool. The worker imports it: the window is up before the kernels are."""

from collections.abc import Callable, Generator
from typing import Any

from seeinin.geometry.matrix import Rect
from seeinin.pool import Token
from seeinin.state.sources import Sources
from seeinin.views.frames import Request, Shot


def render(
    token: Token,
    request: Request,
    sources: Sources,
    show: Callable[[Shot], None] | None,
    tell: Callable[[int], None],
    pause: float,
    fast: bool,
) -> Generator[Any, None, Shot]:
    """The exact picture, see `rendering`; one value a cell where cells are too small."""
    if request.summarised:
        from seeinin.views.summary import summarised

        return summarised(token, request, sources, pause)
    from seeinin.views.rendering import rendering

    return rendering(token, request, sources, show, tell, pause, fast)


def look(request: Request, sources: Sources, shown: Rect | None) -> Generator[Any, None, Shot | None]:
    """Something of it, see `first_look`."""
    from seeinin.views.rendering import first_look

    return first_look(request, sources, shown)
