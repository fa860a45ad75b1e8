"""Columns that may be wanted next, read while nobody waits: of the neighbouring cells, then of the layers beside."""

from collections.abc import Iterator, Sequence

from seeinin.pool import Token
from seeinin.state.sources import Sources
from seeinin.state.view import OPENING
from seeinin.store.reader import Layer
from seeinin.views.frames import Request

BREATH = 0.002  # s after each step, in which other work has its turn


def ahead(token: Token, request: Request, sources: Sources) -> Iterator[float]:
    """Reads as long as nothing has to leave the memory for it."""
    columns = sources.columns
    for layer, channel in wanted(request, sources.cache.layers):
        size = layer.points * layer.dtype.itemsize
        if columns.held_column(layer, channel) is None and columns.held + size <= columns.budget:
            for _ in columns.reading(layer, channel):
                yield BREATH


def wanted(request: Request, layers: Sequence[Layer]) -> Iterator[tuple[Layer, int]]:
    """The nearest first: as many columns to either side as are visible; then what the next and the last layer open
    with."""
    matrix, layer = request.matrix, layers[request.layer]
    for seen, channels in (
        (matrix.visible_columns(), matrix.columns),
        (matrix.visible_rows(), matrix.rows),
    ):
        for k in range(len(seen)):
            for place in (seen.stop + k, seen.start - 1 - k):
                if 0 <= place < len(channels):
                    yield layer, channels[place]
    for number in (request.layer + 1, request.layer - 1):
        if 0 <= number < len(layers):
            for channel in range(min(OPENING, layers[number].shape[0])):
                yield layers[number], channel
