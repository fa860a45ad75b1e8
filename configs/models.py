"""The paper's network, for MNIST and scaled to smaller digits, and a small residual network for CIFAR-10."""

import torch
from torch import nn


class Siamese(nn.Module):
    """One tower of the siamese network: convolution and pooling twice, then three fully connected layers to 2-D.

    The defaults are the paper's, for 28 × 28 images; ip1 reads pool2 in the order channel, row, column. Not
    `rectified`, it lacks relu1, as in the paper's section 4.4.
    """

    def __init__(
        self,
        size: int = 28,
        channels: int = 1,
        kernel: int = 5,
        padding: int = 0,
        hidden: int = 500,
        rectified: bool = True,
    ) -> None:
        super().__init__()
        side = size
        for _ in range(2):
            side = (side + 2 * padding - kernel + 1) // 2
        self.conv1 = nn.Conv2d(channels, 20, kernel, padding=padding)
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(20, 50, kernel, padding=padding)
        self.pool2 = nn.MaxPool2d(2)
        self.ip1 = nn.Linear(50 * side * side, hidden)
        self.relu1 = nn.ReLU() if rectified else None
        self.ip2 = nn.Linear(hidden, 10)
        self.feat = nn.Linear(10, 2)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        x = self.pool1(self.conv1(images))
        x = self.pool2(self.conv2(x))
        x = self.ip1(x.flatten(1))
        return self.feat(self.ip2(x if self.relu1 is None else self.relu1(x)))


class Block(nn.Module):
    """Two convolutions beside a shortcut, which is itself a convolution where the shape changes (He et al. 2016)."""

    def __init__(self, channels: int, out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        self.shortcut = nn.Conv2d(channels, out, 1, stride, bias=False) if (channels, 1) != (out, stride) else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        residual = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(residual + (x if self.shortcut is None else self.shortcut(x)))


class ResNet(nn.Module):
    """Three residual blocks of 16, 32 and 64 channels, for 32 × 32 images in colour."""

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(16)
        self.block1, self.block2, self.block3 = Block(16, 16, 1), Block(16, 32, 2), Block(32, 64, 2)
        self.fc = nn.Linear(64, classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.bn(self.conv(images)))
        x = self.block3(self.block2(self.block1(x)))
        return self.fc(x.mean((2, 3)))
