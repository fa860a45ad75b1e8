"""A matrix of 10 × 10 plots of 10,000 points in ten colours on 1000 × 1000 pixels: counted and painted into an array.

One-pixel marks, opaque, the same dots as the peers paint; one frame of a pan, so nothing is kept from the frame before.
"""

from functools import partial

import numpy as np

from benchmarks import painters, vulkan
from benchmarks.ours import seeinin_frame
from benchmarks.peers import started, versus
from benchmarks.report import Row, main
from benchmarks.scene import Scene, same_dots

SCENE = Scene(side=10, points=10_000)
PROMISE = 1 / 20  # of the fastest peer's time, and so of every peer's
PEERS = {
    "matplotlib plot(',')": painters.matplotlib_pixels,
    "pyqtgraph ScatterPlotItem": painters.pyqtgraph_scatter,
    "VisPy Markers": painters.vispy_markers,
    "OpenGL points, a draw a cell": painters.opengl_points,
    "datashader": painters.datashader_counts,
    "fastplotlib": vulkan.fastplotlib_scatter,
    "pygfx Points": vulkan.pygfx_points,
}


def measure() -> list[Row]:
    ours, lit = seeinin_frame(SCENE), SCENE.lit
    assert np.array_equal(ours()[..., :3].any(axis=2), lit)
    case = "10 × 10 × 10,000 points"

    def row(milliseconds: float, peer: str, theirs: float | None, note: str = "") -> Row:
        return Row("render", case, milliseconds, "ms", peer, theirs, PROMISE, note)

    return versus(row, ours, started(PEERS, SCENE), partial(same_dots, lit))


if __name__ == "__main__":
    main(measure, __doc__)
