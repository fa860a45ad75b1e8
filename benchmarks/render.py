"""A matrix of 10 × 10 plots of 10,000 points in ten colours on 1000 × 1000 pixels: counted and painted into an array.

One-pixel marks, opaque, the same dots as the peers paint; one frame of a pan, so nothing is kept from the frame before.
"""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmarks.painters import PAINTERS, SIZE, Draw, Plots
from benchmarks.report import Row, alternate, main
from seeinin.geometry.axis import Axis
from seeinin.geometry.colouring import Colouring
from seeinin.geometry.counting import counting
from seeinin.geometry.frame import Frame
from seeinin.geometry.painting import Look, paint
from seeinin.pool import POOL

CHANNELS, POINTS, CLASSES = 10, 10_000, 10
CELL = SIZE // CHANNELS


def plots() -> Plots:
    """Ten overlapping clusters, float16 values within the cells."""
    rng = np.random.default_rng(0)
    label = rng.integers(0, CLASSES, POINTS)
    values = rng.normal(size=(CHANNELS, CLASSES))[:, label] + rng.normal(size=(CHANNELS, POINTS))
    low, high = values.min(axis=1, keepdims=True), values.max(axis=1, keepdims=True)
    columns = (0.01 + 0.98 * (values - low) / (high - low)).astype(np.float16).astype(np.float32)
    return Plots(columns, label, rng.integers(80, 256, (CLASSES, 3), np.uint8))


def seeinin_frame(given: Plots) -> Draw:
    columns = given.columns.astype(np.float16)
    across = [Axis(CELL, CELL * j, 0, 1) for j in range(CHANNELS)]
    down = [Axis(-CELL, CELL * (i + 1), 0, 1) for i in range(CHANNELS)]
    rows = list(zip(columns[::-1], down, strict=True))
    cells = [
        (j, i, CELL * i, CELL * (i + 1), CELL * j, CELL * (j + 1)) for i in range(CHANNELS) for j in range(CHANNELS)
    ]
    palette = np.zeros((256, 3), np.uint8)
    palette[:CLASSES] = given.palette
    colouring = Colouring(given.label.astype(np.uint8), 1, palette, np.ones(256, bool))
    frame, picture = Frame(SIZE, SIZE), np.zeros((SIZE, SIZE, 4), np.uint8)
    look = Look(size=1, opacity=1, background=(0, 0, 0))
    count = partial(counting, POOL, frame, list(zip(columns, across, strict=True)), rows, cells, colouring, 0, POINTS)

    def draw() -> NDArray[np.uint8]:
        for _ in count():
            pass
        paint(POOL, frame, [cell[2:] for cell in cells], look, False, picture)
        return picture[..., :3]

    return draw


def expected_dots(given: Plots) -> NDArray[np.bool_]:
    """The pixels that hold a point, worked out plainly: the oracle of ours."""
    lit = np.zeros((SIZE, SIZE), bool)
    for row, column in np.ndindex(CHANNELS, CHANNELS):
        x = np.floor(given.columns[column] * np.float64(CELL)) + CELL * column
        y = np.floor(given.columns[row] * np.float64(-CELL)) + CELL * (CHANNELS - row)
        lit[y.astype(int), x.astype(int)] = True
    return lit


def spread(lit: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The pixels and their neighbours: peers round a place to a pixel each in its own way."""
    padded = np.pad(lit, 1)
    return np.any([padded[y : y + SIZE, x : x + SIZE] for y in range(3) for x in range(3)], axis=0)


def same_dots(ours: NDArray[np.uint8], theirs: NDArray[np.uint8]) -> bool:
    lit, lit_there = ours.any(axis=2), theirs.any(axis=2)
    return bool((lit & ~spread(lit_there)).sum() + (lit_there & ~spread(lit)).sum() <= 0.001 * lit.sum())


def measure() -> list[Row]:
    given = plots()
    ours = seeinin_frame(given)
    assert np.array_equal(ours().any(axis=2), expected_dots(given))
    peers = {name: painter(given) for name, painter in PAINTERS.items()}
    for name, draw in peers.items():
        assert same_dots(ours(), draw()), f"{name} paints other dots"
    milliseconds, *others = (1000 * seconds for seconds in alternate(ours, *peers.values()))
    case = "10 × 10 × 10,000 points"
    rows = [Row("render", case, milliseconds, "ms", name, other) for name, other in zip(peers, others, strict=True)]
    return [*rows, Row("render", case, milliseconds, "ms", "the fastest of them", min(others), promise=1 / 20)]


if __name__ == "__main__":
    main(measure, __doc__)
