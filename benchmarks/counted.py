"""Part of `gpu`: points counted by the card as the viewer has it done, against the cores and against reading alone."""

import statistics
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from vispy.gloo import gl

from benchmarks.ours import rect
from benchmarks.report import Row, alternate, timed
from benchmarks.scene import CLASSES, SIZE, Scene
from seeinin.geometry.axis import Axis
from seeinin.geometry.colouring import Colouring
from seeinin.geometry.counting import counting
from seeinin.geometry.frame import Frame
from seeinin.pool import POOL, Token
from seeinin.views.card import Card
from seeinin.views.tallying import Task
from seeinin.visuals.compute import Kernel, Storage, start

ROUNDS = 5
BYTES = 2 * 2 + 1  # of a point: two halves and a slot
READ = """#version 430
layout(local_size_x = 256) in;
layout(std430, binding = 0) readonly buffer Xs { uvec2 xs[]; };
layout(std430, binding = 1) readonly buffer Ys { uvec2 ys[]; };
layout(std430, binding = 2) readonly buffer Slots { uint slots[]; };
layout(std430, binding = 3) buffer Seen { uint seen[]; };
uniform uint u_count;
void main() {
    uint k = gl_GlobalInvocationID.x + gl_GlobalInvocationID.y * gl_NumWorkGroups.x * 256u;
    if (k < u_count && (xs[k].x | xs[k].y | ys[k].x | ys[k].y | slots[k]) == 1u) seen[0] = k;  // hardly ever
}"""


class Counting:
    """All plots counted, as the viewer has it done by the card and by the cores."""

    def __init__(self, scene: Scene) -> None:
        columns, side = scene.columns.astype(np.float16), SIZE // scene.side
        of = [scene.channels(k, k) for k in range(scene.side)]
        across = [(columns[x], Axis(side, side * k, 0, 1)) for k, (x, _) in enumerate(of)]
        down = [(columns[y], Axis(-side, SIZE - side * k, 0, 1)) for k, (_, y) in enumerate(of)]
        cells = [(j, i, *rect(i, j, side)) for i, j in scene.plots]
        palette = np.zeros((256, 3), np.uint8)
        palette[:CLASSES] = scene.palette
        self.scene, self.boxes, self.card = scene, [cell[2:] for cell in cells], Card()
        self.work = across, down, cells, Colouring(scene.label, 1, palette, np.ones(256, bool))
        self.frames = Frame(SIZE, SIZE), Frame(SIZE, SIZE)

    def by_card(self) -> None:
        self.card.count(Task(Token(), self.frames[0], *self.work, self.scene.points)).result()

    def by_cores(self) -> None:
        for _ in counting(POOL, self.frames[1], *self.work, 0, self.scene.points):
            pass

    def assert_same(self) -> None:
        for box in self.boxes:
            ours, theirs = (frame.tile(box) for frame in self.frames)
            assert np.array_equal(ours.sums[0], theirs.sums[0])
            assert np.array_equal(ours.keys, theirs.keys)


def reading(scene: Scene) -> float:
    """Seconds until the simplest shader has read what counting has to, in a thread of its own as that has."""

    def measure() -> float:
        start()
        kernel, seen = Kernel(READ), Storage(1)
        columns = [Storage(column.astype(np.float16)) for column in scene.columns]
        slots = Storage(scene.label)

        def read() -> None:
            for row, column in scene.plots:
                x, y = scene.channels(row, column)
                words = scene.points // 4
                kernel.run(words, (columns[x], columns[y], slots, seen), {"u_count": words})
            gl.glFinish()

        read()
        return statistics.median(timed(read) for _ in range(ROUNDS))

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(measure).result()


def counted(scene: Scene) -> list[Row]:
    work, points = Counting(scene), scene.points * len(scene.plots)
    card, cores = alternate(work.by_card, work.by_cores, rounds=ROUNDS if scene.side == 1 else 3)
    work.assert_same()
    case, floor = f"{scene.side} × {scene.side} × {scene.points:,} points, counted", reading(scene)
    note = (
        f"{points / card / 1e6:,.0f} M points/s, {points * 5 / card / 1e9:.2g} GB/s; the same sums and topmost points"
    )
    against = {"the cores": cores, "reading the same bytes": floor}
    return [Row("gpu", case, 1000 * card, "ms", peer, 1000 * theirs, note=note) for peer, theirs in against.items()]
