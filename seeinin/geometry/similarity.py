"""Channels that fire together: their correlations, which are the same, and an order that puts them side by side."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.halves import decode
from seeinin.geometry.jit import kernel

DUPLICATE = 0.98


def add_products(total: NDArray[np.float64], maps: NDArray[Any], mean: NDArray[np.float64]) -> None:
    """Add to `total` (D, D) the products of every two channels, less their means (D), over maps (n, D, H, W).

    Values that are not finite count as the mean.
    """
    values = decode(maps).swapaxes(0, 1).reshape(len(mean), len(maps) * maps.shape[2] * maps.shape[3])
    centred = values - mean[:, None]
    centred[~np.isfinite(centred)] = 0
    total += centred @ centred.T


def correlations(products: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pearson's r (D, D) from the sums of `add_products`; 0 for constant channels."""
    spread = np.sqrt(np.diag(products))
    scale = np.divide(1, spread, out=np.zeros_like(spread), where=spread > 0)
    return np.clip(products * scale[:, None] * scale, -1, 1)


def duplicates(r: NDArray[np.float64], limit: float = DUPLICATE) -> list[tuple[int, int, float]]:
    """Pairs of channels with |r| > limit as (lower, higher, r), the closest first."""
    lower, higher = np.nonzero(np.triu(np.abs(r) > limit, 1))
    found = zip(lower.tolist(), higher.tolist(), r[lower, higher].tolist(), strict=True)
    return sorted(found, key=lambda pair: (-abs(pair[2]), pair))


def seriation(r: NDArray[np.float64]) -> NDArray[np.int64]:
    """An order (D) of channels in which those that correlate stand side by side; the same for the same `r`.

    Average linkage on 1 − r joins the closest groups first; every group is a chain, and two chains are joined at those
    of their ends that are closest. The chain is read from the end with the lower channel.
    """
    distance = 1 - r
    chains = [[channel] for channel in range(len(r))]
    for gone, kept in _merges(distance.copy()):
        chains[kept] = _joined(chains[gone], chains[kept], distance)
    order = np.array(max(chains, key=len, default=[]), np.int64)
    return order if len(order) < 2 or order[0] < order[-1] else order[::-1]


def _joined(a: list[int], b: list[int], distance: NDArray[np.float64]) -> list[int]:
    """Two chains, end to end where their ends are closest."""
    ends = [(distance[a[i], b[j]], i, j) for i in (-1, 0) for j in (0, -1)]
    _, i, j = min(ends)
    return (a if i else a[::-1]) + (b[::-1] if j else b)


@kernel
def _merges(distance):  # type: ignore[no-untyped-def]
    """Average linkage by chains of nearest neighbours: pairs (D - 1, 2) of groups, the first going up in the second.

    A group is numbered by one of its members. Not in the order of their heights, but every group before what it joins.
    """
    size = distance.shape[0]
    members = np.ones(size)
    merges = np.empty((max(size - 1, 0), 2), np.int64)
    chain, length = np.empty(size, np.int64), 0
    for step in range(size - 1):
        if length == 0:
            chain[0], length = np.argmax(members > 0), 1
        while True:
            here = chain[length - 1]
            nearest = chain[length - 2] if length > 1 else here  # of equals where it came from, or it goes in rings
            least = distance[here, nearest] if length > 1 else np.inf
            for other in range(size):
                if members[other] > 0 and other != here and distance[here, other] < least:
                    nearest, least = other, distance[here, other]
            if length > 1 and nearest == chain[length - 2]:
                break
            chain[length], length = nearest, length + 1
        length -= 2
        merges[step, 0], merges[step, 1] = here, nearest
        share = members[here] / (members[here] + members[nearest])
        for other in range(size):
            between = share * distance[here, other] + (1 - share) * distance[nearest, other]
            distance[nearest, other] = distance[other, nearest] = between
        members[nearest] += members[here]
        members[here] = 0
    return merges
