"""Networks of the benchmarks' own, with random weights."""

from itertools import pairwise

import torch
from torch import nn

WIDTHS = (64, 64, 64, 128, 128, 256, 256, 512, 512)


class Block(nn.Module):
    """Two convolutions beside a shortcut."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        stride = 2 if out > channels else 1
        self.conv1, self.bn1 = nn.Conv2d(channels, out, 3, stride, padding=1, bias=False), nn.BatchNorm2d(out)
        self.conv2, self.bn2 = nn.Conv2d(out, out, 3, padding=1, bias=False), nn.BatchNorm2d(out)
        self.shortcut = nn.Conv2d(channels, out, 1, stride, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x))))) + self.shortcut(x))


def larger() -> nn.Module:
    """A residual network of 18 layers (He et al. 2016) for images in colour."""
    torch.manual_seed(0)
    blocks = [Block(channels, out) for channels, out in pairwise(WIDTHS)]
    stem = [nn.Conv2d(3, 64, 7, 2, padding=3), nn.MaxPool2d(3, 2, padding=1)]
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10)).eval()
