"""Classes in a layer's own space: how far images are from them, and how few of them a channel is for."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.halves import decode


def vectors(maps: NDArray[Any], mean: NDArray[np.float64], *, whole: bool) -> NDArray[np.float32]:
    """Images as vectors (n, U) of maps (n, D, H, W), less the mean of each channel (D): of all their values, or, not
    `whole`, of each channel's average. Values that are not finite count as the mean.
    """
    values = decode(maps).reshape(*maps.shape[:2], -1) - mean.astype(np.float32)[:, None]
    np.nan_to_num(values, copy=False, posinf=0, neginf=0)
    return np.asarray(values.reshape(len(maps), -1) if whole else values.mean(axis=2))


def squared_distances(
    x: NDArray[np.float32], centre: NDArray[np.floating], weight: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Of vectors (n, U) to centres (K, U), each value weighted (U): (n, K), NaN to a centre that is no number.

    In single precision, so that what all have in common should be taken off before, as `vectors` does.
    """
    x = x * np.sqrt(weight).astype(np.float32)
    near = (centre * np.sqrt(weight)).astype(np.float32)
    apart = np.einsum("ij,ij->i", x, x)[:, None] - 2 * (x @ near.T) + np.einsum("ij,ij->i", near, near)
    return np.asarray(np.where(np.isnan(apart), np.nan, np.maximum(apart, 0)), np.float64)


def leading_share(class_mean: NDArray[np.floating], count: NDArray[np.int64], leading: int = 2) -> NDArray[np.float64]:
    """How much of the activation of each channel comes from the classes it fires most for (D): 1 where it is all.

    class_mean (K, D, …) and images of each class (K). For rectified channels; 0 for silent ones, and what lies below
    zero counts as nothing.
    """
    mean = np.nan_to_num(class_mean.astype(np.float64)).clip(0).reshape(*class_mean.shape[:2], -1).mean(axis=2)
    activation = np.sort(mean * count[:, None], axis=0)[::-1]
    total = activation.sum(axis=0)
    share = np.divide(activation[:leading].sum(axis=0), total, out=np.zeros_like(total), where=total > 0)
    return np.asarray(share)


def closest(
    columns: Sequence[NDArray[Any]], place: Sequence[float], count: int, scale: Sequence[float] | None = None
) -> NDArray[np.int64]:
    """The `count` points nearest to a place (C), the nearest first, of equals the lower; of C columns (P,).

    `scale` (C) turns a channel's unit into that of the distance, such as pixels. Points with a NaN are left out.
    """
    squared = np.zeros(columns[0].size)
    for column, at, unit in zip(columns, place, scale or [1.0] * len(columns), strict=True):
        squared += np.square((decode(column) - np.float64(at)) * unit)
    near = np.flatnonzero(~np.isnan(squared))
    if count < near.size:
        limit = np.partition(squared[near], count - 1)[count - 1] if count else -1.0
        near = near[squared[near] <= limit]
    return near[np.argsort(squared[near], kind="stable")][:count]
