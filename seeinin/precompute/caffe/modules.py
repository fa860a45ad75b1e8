"""Caffe's layers with weights or settings of their own that torch has no module for, named as torch names the like."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F


class Linear(nn.Linear):
    """InnerProduct: everything from `axis` on is one vector."""

    def __init__(self, inputs: int, outputs: int, bias: bool, axis: int) -> None:
        super().__init__(inputs, outputs, bias, device="meta")
        self.axis = axis

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x.flatten(self.axis))


class BatchNorm(nn.Module):
    """By the mean and variance of training; the factor and bias that torch would add are a Scale layer of their own."""

    def __init__(self, mean: torch.Tensor, variance: torch.Tensor, eps: float) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("variance", variance)
        self.eps = eps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.batch_norm(x, self.mean, self.variance, eps=self.eps)


class Mul(nn.Module):
    """Scale: times a factor that was learnt or is a second bottom, plus a bias if there is one, from `axis` on."""

    def __init__(self, factor: torch.Tensor | None, bias: torch.Tensor | None, axis: int) -> None:
        super().__init__()
        self.register_buffer("factor", factor)
        self.register_buffer("bias", bias)
        self.axis = axis

    def forward(self, x: torch.Tensor, factor: torch.Tensor | None = None) -> torch.Tensor:
        scaled = x * self.beside(x, self.factor if factor is None else factor)
        return scaled if self.bias is None else scaled + self.beside(x, self.bias)

    def beside(self, x: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        """`values` with as many axes of one behind them as let them begin at `axis` of `x`."""
        first = self.axis % x.ndim
        if x.shape[first : first + values.ndim] != values.shape:
            raise ValueError(f"its factors are {tuple(values.shape)}")
        return values.reshape(values.shape + (1,) * (x.ndim - first - values.ndim))


class SpatialResponseNorm(nn.Module):
    """LRN within channels, by the square of what is around, padding counted; torch has no function for it."""

    def __init__(self, size: int, alpha: float, beta: float) -> None:
        super().__init__()
        self.size, self.alpha, self.beta = size, alpha, beta

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        power = F.avg_pool2d(x * x, self.size, 1, self.size // 2)
        return x / (1 + self.alpha * power) ** self.beta
