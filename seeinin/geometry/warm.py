"""Compile every kernel that the viewer calls, before a gesture needs it; numba keeps the result on disk."""

import numpy as np

from seeinin.geometry.averages import add_maps
from seeinin.geometry.axis import Axis
from seeinin.geometry.binning import Binned, axis_table, bin_column
from seeinin.geometry.colouring import Colouring
from seeinin.geometry.colours import slot_palette
from seeinin.geometry.counting import counting
from seeinin.geometry.frame import Frame, mirror
from seeinin.geometry.linking import by_place, share_of_images
from seeinin.geometry.look import Look
from seeinin.geometry.nearest import from_ids, nearest
from seeinin.geometry.outside import outside
from seeinin.geometry.painting import paint
from seeinin.geometry.polygon import in_rectangle, inside
from seeinin.geometry.ridges import draw_ridges, spread_of
from seeinin.geometry.spans import spans
from seeinin.pool import Pool


def compile_kernels(pool: Pool) -> None:
    """Call each kernel once with the types that it will get. Seconds at first, then about a tenth of one."""
    images = np.zeros(4, np.uint8)
    axis, cell = Axis(1.0, 0.0, 0.0, 8.0), (0, 8, 0, 8)
    frame, out = Frame(8, 8), np.zeros((8, 8, 4), np.uint8)
    palette, visible = slot_palette(dark=True), np.ones(256, bool)
    colouring = Colouring(images, 1, palette, visible, np.ones(4, np.uint8), 1)
    for dtype in (np.float16, np.float32):
        column = np.arange(4).astype(dtype)
        across = [(column, axis)]
        for _ in counting(pool, frame, across, across, [(0, 0, *cell)], colouring, 0, 4):
            pass
        bin_column(column, axis, 8, np.empty(4, np.int16), axis_table(axis, 8))
        nearest(pool, across[0], across[0], cell, colouring, 0, 0)
        outside(column, 0.0, 1.0)
        add_maps(np.zeros((1, 2, 2)), column.reshape(1, 1, 2, 2))
        inside(pool, np.array([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)]), column, column)
        in_rectangle(pool, ((0.0, 1.0), (0.0, 1.0)), column, column)
    add_maps(np.zeros((1, 2, 2)), images.reshape(1, 1, 2, 2))
    for picture in (out.view(np.uint32)[..., 0], frame.ids):
        mirror(picture, [(cell, cell)])
    from_ids(frame.ids, 0, 0)
    from_ids(frame.ids[1:, 1:], 0, 0)  # a part of a frame is another type to numba
    for look in (Look(), Look(style="density")):
        paint(pool, frame, [cell], look, True, out)
    draw_ridges(out, cell, spread_of(Binned(column, axis, 8), cell, colouring, 0, 4), palette, True)
    places = np.zeros(2, np.int32)
    by_place(images, (2, 2), places, places)
    share_of_images(images, 4)
    spans([np.zeros((1, 2))], 8, 8, 2)
