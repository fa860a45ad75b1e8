"""The selection as a table for other programs."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from seeinin.state.linking import Rule
from seeinin.state.selection import Selection
from seeinin.state.sources import Sources
from seeinin.state.whole import whole
from seeinin.store.reader import Layer

BLOCK = 65_536  # points written at once


def write_selection(
    path: Path, sources: Sources, selection: Selection, rule: Rule, layer: Layer, channels: Sequence[int]
) -> int:
    """Write the selected points of `layer` as CSV, a line each with the values of `channels`; how many lines.

    image is the place in the dataset, row that in the cache, position the (y, x) in the layer. A name that a
    spreadsheet would take for a formula gets an apostrophe before it; what is damaged in the file stays empty.
    Raises DiskError.
    """
    points = np.flatnonzero(sources.linker.points(selection, rule, layer.number))
    columns = {channel: sources.columns.get(layer, channel) for channel in channels}
    with whole(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        head = ("image", "row", "name", "label", "prediction", "layer", "y", "x")
        writer.writerow([*head, *(f"channel {channel}" for channel in channels)])
        for start in range(0, points.size, BLOCK):
            part = points[start : start + BLOCK]
            values = [
                _values(column[part], sources.columns.holes(layer, c).among(part)) for c, column in columns.items()
            ]
            writer.writerows(
                list(line) + list(v) for line, *v in zip(_lines(sources, layer, part), *values, strict=True)
            )
    return int(points.size)


def _values(values: np.ndarray, damaged: np.ndarray) -> list[object]:
    return [None if lost else value for value, lost in zip(values.tolist(), damaged.tolist(), strict=True)]


def _lines(sources: Sources, layer: Layer, points: np.ndarray) -> Iterator[tuple[object, ...]]:
    cache, (_, height, width) = sources.cache, layer.shape
    rows, rest = np.divmod(points, height * width)
    for row, position in zip(rows.tolist(), rest.tolist(), strict=True):
        label = _class(cache.classes, cache.label[row])
        prediction = "" if cache.prediction is None else _class(cache.classes, cache.prediction[row])
        place = divmod(position, width)
        yield int(cache.index[row]), row, _plain(cache.name(row)), label, prediction, _plain(layer.name), *place


def _class(classes: Sequence[str], number: int) -> str:
    return _plain(classes[number]) if 0 <= number < len(classes) else ""


def _plain(text: str) -> str:
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
