"""Channels that do the same: their order side by side, and pairs that might as well be one."""

from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.orders import Ranking, in_order, neighbours
from seeinin.geometry.similarity import add_products, correlations, duplicates, seriation
from seeinin.pool import Token, ranges
from seeinin.state.questions import STEP, VALUES, Progress, first_images, silent
from seeinin.store.holes import Holes
from seeinin.store.reader import Cache, Layer

PRODUCTS = 1 << 37  # of two values, some seconds
PRODUCTS_A_VALUE = 50  # that are made in the time that it takes to read one


def order_similar(token: Token, cache: Cache, layer: Layer, progress: Progress) -> Generator[None, None, Ranking]:
    """Correlated channels side by side; the score is the correlation with the channel before."""
    images = first_images(cache, layer, VALUES, PRODUCTS // layer.shape[0])
    r = yield from correlation(token, cache, layer, images, progress)
    quiet = silent(layer)
    kept = np.flatnonzero(~quiet)
    order = kept[seriation(r[np.ix_(kept, kept)])]
    return in_order(np.append(order, np.flatnonzero(quiet)), neighbours(order, r), quiet, images)


def duplicate_channels(
    token: Token, cache: Cache, layer: Layer, progress: Progress = lambda share: None
) -> Generator[None, None, list[tuple[int, int, float]]]:
    """Pairs of channels that might as well be one, |r| > 0.98, as (lower, higher, r), the closest first."""
    images = first_images(cache, layer, VALUES, PRODUCTS // layer.shape[0])
    return duplicates((yield from correlation(token, cache, layer, images, progress)))


def correlation(
    token: Token, cache: Cache, layer: Layer, images: int, progress: Progress = lambda share: None
) -> Generator[None, None, NDArray[np.float64]]:
    """Pearson's r (D, D) of every two channels over the first images; the same however many threads there are."""
    mean = np.nan_to_num(layer.mean)
    total = np.zeros((len(mean), len(mean)))
    values = len(mean) * layer.positions
    step = max(1, min(STEP // 2 // values, STEP * PRODUCTS_A_VALUE // (values * len(mean))))
    for start, stop in ranges(0, images, step):
        holes = Holes()
        maps = layer.maps(slice(start, stop), holes)
        valid = cache.valid[start:stop] & ~holes.among(np.arange(start, stop))
        add_products(total, maps[valid], mean)
        progress(stop / images)
        token.check()
        yield
    return correlations(total)
