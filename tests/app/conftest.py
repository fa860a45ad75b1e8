"""A small cache with known values, and windows on it."""

import pytest

from tests.app.caches import written


@pytest.fixture(scope="session")
def cache_path(tmp_path_factory):
    return written(tmp_path_factory.mktemp("caches") / "small.h5")


@pytest.fixture
def write_cache():
    """`write_cache(path, classes=…)` makes another one."""
    return written


@pytest.fixture
def cache(cache_path):
    from seeinin.store.reader import open_cache

    with open_cache(cache_path) as opened:
        yield opened


@pytest.fixture
def state(cache):
    from seeinin.state.state import ViewerState

    return ViewerState().attach(cache)


@pytest.fixture
def window(state, qtbot):
    """A real window, settled, on the virtual screen."""
    from seeinin.app.loop import Waker, application
    from seeinin.app.window import Window

    application()
    made = Window(state, (1000, 700))
    waker = Waker(state.inbox)
    qtbot.addWidget(made)
    state.show_layer(1)
    made.appear()
    made.activateWindow()  # there is no window manager to do it, and keys go to the active window only
    qtbot.waitUntil(made.isActiveWindow)
    qtbot.waitUntil(made.settled, timeout=60_000)
    yield made
    waker.stop()
