"""The counts of a frame by compute shaders: one tallies points by colour and pixel, one makes sums of that."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from vispy.gloo import gl

from seeinin.geometry import spare
from seeinin.geometry.axis import Axis
from seeinin.geometry.colouring import Colouring
from seeinin.geometry.counting import Cell
from seeinin.geometry.frame import FULL, SELECTED, Frame
from seeinin.pool import Token, ranges
from seeinin.visuals.compute import Kernel, Storage

TABLE = """#version 430
layout(local_size_x = 256) in;
layout(std430, binding = 0) writeonly buffer Tables { uint tables[]; };
uniform uint u_table;
PLACING
uniform Line u_line;
uint placed(float value) { return uint(pixel_of(u_line, value)) & 65535u; }

void main() {
    uint k = gl_GlobalInvocationID.x;  // two float16 codes
    vec2 values = unpackHalf2x16(2u * k | (2u * k + 1u) << 16);
    tables[u_table + k] = placed(values.x) | placed(values.y) << 16;
}"""

TALLY = """#version 430
layout(local_size_x = 256) in;
layout(std430, binding = 0) readonly buffer Xs { uint xs[]; };
layout(std430, binding = 1) readonly buffer Ys { uint ys[]; };
layout(std430, binding = 2) readonly buffer Tables { uint tables[]; };  // int16 by float16 code: pixel, or negative
layout(std430, binding = 3) readonly buffer Slots { uint slots[]; };
layout(std430, binding = 4) readonly buffer Strengths { uint strengths[]; };
layout(std430, binding = 5) readonly buffer Palette { uint palette[]; };
layout(std430, binding = 6) buffer Tally { uint tally[]; };  // by plane, slot, pixel
layout(std430, binding = 7) buffer Tops { uint tops[]; };    // by pixel: 1 + the topmost point; then the strengths
PLACING
uniform Line u_x, u_y;
uniform uint u_coded, u_x_table, u_y_table;     // float16, whose pixels are looked up
uniform uint u_stop, u_count, u_cell, u_width, u_pixels, u_slots;
uniform uint u_slot_repeat, u_strength_repeat;  // the latter 0 where nothing is selected
const uint NOWHERE = 0xffffffffu;

uint byte_of(uint word, uint n) { return word >> (8u * (n & 3u)) & 255u; }

int looked_up(uint table, uint word, uint p) {
    uint code = word >> (16u * (p & 1u)) & 65535u;
    return bitfieldExtract(int(tables[table + (code >> 1)]), 16 * int(code & 1u), 16);
}

uint pixel(uint p) {
    int x = u_coded > 0u ? looked_up(u_x_table, xs[p >> 1], p) : pixel_of(u_x, uintBitsToFloat(xs[p]));
    int y = u_coded > 0u ? looked_up(u_y_table, ys[p >> 1], p) : pixel_of(u_y, uintBitsToFloat(ys[p]));
    return x < 0 || y < 0 ? NOWHERE : u_cell + uint(y) * u_width + uint(x);
}

void put(uint at, uint slot, uint points, uint share, uint top) {
    if (points == 0u || at == NOWHERE || palette[slot] >> 31 == 0u) return;
    uint plane = share > 0u ? u_slots : 0u, key = top + 1u | (share > 0u ? 1u << 31 : 0u);
    atomicAdd(tally[(plane + slot) * u_pixels + at], points);
    if (share > 0u) atomicAdd(tops[u_pixels + at], share);
    if (tops[at] < key) atomicMax(tops[at], key);  // seldom: the topmost points come first
}

void main() {
    uint k = gl_GlobalInvocationID.x + gl_GlobalInvocationID.y * gl_NumWorkGroups.x * 256u;
    uint points = 0u, share = 0u, top = 0u, at = NOWHERE, slot = 0u;
    for (uint n = k * RUN; n < min((k + 1u) * RUN, u_count); n++) {  // neighbours are often alike: a single addition
        uint p = u_stop - 1u - n, image = p / u_slot_repeat, strength = 0u;
        uint here = pixel(p), colour = byte_of(slots[image >> 2], image);
        if (u_strength_repeat > 0u) {
            image = p / u_strength_repeat;
            strength = byte_of(strengths[image >> 2], image);
        }
        if (here != at || colour != slot || (strength > 0u) != (share > 0u)) {
            put(at, slot, points, share, top);
            points = 0u; share = 0u; top = p; at = here; slot = colour;
        }
        points += 1u;
        share += strength;
    }
    put(at, slot, points, share, top);
}"""

FOLD = """#version 430
layout(local_size_x = 256) in;
layout(std430, binding = 0) readonly buffer Palette { uint palette[]; };  // linear r, g, b by slot
layout(std430, binding = 1) readonly buffer Tally { uint tally[]; };
layout(std430, binding = 2) buffer Sums { uint sums[]; };  // of a cell: by plane, pixel: count, r, g, b
uniform uint u_count, u_planes, u_cell, u_place, u_pixels, u_slots, u_full;  // the place of a cell: in the frame

void main() {
    uint k = gl_GlobalInvocationID.x + gl_GlobalInvocationID.y * gl_NumWorkGroups.x * 256u;
    if (k >= u_count * u_planes) return;
    uint plane = k / u_count, count = 0u;
    dvec3 colour = dvec3(0.0);
    for (uint slot = 0u; slot < u_slots; slot++) {
        uint points = tally[(plane * u_slots + slot) * u_pixels + u_cell + k % u_count], word = palette[slot];
        count += points;
        colour += double(points) * dvec3(word & 255u, word >> 8 & 255u, word >> 16 & 255u);
    }
    if (count > u_full) colour *= double(u_full) / double(count);
    uint at = 8u * u_place + 4u * k;
    sums[at] = count;
    sums[at + 1u] = uint(colour.r); sums[at + 2u] = uint(colour.g); sums[at + 3u] = uint(colour.b);
}"""

PLACING = """
struct Line { double scale, offset, first, last, start, end; };
int pixel_of(Line line, float value) {  // from `start` on, negative outside: in float64, as the cores have it
    precise double place = min(max(floor(double(value) * line.scale + line.offset), line.first), line.last);
    return isnan(value) || place < line.start || place >= line.end ? -1 : int(place - line.start);
}"""

RUN = 16  # points that one invocation counts
CODES = 1 << 16  # of float16
SCRATCH = 1 << 26  # words of tallies
SLICE = 200_000_000  # points that are counted before somebody asks whether they are still wanted

Line = tuple[NDArray[Any], Axis]
Uniforms = dict[str, int | float]


class Kernels(NamedTuple):
    """The shaders, made ready in the thread that is to run them."""

    table: Kernel
    tally: Kernel
    fold: Kernel

    @classmethod
    def made(cls) -> Self:
        sources = (text.replace("PLACING", PLACING).replace("RUN", f"{RUN}u") for text in (TABLE, TALLY, FOLD))
        return cls(*map(Kernel, sources))


class Task(NamedTuple):
    """Count the first `points` of all cells, from nothing, into `frame`; the rest is as `geometry.counting` has it."""

    token: Token
    frame: Frame
    columns: Sequence[Line]
    rows: Sequence[Line]
    cells: Sequence[Cell]
    colouring: Colouring
    points: int


class Tallying:
    """One task; `storage` gives arrays on the card, and `scratch` memory by name: both are kept there for the next."""

    def __init__(
        self,
        kernels: Kernels,
        storage: Callable[[NDArray[Any]], Storage],
        scratch: Callable[[str, int], Storage],
        task: Task,
    ) -> None:
        self.kernels, self.storage, self.scratch, self.task = kernels, storage, scratch, task
        self.frame, self.points, self.colouring = task.frame, task.points, task.colouring
        self.planes, self.slots = task.colouring.planes, 1 + int(task.colouring.slot.max(initial=0))

    def run(self) -> None:
        self.frame.forget()
        self.slot, strength = self.storage(self.colouring.slot), self.colouring.strength
        self.strength = self.slot if strength is None else self.storage(strength)
        self.palette = self.scratch("palette", 256)
        shifted = self.colouring.palette.astype(np.uint32) << np.arange(0, 24, 8, dtype=np.uint32)
        self.palette.write(shifted.sum(1, dtype=np.uint32) | self.colouring.visible.astype(np.uint32) << 31)
        words = 8 * sum(map(_area, self.task.cells))
        sums = self.scratch("sums", words)
        for group in self._groups():
            self._count(group, sums)
        sums.read(self.frame.sums[:words])

    def _groups(self) -> list[list[Cell]]:
        """Cells whose tallies fit into SCRATCH together, or a single one."""
        groups: list[list[Cell]] = []
        room = 0
        for cell in self.task.cells:
            words = self.slots * self.planes * _area(cell)
            if words > room:
                groups.append([])
                room = SCRATCH
            groups[-1].append(cell)
            room -= words
        return groups

    def _count(self, cells: list[Cell], sums: Storage) -> None:
        places, count = [self.frame.place(cell[2:]) for cell in cells], sum(map(_area, cells))
        tally, tops = self.scratch("tally", self.slots * self.planes * count), self.scratch("tops", 2 * count)
        tally.clear()
        tops.clear()
        lines, tables = self._lines(cells)
        uniforms: Uniforms = {
            "u_pixels": count,
            "u_slots": self.slots,
            "u_slot_repeat": self.colouring.slot_repeat,
            "u_strength_repeat": self.colouring.strength_repeat * (self.strength is not self.slot),
        }
        pending = 0
        for (j, i, y0, y1, x0, x1), place in zip(cells, places, strict=True):
            (x, along), (y, down) = lines["x", j, x0, x1], lines["y", i, y0, y1]
            storages = x, y, tables, self.slot, self.strength, self.palette, tally, tops
            cell = {"u_cell": place - places[0], "u_width": x1 - x0}
            for begin, stop in ranges(0, self.points, SLICE):
                part = {"u_stop": stop, "u_count": stop - begin}
                self.kernels.tally.run(-(-(stop - begin) // RUN), storages, uniforms | along | down | cell | part)
                pending = self._look_up(pending + stop - begin)
        Kernel.barrier()
        self._fold(cells, places, tally, sums, uniforms)
        self._keep(places[0], count, tops)

    def _look_up(self, pending: int) -> int:
        """Wait for the card now and then, to ask whether anybody is still waiting; returns the points that it has."""
        if pending < SLICE:
            return pending
        gl.glFinish()
        self.task.token.check()
        return 0

    def _fold(self, cells: list[Cell], places: list[int], tally: Storage, sums: Storage, uniforms: Uniforms) -> None:
        for cell, place in zip(cells, places, strict=True):
            count = _area(cell)
            part: Uniforms = {"u_count": count, "u_planes": self.planes, "u_cell": place - places[0], "u_place": place}
            part |= {"u_pixels": uniforms["u_pixels"], "u_slots": self.slots, "u_full": FULL}
            self.kernels.fold.run(count * self.planes, (self.palette, tally, sums), part)
        Kernel.barrier()

    def _keep(self, first: int, count: int, tops: Storage) -> None:
        """The topmost points and the strengths, into the frame."""
        words = spare.empty(2 * count, np.uint32)
        tops.read(words)
        top, share = words[:count], words[count:]
        keys = self.frame.keys[first : first + count]
        keys[:] = (top & 0x7FFFFFFF).astype(np.int64) - 1
        keys[top >> 31 > 0] += SELECTED
        self.frame.share[first : first + count] = share

    def _lines(self, cells: list[Cell]) -> tuple[dict[tuple[str, int, int, int], tuple[Storage, Uniforms]], Storage]:
        """Columns on the card by direction, position and clip, each with what places its values; and their tables."""
        wanted = [line for j, i, y0, y1, x0, x1 in cells for line in (("x", j, x0, x1), ("y", i, y0, y1))]
        wanted, lines = list(dict.fromkeys(wanted)), {}
        tables = self.scratch("tables", len(wanted) * CODES // 2)
        for n, (name, k, start, end) in enumerate(wanted):
            column, axis = (self.task.columns if name == "x" else self.task.rows)[k]
            uniforms: Uniforms = {"u_coded": 0} | _placing(f"u_{name}", axis, start, end)
            if column.dtype == np.float16:
                uniforms = {"u_coded": 1, f"u_{name}_table": n * CODES // 2}
                placing = _placing("u_line", axis, start, end)
                self.kernels.table.run(CODES // 2, (tables,), placing | {"u_table": n * CODES // 2})
            lines[name, k, start, end] = self.storage(column), uniforms
        Kernel.barrier()
        return lines, tables


def _placing(name: str, axis: Axis, start: int, end: int) -> Uniforms:
    """An axis for the shaders, and which of its pixels are seen."""
    fields: Uniforms = {"scale": axis.scale, "offset": axis.offset, "start": start, "end": end}
    fields |= zip(("first", "last"), axis.span, strict=True)
    return {f"{name}.{field}": float(value) for field, value in fields.items()}


def _area(cell: Cell) -> int:
    _, _, y0, y1, x0, x1 = cell
    return (y1 - y0) * (x1 - x0)
