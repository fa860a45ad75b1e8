"""Ours in `render`, `cell` and `window`: what the viewer does for a picture, without a window."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers import Draw
from benchmarks.scene import CLASSES, SIZE, Scene
from seeinin.geometry.axis import Axis
from seeinin.geometry.box import Box
from seeinin.geometry.colouring import Colouring
from seeinin.geometry.counting import Cell, counting
from seeinin.geometry.frame import Frame, mirror
from seeinin.geometry.look import Look
from seeinin.geometry.painting import paint
from seeinin.pool import POOL


def seeinin_frame(scene: Scene) -> Draw:
    """Opaque marks of one pixel, uint8 (SIZE, SIZE, 4); half of the matrix is counted, the other half mirrored."""
    columns, side = scene.columns.astype(np.float16), SIZE // scene.side
    across = [(columns[scene.channels(0, j)[0]], Axis(side, side * j, 0, 1)) for j in range(scene.side)]
    down = [(columns[scene.channels(i, 0)[1]], Axis(-side, SIZE - side * i, 0, 1)) for i in range(scene.side)]
    rects = {(i, j): rect(i, j, side) for i, j in scene.plots}
    cells: list[Cell] = [(j, i, *rects[i, j]) for i, j in scene.plots if i <= j]
    copies = [(rects[j, i], rects[i, j]) for i, j in scene.plots if i > j]
    palette = np.zeros((256, 3), np.uint8)
    palette[:CLASSES] = scene.palette
    colouring = Colouring(scene.label, 1, palette, np.ones(256, bool))
    frame, picture = Frame(SIZE, SIZE), np.zeros((SIZE, SIZE, 4), np.uint8)
    look = Look(size=1, opacity=1, background=(0, 0, 0))
    count = partial(counting, POOL, frame, across, down, cells, colouring, 0, scene.points)
    halves = [copies[k :: POOL.size] for k in range(POOL.size)]

    def draw() -> NDArray[np.uint8]:
        for _ in count():
            pass
        paint(POOL, frame, [cell[2:] for cell in cells], look, False, picture)
        POOL.share(partial(mirror, picture.view(np.uint32)[..., 0]), halves)
        return picture

    return draw


def rect(row: int, column: int, side: int) -> Box:
    """Rows count from the bottom."""
    return SIZE - (row + 1) * side, SIZE - row * side, column * side, (column + 1) * side
