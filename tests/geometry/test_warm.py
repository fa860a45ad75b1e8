"""Nothing is compiled in front of a gesture: the types that kernels get in use are those that were compiled before."""

import importlib
import pkgutil
import subprocess
import sys

import numpy as np
import pytest
from numba.core.dispatcher import Dispatcher

import seeinin.geometry
from seeinin.geometry.averages import add_maps
from seeinin.geometry.axis import Axis
from seeinin.geometry.binning import Binned
from seeinin.geometry.colouring import Colouring
from seeinin.geometry.colours import slot_palette
from seeinin.geometry.counting import counting
from seeinin.geometry.frame import Frame, mirror
from seeinin.geometry.linking import by_place, home_map, share_of_images
from seeinin.geometry.look import Look
from seeinin.geometry.nearest import from_ids, nearest
from seeinin.geometry.outside import outside
from seeinin.geometry.painting import paint
from seeinin.geometry.polygon import in_rectangle, inside
from seeinin.geometry.ridges import draw_ridges, spread_of
from seeinin.geometry.spans import spans
from seeinin.geometry.warm import compile_kernels
from seeinin.pool import POOL


def compiled():
    """Signatures compiled so far, by kernel."""
    names = [f"seeinin.geometry.{found.name}" for found in pkgutil.iter_modules(seeinin.geometry.__path__)]
    modules = [importlib.import_module(name) for name in names]
    return {
        f"{module.__name__}.{name}": set(value.signatures)
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, Dispatcher)
    }


def session(dtype, images, positions, channels):
    """All that a viewer asks of the kernels, with arrays of every size, order and origin that it has."""
    rng = np.random.default_rng(0)
    points = images * positions
    layer = rng.normal(size=(channels, points)).astype(dtype)
    across = [(column, Axis(20.0, 20.0 + 50 * k, -1, 1)) for k, column in enumerate(layer)]
    down = [(column, Axis(-20.0, np.float64(20.0 + 50 * k), -1, 1)) for k, column in enumerate(layer)]
    rects = [(50 * i, 50 * i + 40, 50 * j, 50 * j + 40) for i in range(channels) for j in range(channels)]
    cells = [(j, i, *rects[i * channels + j]) for i in range(channels) for j in range(channels)]
    slot = rng.integers(0, 10, images).astype(np.uint8)
    size = 50 * channels
    out = np.zeros((size, size, 4), np.uint8)
    for strength, repeat in ((None, 1), (slot, positions), (np.repeat(slot, positions), 1)):
        colouring = Colouring(slot, positions, slot_palette(dark=True), np.arange(256) != 255, strength, repeat)
        frame = Frame(size, size)
        for _ in counting(POOL, frame, across, down, cells, colouring, 0, points):
            pass
        for picture in (out.view(np.uint32)[..., 0], frame.ids):
            mirror(picture, [(rects[0], rects[0])])
        for look in (Look(), Look(3.5, 1.0, "density", (255, 255, 255))):
            paint(POOL, frame, rects, look, strength is not None, out)
        from_ids(frame.ids[3:20, 2:30], 5, 5, 8.0)
        from_ids(frame.ids, 5, 5)
        nearest(POOL, across[0], down[-1], rects[0], colouring, 7, 7, 8.0)
        spread = spread_of(Binned(*across[0], size), rects[0], colouring, 0, points)
        draw_ridges(out, rects[0], spread, colouring.palette, strength is not None)
    polygon = rng.normal(size=(20, 2))
    inside(POOL, polygon, layer[0], layer[-1], ((-1, 1), (-1.0, np.inf)))
    in_rectangle(POOL, ((0, 1), (-1.0, 1.0)), layer[0], layer[-1])
    outside(layer[0], -1, 1.0)
    spans([rng.normal(size=(9, 2))], size, 9.5, 2.0)
    maps = layer[:, :images].T.reshape(images, channels, 1, 1)
    for rows in (maps, np.ascontiguousarray(maps), np.ascontiguousarray(maps[:1])):
        add_maps(np.zeros((channels, 1, 1)), rows)
        add_maps(np.zeros((channels, 1, 1)), rows, slot[: len(rows)])
    home = np.array([(0, 3), (4, 7)], np.int32)
    by_place(np.repeat(slot, 4), (2, 2), home_map(home, home), home_map(home, home))
    share_of_images(np.repeat(slot, 4), 4)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize(
    ("images", "positions", "channels"), [(40, 1, 1), (16_384, 1, 2), (130_000, 1, 1), (50, 36, 3)]
)
def test_a_session_compiles_nothing_more(dtype, images, positions, channels):
    compile_kernels(POOL)
    before = compiled()
    session(dtype, images, positions, channels)
    after = compiled()
    assert {name: types - before[name] for name, types in after.items() if types != before[name]} == {}


def test_kernels_load_without_scipy():
    """It takes longer to import than numba's share of the time to the first picture."""
    code = (
        "import sys; from seeinin.pool import POOL; from seeinin.geometry.warm import compile_kernels;"
        "compile_kernels(POOL); assert not [m for m in sys.modules if m.split('.')[0] == 'scipy']"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
