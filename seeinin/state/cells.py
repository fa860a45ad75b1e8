"""The order of the cells of a layer's matrix: where a selection can be told from the rest."""

from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.information import bins_of, equal_widths, information, pair_counts, pair_information
from seeinin.geometry.orders import CellRanking
from seeinin.pool import Token, ranges
from seeinin.state.questions import STEP, Progress, Question, first_images, in_steps, sides, silent, values
from seeinin.state.selection import SELECTED
from seeinin.state.sources import Sources

SIDE = 48  # bins along each side of a cell
VALUES = 1 << 28  # of a layer, whose bins are held in memory; of a larger layer the first images, as many as fit
POINTS = 1 << 32  # in all cells together, seconds; where there are more, the channels that tell most alone are paired
CELL = 1 << 14  # points that take as long as summing up a cell


def order_cells(
    token: Token, sources: Sources, question: Question, progress: Progress = lambda share: None
) -> Generator[None, None, CellRanking]:
    """Order the cells by the mutual information, in bits, of selection and 48 × 48 bins of the cell as it is drawn.

    The bins are of equal width from the 0.1 to the 99.9 % quantile. Raises DataError where nothing is selected.
    """
    layer = sources.cache.layers[question.layer]
    images = first_images(sources.cache, layer, VALUES)
    weights = sides(sources, question, images)
    bins = np.empty((layer.shape[0], len(weights)), np.uint8)
    score = np.full(layer.shape[0], np.nan)

    def sort(channel: int) -> None:
        edges = equal_widths(layer.quantiles[channel, 0], layer.quantiles[channel, -1], SIDE)
        bins[channel] = bins_of(values(sources, layer, channel, images), edges)
        alone = pair_counts(bins[channel], np.zeros_like(bins[channel]), SIDE, weights)
        score[channel] = information(alone[:, 0], SELECTED)

    channels = np.flatnonzero(~silent(layer))
    yield from in_steps(token, sort, channels.tolist(), len(weights), lambda share: progress(share / 4))
    paired = _best(channels, score, len(weights))
    rows = _rows(len(paired), max(1, STEP // (len(weights) + CELL)))
    found = np.full((len(paired), len(paired)), np.nan)

    def tell(cells: tuple[int, int, int]) -> None:
        row, start, stop = cells
        found[row, start:stop] = pair_information(bins, paired[row], paired[start:stop], SIDE, weights, SELECTED)

    yield from in_steps(token, tell, rows, STEP, lambda share: progress(1 / 4 + share * 3 / 4))
    row, column = np.tril_indices(len(paired), -1)
    best = np.argsort(-found[row, column], kind="stable")
    cells = paired[np.stack([row, column], axis=1)[best]]
    return CellRanking(cells, found[row, column][best], len(paired), images)


def _rows(size: int, most: int) -> list[tuple[int, int, int]]:
    """The cells below the diagonal in stretches of at most so many: row, first column, column after the last."""
    return [(row, start, stop) for row in range(size) for start, stop in ranges(0, row, most)]


def _best(channels: NDArray[np.int64], score: NDArray[np.float64], points: int) -> NDArray[np.int64]:
    """As many of the most telling channels as can be paired in time, ascending."""
    most = int((2 * POINTS / (points + CELL)) ** 0.5)
    return np.sort(channels[np.argsort(-score[channels], kind="stable")[:most]])
