"""Layers are channels × rows × columns however the network keeps them: channels last, as tokens, in windows, by heads.

Each network says by hand what its layers must be; the fields are held against NaN through the whole network.
"""

import numpy as np
import pytest
import torch
from torch import nn

from seeinin import config
from seeinin.geometry import fields
from seeinin.precompute import hooks
from seeinin.precompute.capture import capture
from tests.precompute.networks import LAYOUTS, SIZES, ConvNext


def made(network):
    torch.manual_seed(4)
    size = SIZES.get(network, (12, 10))
    return network().eval(), torch.rand(3, 1, *size)


@pytest.mark.parametrize("network", LAYOUTS)
def test_layers_are_as_by_hand(network):
    network, images = made(network)
    found = capture(network, images)
    with torch.no_grad():
        expected = network.by_hand(images)
        names = [layer.name for layer in found.layers]
        assert set(names) >= set(expected)
        chosen = found.chosen(list(expected))
        for layer, value in zip(chosen.layers, chosen.run(images), strict=True):
            wanted = expected[layer.name]
            assert layer.shape == value.shape[1:] == (*wanted.shape[1:], 1, 1)[:3], layer.name
            torch.testing.assert_close(value.reshape(wanted.shape), wanted, msg=layer.name)


@pytest.mark.parametrize("network", LAYOUTS)
def test_fields_are_what_nan_reaches(network):
    network, images = made(network)
    found = capture(network, images).chosen()
    for dimension, axis in ((2, "y"), (3, "x")):
        arrived = []
        for line in range(images.shape[dimension]):
            tainted = images[:1].clone()
            tainted.select(dimension, line).fill_(float("nan"))
            with torch.no_grad():
                arrived.append([y.isnan().numpy().any(axis=(0, 1, 5 - dimension)) for y in found.run(tainted)])
        for layer, seen in zip(found.layers, zip(*arrived, strict=True), strict=True):
            lines = [np.flatnonzero(position) for position in np.stack(seen, axis=1)]
            hull = [(at[0], at[-1]) if len(at) else (0, -1) for at in lines]
            table = fields.stored(getattr(layer, axis).rf)
            np.testing.assert_array_equal(table, hull, err_msg=f"{layer.name} ({layer.op}) along {axis}")


def test_no_graph_but_modules_that_tell():
    """Hooks: by where rows arrive, by what kind of module it is, or as the module before."""
    network, images = made(ConvNext)
    with torch.no_grad():
        expected = network.by_hand(images)
        found = hooks.capture(network, images)
        for layer, value in zip(found.layers, found.chosen().run(images), strict=True):
            torch.testing.assert_close(value, expected[layer.name], msg=layer.name)


class Global(ConvNext):
    """After the gate every row arrives everywhere, so that NaN tells nothing."""

    def __init__(self):
        super().__init__()
        self.odd = Transposed()

    def forward(self, x):
        x = self.stem(x)
        y = self.norm((x * x.mean((2, 3), keepdim=True)).permute(0, 2, 3, 1))
        return self.odd(self.act(self.up(y)))


class Transposed(nn.Module):
    def forward(self, x):
        return x.transpose(1, 2)


def test_what_hooks_cannot_see_is_said(caplog):
    network, images = made(Global)
    images = images[:, :, :, :10]
    layers = {layer.name: layer for layer in hooks.capture(network, images).layers}
    assert [layers[name].shape for name in ("stem", "norm", "up", "act")] == [
        (6, 6, 5),
        (6, 6, 5),
        (12, 6, 5),
        (12, 6, 5),
    ]
    assert layers["act"].y.rf.tolist() == [[0, 11]] * 6
    assert layers["odd"].shape == (5, 6, 12)  # channels first, for want of better knowledge
    assert [record.args[0] for record in caplog.records] == ["odd"]
    assert "set layers.channels_last" in caplog.text
    caplog.clear()
    told = hooks.capture(network, images, config.Layers(channels_last=("odd",)))
    assert {layer.name: layer.shape for layer in told.layers}["odd"] == (12, 5, 6)
    assert not caplog.records


class Untold(nn.Module):
    """Rows and columns folded into each other: no axis counts either."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3, padding=1)

    def forward(self, x):
        x = self.conv(x)
        return torch.tanh(x.reshape(x.shape[0], 2, 15, 8))


def test_what_cannot_be_followed_is_channels_and_said(caplog):
    network, images = made(Untold)
    found = capture(network, images)
    assert [layer.shape for layer in found.layers] == [(2, 12, 10), (240, 1, 1)]
    assert found.layers[1].y.rf.tolist() == [[0, 11]]
    assert (
        "tanh: which axes of its tensor (3, 2, 15, 8) are rows and columns of the image cannot be followed"
        in caplog.text
    )


class Doubled(nn.Module):
    """The images and their mirrors in one batch."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)

    def forward(self, x):
        x = self.conv(x)
        return torch.tanh(torch.cat([x, x.flip(3)], 0))


def test_images_that_cannot_be_told_apart_are_no_layer_and_said(caplog):
    network, images = made(Doubled)
    assert [layer.name for layer in capture(network, images).layers] == ["conv", "flip"]
    assert "no layers, because their images cannot be told apart: cat, tanh" in caplog.text
