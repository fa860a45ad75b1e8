"""`seeinin view`: the window on a screen, or its picture in a file."""

import os
import sys
from functools import cache as cache_once
from functools import partial
from pathlib import Path
from typing import NoReturn

from seeinin.app import display
from seeinin.app.opening import begin
from seeinin.app.stage import Look, Panel
from seeinin.pool import POOL
from seeinin.state.session import restore
from seeinin.state.state import ViewerState
from seeinin.store.reader import open_cache

LEAVING = 0.5  # s that worker threads have to end when the window is closed


def view(
    cache_path: Path,
    *,
    layer: str | None = None,
    select: str | None = None,
    size: tuple[int, int] = (1600, 1000),
    session: Path | None = None,
    screenshot: Path | None = None,
    theme: Look | None = None,
    columns: tuple[int, int, int] | None = None,
    panel: Panel = "window",
    scale: int = 1,
    caption: bool = False,
) -> int:
    """Open the window and return when it is closed, or write its picture to `screenshot`; the exit code.

    `layer` names the first layer (the last one of the cache without it), `select` a class; a
    `session` brings its own. `columns` are the widths of the window's three columns. A screenshot can be of one
    `panel`, with `scale` pixels to a point and a `caption`. Raises SeeInInError.
    """
    from seeinin.app.viewer import Viewer

    if screenshot is None:
        display.require_screen()
    with open_cache(cache_path) as cache:
        state = begin(ViewerState().attach(cache), layer, select)
        if session is not None:
            restore(state, session)
        headless = screenshot is not None
        with Viewer(
            cache, size, headless=headless, state=state, theme=theme or "dark", scale=scale if headless else 1
        ) as viewer:
            if columns is not None:
                viewer.window.splitter.setSizes(columns)
            if screenshot is None:
                state.events.drawn.connect(partial(POOL.later, _compile), max_args=0)
                viewer.window.remember(colours=theme is None)
                viewer.run()
            else:
                viewer.picture(screenshot, panel, caption=caption)
        ended = POOL.shutdown(LEAVING)
    if not ended:
        _end()
    return 0


def _end() -> NoReturn:
    """Python's own end would stop a thread in the midst of compiled code, and that aborts the process."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


@cache_once
def _compile() -> None:
    """Kernels that no gesture has called yet, compiled behind the first picture; numba keeps them on disk."""
    from seeinin.geometry.warm import compile_kernels
    from seeinin.geometry.warm_orders import compile_orders

    compile_kernels(POOL)
    compile_orders()
