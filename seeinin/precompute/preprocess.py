"""From the pixels that the user knows to the tensor that the network sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

from seeinin import config
from seeinin.errors import DataError, SettingError
from seeinin.precompute import exported

# ITU-R BT.601 luma, as image editors make grey of colour.
LUMA = (0.299, 0.587, 0.114)


@dataclass(frozen=True)
class Preprocess:
    """Grey, size, order of channels, scale, mean, std, one after the other, on `device`."""

    steps: config.Preprocess
    channels: int
    device: torch.device
    dtype: torch.dtype = torch.float32

    def __call__(self, pixels: NDArray[np.uint8]) -> torch.Tensor:
        """Pixels uint8 (n, h, w, c) to `dtype` (n, channels, h', w')."""
        x = torch.from_numpy(pixels).to(self.device).permute(0, 3, 1, 2).float()
        if x.shape[1] == 3 and self.channels == 1:
            x = (x * x.new_tensor(LUMA)[:, None, None]).sum(1, keepdim=True)
        if self.steps.size and x.shape[2:] != self.steps.size:
            x = F.interpolate(x, self.steps.size, mode="bilinear", antialias=True, align_corners=False)
        if self.steps.channels == "bgr":
            x = x.flip(1)
        x = x.expand(-1, self.channels, -1, -1) * self.steps.scale
        if self.steps.mean is not None:
            x = x - x.new_tensor(self.steps.mean)[:, None, None]
        if self.steps.std is not None:
            x = x / x.new_tensor(self.steps.std)[:, None, None]
        return x.contiguous().to(self.dtype)


def fit(steps: config.Preprocess, network: nn.Module, channels: int, device: torch.device) -> Preprocess:
    """The steps for `network`, whose first convolution says whether it takes grey images or colour."""
    convolutions = (module for module in network.modules() if isinstance(module, nn.Conv2d))
    first = (exported.takes(network) or (None, None))[1]
    takes = first or next((module.in_channels for module in convolutions), channels)
    if takes not in (1, 3):
        raise DataError(
            f"the network takes {takes} channels, but images have one or three; "
            "let the target return a module that makes the others and calls the network"
        )
    for name, values in (("mean", steps.mean), ("std", steps.std)):
        if values is not None and len(values) not in (1, takes):
            raise SettingError(f"preprocess.{name} has {len(values)} values for {takes} channels; give one a channel")
    types = {parameter.dtype for parameter in network.parameters() if parameter.is_floating_point()}
    return Preprocess(steps, takes, device, types.pop() if len(types) == 1 else torch.float32)
