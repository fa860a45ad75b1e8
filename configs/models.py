"""The paper's network, for MNIST and scaled to smaller digits."""

import torch
from torch import nn


class Siamese(nn.Module):
    """One tower of the siamese network: convolution and pooling twice, then three fully connected layers to 2-D.

    The defaults are the paper's, for 28 × 28 images; ip1 reads pool2 in the order channel, row, column.
    """

    def __init__(self, size: int = 28, channels: int = 1, kernel: int = 5, padding: int = 0, hidden: int = 500) -> None:
        super().__init__()
        side = size
        for _ in range(2):
            side = (side + 2 * padding - kernel + 1) // 2
        self.conv1 = nn.Conv2d(channels, 20, kernel, padding=padding)
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(20, 50, kernel, padding=padding)
        self.pool2 = nn.MaxPool2d(2)
        self.ip1 = nn.Linear(50 * side * side, hidden)
        self.relu1 = nn.ReLU()
        self.ip2 = nn.Linear(hidden, 10)
        self.feat = nn.Linear(10, 2)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        x = self.pool1(self.conv1(images))
        x = self.pool2(self.conv2(x))
        x = self.relu1(self.ip1(x.flatten(1)))
        return self.feat(self.ip2(x))
