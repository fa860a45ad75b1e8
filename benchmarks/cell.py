"""One plot of 1, 10 and 100 million points in ten colours on 1000 × 1000 pixels, drawn anew into an array.

A peer is not asked for ten times as many points where that would take it longer than some seconds.
"""

from functools import partial

import numpy as np

from benchmarks import painters, vulkan
from benchmarks.ours import seeinin_frame
from benchmarks.peers import alone, started, versus
from benchmarks.report import Row, main
from benchmarks.scene import Scene, same_dots

COUNTS = (1_000_000, 10_000_000, 100_000_000)
PATIENCE = 1500.0  # ms for a frame, from which a peer is not asked for ten times as many points
PEERS = {
    "VisPy Markers": painters.vispy_markers,
    "OpenGL points, one draw": painters.opengl_points,
    "datashader": painters.datashader_counts,
    "pygfx Points": vulkan.pygfx_points,
    "datoviz, upload included": vulkan.datoviz_pixels,
}


def compare(count: int, before: dict[str, Row]) -> list[Row]:
    scene = Scene(side=1, points=count)
    ours, lit = seeinin_frame(scene), scene.lit
    assert np.array_equal(ours()[..., :3].any(axis=2), lit)

    def row(milliseconds: float, peer: str, theirs: float | None, note: str = "") -> Row:
        return Row("cell", f"{count / 1e6:g} M points", milliseconds, "ms", peer, theirs, note=note)

    left_out = {name: row(alone(ours), name, None, why) for name in PEERS if (why := reason(before.get(name)))}
    peers = started({name: painter for name, painter in PEERS.items() if name not in left_out}, scene)
    return versus(row, ours, peers, partial(same_dots, lit), rounds=3) + list(left_out.values())


def reason(before: Row | None) -> str:
    """Why a peer is not asked for more points than `before`; nothing where it is."""
    if before is None or (before.theirs is not None and before.theirs < PATIENCE):
        return ""
    return before.note if before.theirs is None else f"not tried: {before.theirs:,.0f} ms for {before.case}"


def measure() -> list[Row]:
    rows: list[Row] = []
    for count in COUNTS:
        rows += compare(count, {row.peer: row for row in rows})
    return rows


if __name__ == "__main__":
    main(measure, __doc__)
