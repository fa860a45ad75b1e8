"""Caffe's layers without weights as functions of the blobs that they read, named as torch names the like.

All take a list, and keep the images apart: an axis is never that of the batch.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from functools import reduce

import torch
from torch.nn import functional as F

Blobs = Sequence[torch.Tensor]


def add(blobs: Blobs, coefficients: Sequence[float]) -> torch.Tensor:
    """Eltwise SUM."""
    if coefficients:
        blobs = [c * x for c, x in zip(coefficients, blobs, strict=True)]
    return reduce(operator.add, alike(blobs))


def mul(blobs: Blobs) -> torch.Tensor:
    """Eltwise PROD."""
    return reduce(operator.mul, alike(blobs))


def maximum(blobs: Blobs) -> torch.Tensor:
    """Eltwise MAX."""
    return reduce(torch.maximum, alike(blobs))


def pow(blobs: Blobs, power: float, scale: float, shift: float) -> torch.Tensor:  # noqa: A001
    """Power."""
    (x,) = blobs
    return (shift + scale * x) ** power


def pad(blobs: Blobs, size: int) -> torch.Tensor:
    """The layer "padding" of V0."""
    (x,) = blobs
    return F.pad(x, (size,) * 4)


def flatten(blobs: Blobs, start: int, end: int) -> torch.Tensor:
    (x,) = blobs
    return x.flatten(start, end)


def narrow(blobs: Blobs, axis: int, points: Sequence[int], pieces: int, number: int) -> torch.Tensor:
    """One of the tops of a Slice, cut at `points`, or into equal pieces."""
    (x,) = blobs
    if not points and x.shape[axis] % pieces:
        raise ValueError(f"{x.shape[axis]} channels cannot be sliced into {pieces} equal pieces")
    return x.tensor_split(list(points) or pieces, axis)[number]


def reshape(blobs: Blobs, dims: Sequence[int], axis: int, axes: int) -> torch.Tensor:
    """The `axes` axes from `axis` on become `dims`: 0 is the axis as it was, −1 what is left over.

    Each image keeps its row, whatever batch the prototxt was written for.
    """
    (x,) = blobs
    first = axis if axis >= 0 else x.ndim + 1 + axis
    last = x.ndim if axes < 0 else first + axes
    wanted = [size or x.shape[first + i] for i, size in enumerate(dims)]
    return x.reshape(len(x), *[*x.shape[:first], *wanted, *x.shape[last:]][1:])


def alike(blobs: Blobs) -> Blobs:
    """Torch would broadcast; Caffe does not."""
    if len({x.shape for x in blobs}) > 1:
        raise ValueError("its bottoms differ in size")
    return blobs
