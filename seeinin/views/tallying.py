"""The counts of a frame by compute shaders: one tallies points by colour and pixel, one makes sums of that."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vispy.gloo import gl

from seeinin.geometry.axis import Axis
from seeinin.geometry.binning import axis_table
from seeinin.geometry.colouring import Colouring
from seeinin.geometry.counting import Cell
from seeinin.geometry.frame import FULL, SELECTED, Frame
from seeinin.pool import Token, ranges
from seeinin.visuals.compute import Kernel, Storage

COUNT = """#version 430
layout(local_size_x = 256) in;
layout(std430, binding = 0) readonly buffer Xs { uint xs[]; };
layout(std430, binding = 1) readonly buffer Ys { uint ys[]; };
layout(std430, binding = 2) readonly buffer Tables { uint tables[]; };  // int16 by float16 code: pixel, or negative
layout(std430, binding = 3) readonly buffer Slots { uint slots[]; };
layout(std430, binding = 4) readonly buffer Strengths { uint strengths[]; };
layout(std430, binding = 5) readonly buffer Palette { uint palette[]; };
layout(std430, binding = 6) buffer Tally { uint tally[]; };  // by plane, slot, pixel
layout(std430, binding = 7) buffer Tops { uint tops[]; };    // by pixel: 1 + the topmost point; then the strengths
struct Line { uint coded, table; double scale, offset, first, last, start, end; };  // float16, or one to be worked out
uniform Line u_x, u_y;
uniform uint u_start, u_stop, u_cell, u_width, u_pixels, u_slots;
uniform uint u_slot_repeat, u_strength_repeat;  // the latter 0 where nothing is selected

uint byte_of(uint word, uint n) { return word >> (8u * (n & 3u)) & 255u; }

int pixel_of(Line line, uint word, uint p) {
    if (line.coded != 0u) {
        uint code = word >> (16u * (p & 1u)) & 65535u;
        return bitfieldExtract(int(tables[line.table + (code >> 1)]), 16 * int(code & 1u), 16);
    }
    float value = uintBitsToFloat(word);
    double place = min(max(floor(double(value) * line.scale + line.offset), line.first), line.last);
    return isnan(value) || place < line.start || place >= line.end ? -1 : int(place - line.start);
}

void main() {
    uint k = gl_GlobalInvocationID.x + gl_GlobalInvocationID.y * gl_NumWorkGroups.x * 256u;
    if (k >= u_stop - u_start) return;
    uint p = u_stop - 1u - k;  // the topmost first: hardly any other has to be written then
    int x = pixel_of(u_x, xs[u_x.coded != 0u ? p >> 1 : p], p);
    int y = pixel_of(u_y, ys[u_y.coded != 0u ? p >> 1 : p], p);
    uint image = p / u_slot_repeat, slot = byte_of(slots[image >> 2], image);
    if (x < 0 || y < 0 || palette[slot] >> 31 == 0u) return;
    uint at = u_cell + uint(y) * u_width + uint(x), strength = 0u, key = p + 1u;
    if (u_strength_repeat > 0u) {
        image = p / u_strength_repeat;
        strength = byte_of(strengths[image >> 2], image);
    }
    if (strength > 0u) {
        slot += u_slots;
        key |= 1u << 31;
        atomicAdd(tops[u_pixels + at], strength);
    }
    atomicAdd(tally[slot * u_pixels + at], 1u);
    if (tops[at] < key) atomicMax(tops[at], key);
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

SCRATCH = 1 << 26  # words of tallies
SLICE = 200_000_000  # points that are counted before somebody asks whether they are still wanted

PLACING = ("scale", "offset", "first", "last", "start", "end")  # of an axis, for the shader

Line = tuple[NDArray[Any], Axis]
Placing = dict[str, int | float]


class Tallying:
    """One frame; `storage` gives arrays on the card, which are kept there for the next one."""

    def __init__(
        self, storage: Callable[[NDArray[Any]], Storage], token: Token, frame: Frame, colouring: Colouring, points: int
    ) -> None:
        self.storage, self.token, self.frame, self.points = storage, token, frame, points
        self.colouring, self.planes = colouring, colouring.planes
        self.slots = 1 + int(colouring.slot.max(initial=0))
        self.made: list[Storage] = []

    def run(
        self, kernels: tuple[Kernel, Kernel], columns: Sequence[Line], rows: Sequence[Line], cells: Sequence[Cell]
    ) -> None:
        """Count the first points of all cells, from nothing. `kernels` are of COUNT and FOLD."""
        self.kernels = kernels
        self.frame.forget()
        try:
            palette = self.colouring.palette.astype(np.uint32) << np.arange(0, 24, 8, dtype=np.uint32)
            self.palette = self._make(palette.sum(1, dtype=np.uint32) | self.colouring.visible.astype(np.uint32) << 31)
            self.slot = self.storage(self.colouring.slot)
            strength = self.colouring.strength
            self.strength = self.slot if strength is None else self.storage(strength)
            sums = self._make(8 * sum((y1 - y0) * (x1 - x0) for _, _, y0, y1, x0, x1 in cells))
            for group in self._groups(cells):
                self._count(group, columns, rows, sums)
            sums.read(self.frame.sums[: sums.nbytes // 4])
        finally:
            for storage in self.made:
                storage.delete()

    def _groups(self, cells: Sequence[Cell]) -> list[list[Cell]]:
        """Cells whose tallies fit into SCRATCH together, or a single one."""
        groups: list[list[Cell]] = []
        room = 0
        for cell in cells:
            _, _, y0, y1, x0, x1 = cell
            words = self.slots * self.planes * (y1 - y0) * (x1 - x0)
            if words > room:
                groups.append([])
                room = SCRATCH
            groups[-1].append(cell)
            room -= words
        return groups

    def _count(self, cells: list[Cell], columns: Sequence[Line], rows: Sequence[Line], sums: Storage) -> None:
        places = [self.frame.place(cell[2:]) for cell in cells]
        first, count = places[0], sum((y1 - y0) * (x1 - x0) for _, _, y0, y1, x0, x1 in cells)
        tally, tops = self._make(self.slots * self.planes * count), self._make(2 * count)
        tally.clear()
        tops.clear()
        lines, tables = self._lines(cells, columns, rows)
        of_group = {"u_pixels": count, "u_slots": self.slots}
        pending = 0
        for cell, place in zip(cells, places, strict=True):
            j, i, y0, y1, x0, x1 = cell
            (x, along), (y, down) = lines[0, j, x0, x1], lines[1, i, y0, y1]
            storages = x, y, tables, self.slot, self.strength, self.palette, tally, tops
            uniforms = of_group | self._repeats() | _named("u_x", along) | _named("u_y", down)
            for begin, stop in ranges(0, self.points, SLICE):
                part = {"u_start": begin, "u_stop": stop, "u_cell": place - first, "u_width": x1 - x0}
                self.kernels[0].run(stop - begin, storages, uniforms | part)
                pending = self._look_up(pending + stop - begin)
        Kernel.barrier()
        self._fold(cells, places, tally, sums, of_group)
        self._keep(first, count, tops)

    def _look_up(self, pending: int) -> int:
        """Wait for the card now and then, to ask whether anybody is still waiting; returns the points that it has."""
        if pending < SLICE:
            return pending
        gl.glFinish()
        self.token.check()
        return 0

    def _fold(
        self, cells: list[Cell], places: list[int], tally: Storage, sums: Storage, of_group: dict[str, int]
    ) -> None:
        for (_, _, y0, y1, x0, x1), place in zip(cells, places, strict=True):
            count = (y1 - y0) * (x1 - x0)
            part = {"u_count": count, "u_planes": self.planes, "u_cell": place - places[0], "u_place": place}
            self.kernels[1].run(count * self.planes, (self.palette, tally, sums), of_group | part | {"u_full": FULL})
        Kernel.barrier()

    def _keep(self, first: int, count: int, tops: Storage) -> None:
        """The topmost points and the strengths, into the frame."""
        words = np.empty(2 * count, np.uint32)
        tops.read(words)
        top, share = words[:count], words[count:]
        keys = self.frame.keys[first : first + count]
        keys[:] = (top & 0x7FFFFFFF).astype(np.int64) - 1
        keys[top >> 31 > 0] += SELECTED
        self.frame.share[first : first + count] = share

    def _repeats(self) -> dict[str, int]:
        selecting = self.colouring.strength is not None
        return {
            "u_slot_repeat": self.colouring.slot_repeat,
            "u_strength_repeat": self.colouring.strength_repeat * selecting,
        }

    def _lines(
        self, cells: list[Cell], columns: Sequence[Line], rows: Sequence[Line]
    ) -> tuple[dict[tuple[int, int, int, int], tuple[Storage, Placing]], Storage]:
        """Columns on the card by direction, position and clip, each with what places its values; and their tables."""
        wanted = [(k, n, *box[2 - 2 * k :][:2]) for j, i, *box in cells for k, n in ((0, j), (1, i))]
        tables, lines = [np.zeros(2, np.int16)], {}
        for k, n, first, end in dict.fromkeys(wanted):
            column, axis = (columns, rows)[k][n]
            placing: Placing = {"coded": 0}
            if column.dtype == np.float16:
                placing = {"coded": 1, "table": sum(map(len, tables)) // 2}
                pixels = axis_table(axis, end)
                tables.append(np.where(pixels >= first, pixels - np.int16(first), np.int16(-1)))
            else:
                places = (axis.scale, axis.offset, *axis.span, first, end)
                placing |= dict(
                    zip(("scale", "offset", "first", "last", "start", "end"), map(float, places), strict=True)
                )
            lines[k, n, first, end] = self.storage(column), placing
        return lines, self._make(np.concatenate(tables))

    def _make(self, content: NDArray[Any] | int) -> Storage:
        self.made.append(Storage(content))
        return self.made[-1]


def _named(name: str, placing: Placing) -> Placing:
    return {f"{name}.{key}": value for key, value in placing.items()}
