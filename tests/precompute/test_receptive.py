"""Receptive fields of whole networks, against NaN put into one row or column of the image at a time."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from seeinin.geometry import fields
from seeinin.precompute import hooks
from seeinin.precompute.capture import capture
from tests.precompute.networks import PLAIN, Inception, conv


def oracle(run, extents, dimension):
    """For each layer, the first and last row (column) of the image whose NaN arrives in each of its positions."""
    arrived = []
    for line in range(extents[dimension - 2]):
        image = torch.rand(1, 1, *extents)
        image.select(dimension, line).fill_(float("nan"))
        arrived.append([np.isnan(y.numpy()).any(axis=(0, 1, 5 - dimension)) for y in run(image)])
    hulls = []
    for seen in zip(*arrived, strict=True):
        lines = [np.flatnonzero(position) for position in np.stack(seen, axis=1)]
        hulls.append([(at[0], at[-1]) if len(at) else (0, -1) for at in lines])
    return hulls


@pytest.mark.parametrize("network", PLAIN)
@pytest.mark.parametrize("extents", [(32, 27), (21, 30)])
def test_tables_equal_what_nan_reaches(network, extents):
    torch.manual_seed(1)
    found = capture(network(), torch.rand(3, 1, *extents)).chosen()
    with torch.no_grad():
        for dimension, axis in ((2, "y"), (3, "x")):
            for layer, hull in zip(found.layers, oracle(found.run, extents, dimension), strict=True):
                table = fields.stored(getattr(layer, axis).rf)
                np.testing.assert_array_equal(table, hull, err_msg=f"{layer.name} ({layer.op}) along {axis}")


@pytest.mark.parametrize("network", PLAIN)
def test_homes_stay_in_the_image_and_in_order(network):
    for layer in capture(network(), torch.rand(3, 1, 32, 27)).layers:
        for axis, extent in ((layer.y, 32), (layer.x, 27)):
            assert (axis.home >= 0).all()
            assert (axis.home < extent).all()
            assert (axis.home[:, 0] <= axis.home[:, 1]).all()
            assert (np.diff(axis.home[:, 0]) >= 0).all()


def test_hooks_see_the_same_fields():
    network, images = Inception().eval(), torch.rand(3, 1, 32, 27)
    traced = {layer.name: layer for layer in capture(network, images).layers}
    for layer in hooks.capture(network, images).layers:
        for axis in ("y", "x"):
            mine, its = getattr(layer, axis), getattr(traced[layer.name], axis)
            np.testing.assert_array_equal(fields.stored(mine.rf), fields.stored(its.rf), err_msg=layer.name)


def alexnet():
    return nn.Sequential(
        conv(1, 2, 11, stride=4), nn.MaxPool2d(3, 2), conv(2, 2, 5, padding=2), nn.MaxPool2d(3, 2),
        conv(2, 2, 3, padding=1), conv(2, 2, 3, padding=1), conv(2, 2, 3, padding=1), nn.MaxPool2d(3, 2),
    )  # fmt: skip


def test_alexnet_as_in_the_literature():
    layers = capture(alexnet(), torch.rand(2, 1, 227, 227)).layers
    assert [(layer.y.size, layer.y.stride, layer.y.first) for layer in layers] == [
        (11, 4, 0), (19, 8, 0), (51, 8, -16), (67, 16, -16),
        (99, 16, -32), (131, 16, -48), (163, 16, -64), (195, 32, -64),
    ]  # fmt: skip


class Block(nn.Module):
    def __init__(self, channels, out, stride):
        super().__init__()
        self.a, self.b = conv(channels, out, 3, stride=stride, padding=1), conv(out, out, 3, padding=1)
        self.short = conv(channels, out, 1, stride=stride) if stride > 1 else nn.Identity()

    def forward(self, x):
        return F.relu(self.b(F.relu(self.a(x))) + self.short(x))


def test_resnet18_as_in_the_literature():
    stages = [Block(2, 2, stride if first else 1) for stride in (1, 2, 2, 2) for first in (True, False)]
    network = nn.Sequential(conv(1, 2, 7, stride=2, padding=3), nn.MaxPool2d(3, 2, 1), *stages)
    layers = {layer.name: layer for layer in capture(network, torch.rand(2, 1, 224, 224)).layers}
    ends = [layers[name] for name in ("0", "1", "relu_3", "relu_7", "relu_11", "relu_15")]
    assert [(layer.x.size, layer.x.stride, layer.x.first) for layer in ends] == [
        (7, 2, -3), (11, 4, -5), (43, 4, -21), (99, 8, -49), (211, 16, -105), (435, 32, -217),
    ]  # fmt: skip
    for layer in ends:  # and homes tile
        np.testing.assert_array_equal(layer.x.home[1:, 0], layer.x.home[:-1, 1] + 1)


def test_vgg16_as_in_the_literature():
    stages = [[conv(2 if i or stage else 1, 2, padding=1) for i in range(n)] for stage, n in enumerate((2, 2, 3, 3, 3))]
    network = nn.Sequential(*(layer for stage in stages for layer in [*stage, nn.MaxPool2d(2)]))
    last = capture(network, torch.rand(2, 1, 224, 224)).layers[-1]
    assert (last.shape, last.y.size, last.y.stride, last.y.first) == ((2, 7, 7), 212, 32, -90)
