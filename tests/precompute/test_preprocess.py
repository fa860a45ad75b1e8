"""Pixels to the network's input: the documented steps, in the documented order."""

import numpy as np
import pytest
import torch
from torch import nn

from seeinin import config
from seeinin.errors import DataError, SettingError
from seeinin.precompute.preprocess import fit

CPU = torch.device("cpu")


def colour(n=2, h=6, w=4):
    return np.random.default_rng(0).integers(0, 256, (n, h, w, 3), np.uint8)


def test_scale_then_mean_then_std():
    pixels, mean, std = colour(), (0.5, 0.4, 0.3), (0.2, 0.3, 0.4)
    steps = config.Preprocess(scale=1 / 255, mean=mean, std=std)
    x = fit(steps, nn.Conv2d(3, 1, 1), 3, CPU)(pixels)
    expected = (pixels / 255 - mean) / std
    np.testing.assert_allclose(x.numpy(), expected.transpose(0, 3, 1, 2), rtol=1e-5, atol=1e-6)
    assert x.dtype == torch.float32


def test_one_channel_or_three():
    pixels = colour()
    grey = fit(config.Preprocess(), nn.Conv2d(1, 1, 1), 3, CPU)(pixels)
    np.testing.assert_allclose(grey[:, 0].numpy(), pixels @ np.array([0.299, 0.587, 0.114]), rtol=1e-5)
    repeated = fit(config.Preprocess(), nn.Conv2d(3, 1, 1), 1, CPU)(pixels[..., :1])
    np.testing.assert_array_equal(repeated.numpy(), pixels[..., [0, 0, 0]].transpose(0, 3, 1, 2))


def test_size():
    x = fit(config.Preprocess(size=(3, 2)), nn.Conv2d(3, 1, 1), 3, CPU)(np.full((2, 6, 4, 3), 7, np.uint8))
    assert x.shape == (2, 3, 3, 2)
    torch.testing.assert_close(x, torch.full_like(x, 7))


def test_what_does_not_fit():
    with pytest.raises(DataError, match="takes 4 channels"):
        fit(config.Preprocess(), nn.Conv2d(4, 1, 1), 3, CPU)
    with pytest.raises(SettingError, match=r"preprocess\.mean has 2 values for 3 channels"):
        fit(config.Preprocess(mean=(1, 2)), nn.Conv2d(3, 1, 1), 3, CPU)


def test_the_order_of_colours():
    """As Caffe's networks take them: blue first, and the mean in that order."""
    pixels, mean = colour(), (104, 117, 123)
    x = fit(config.Preprocess(channels="bgr", mean=mean), nn.Conv2d(3, 1, 1), 3, CPU)(pixels)
    np.testing.assert_array_equal(x.numpy(), (pixels[..., ::-1].astype(np.float32) - mean).transpose(0, 3, 1, 2))
