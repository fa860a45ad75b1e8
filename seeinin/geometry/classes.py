"""Classes in a layer's own space: where they lie, how tight they are, and how few of them a channel is for."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.halves import decode


def spread(maps: NDArray[Any], label: NDArray[np.int32], centroid: NDArray[np.floating]) -> NDArray[np.float64]:
    """The root of the mean squared distance of the images of each class to their centroid (K), NaN without images.

    maps (n, D, H, W) of images with label (n), -1 for none; centroid (K, D, H, W), the class means.
    """
    known = label >= 0
    apart = decode(maps[known]).astype(np.float64) - centroid[label[known]]
    squared = np.square(apart).reshape(len(apart), -1).sum(axis=1)
    with np.errstate(invalid="ignore"):
        total = np.bincount(label[known], squared, minlength=len(centroid))
        return np.sqrt(total / np.bincount(label[known], minlength=len(centroid)))


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
