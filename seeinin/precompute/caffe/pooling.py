"""Caffe's poolings: as torch's in ceil mode, but for any padding, and with Caffe's rule for the last window."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F


class MaxPool2d(nn.MaxPool2d):
    """The largest value of each window; padding is never it."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        height, width = windows(self, x)
        padded = _padded(self, x, float("-inf"))
        return F.max_pool2d(padded, self.kernel_size, self.stride, ceil_mode=True)[:, :, :height, :width]


class AvgPool2d(nn.AvgPool2d):
    """The sum of each window over the number of its positions, those in the padding counted, those beyond it not."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        height, width = windows(self, x)
        padded = _padded(self, x, 0.0)
        return F.avg_pool2d(padded, self.kernel_size, self.stride, ceil_mode=True)[:, :, :height, :width]


def windows(pool: nn.MaxPool2d | nn.AvgPool2d, x: torch.Tensor) -> tuple[int, int]:
    """How many windows there are along y and x: a last one may hang over the end, but not begin beyond the input."""
    height, width = (
        _along(*axis, ceil=pool.ceil_mode, clip=any(pool.padding))
        for axis in zip(x.shape[2:], pool.kernel_size, pool.stride, pool.padding, strict=True)
    )
    return height, width


def _along(extent: int, kernel: int, stride: int, padding: int, *, ceil: bool, clip: bool) -> int:
    beyond = extent + 2 * padding - kernel
    count = (-(-beyond // stride) if ceil else beyond // stride) + 1
    if clip and (count - 1) * stride >= extent + padding:
        count -= 1
    # where nothing is padded Caffe does not clip, and gives something without meaning for a window beyond the input
    if count < 1 or (count - 1) * stride >= extent + padding:
        raise ValueError("its windows do not fit the input")
    return count


def _padded(pool: nn.MaxPool2d | nn.AvgPool2d, x: torch.Tensor, value: float) -> torch.Tensor:
    height, width = pool.padding
    return F.pad(x, (width, width, height, height), value=value) if height or width else x
