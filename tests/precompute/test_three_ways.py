"""torch.fx, torch.export and hooks find the same values in the same places, in networks of every kind."""

import logging
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from seeinin.geometry import fields
from seeinin.precompute import exported, hooks, model, trace
from seeinin.precompute.capture import capture
from tests.precompute.networks import LAYOUTS, PLAIN, SIZES, Mixer, Swin

CONFIGS = Path(__file__).parents[2] / "configs"


def same(one, other, images):
    """The layers of `one` that have none in `other` with the same values; where there is one, its fields are equal."""
    theirs = list(zip(other.layers, other.chosen().run(images), strict=True))
    missing = []
    for layer, value in zip(one.layers, one.chosen().run(images), strict=True):
        like = [a for a, its in theirs if its.shape == value.shape and torch.allclose(its, value, 1e-4, 1e-5)]
        named = [a for a in like if a.name == layer.name] or like
        missing += [] if like else [layer.name]
        for axis in ("y", "x") if named else ():
            mine, its = getattr(layer, axis), getattr(named[0], axis)
            np.testing.assert_array_equal(fields.stored(its.rf), fields.stored(mine.rf), err_msg=layer.name)
    return missing


@pytest.mark.parametrize("network", [*PLAIN, *LAYOUTS], ids=lambda network: network.__name__)
def test_the_three_ways_agree(network, caplog):
    torch.manual_seed(5)
    size = SIZES.get(network, (12, 10)) if network in LAYOUTS else (32, 27)
    network, images = network().eval(), torch.rand(3, 1, *size)
    with torch.no_grad():
        by_fx = capture(network, images)
        by_export = trace.capture(exported.export(network, images), images)
        assert same(by_fx, by_export, images) == []
        caplog.clear()
        # hooks see modules alone, and lose sight of places where all rows arrive everywhere
        by_hooks = hooks.capture(network, images)
        names, unsure = {layer.name: layer for layer in by_fx.layers}, {record.args[0] for record in caplog.records}
        for layer, value in zip(by_hooks.layers, by_hooks.chosen().run(images), strict=True):
            if layer.name.partition("/")[0] not in unsure:
                (expected,) = by_fx.chosen([layer.name]).run(images)
                assert names[layer.name].shape == layer.shape, layer.name
                assert torch.equal(value, expected), layer.name
        # in shifted windows the images share their axis, and it is said that these are no layers
        said = {Mixer: {"tokens", "norm", "channels"}, Swin: {"qkv, proj"}}
        assert unsure == said.get(type(network), set())


@pytest.mark.skipif("SEEININ_DATA" not in os.environ, reason="SEEININ_DATA names no folder of real data")
def test_a_resnet_on_cifar10():
    pixels = np.load(Path(os.environ["SEEININ_DATA"], "cifar10", "test-1000.npz"))["images"][:4]
    images = torch.from_numpy(pixels).movedim(3, 1) / 255
    network = model.call(f"{CONFIGS}/models.py:ResNet", {}).eval()
    with torch.no_grad():
        by_fx = capture(network, images)
        assert [layer.shape for layer in by_fx.layers if layer.op == "add"] == [(16, 32, 32), (32, 16, 16), (64, 8, 8)]
        by_export = trace.capture(exported.export(network, images), images)
        assert same(by_fx, by_export, images) == []
        assert same(by_export, by_fx, images) == []
        assert same(hooks.capture(network, images), by_fx, images) == []
        ends = [
            value for layer, value in zip(by_fx.layers, by_fx.chosen().run(images), strict=True) if layer.name == "fc"
        ]
        torch.testing.assert_close(ends[0][..., 0, 0], network(images))


class Undecided(nn.Module):
    """What it does next depends on what it sees."""

    def __init__(self):
        super().__init__()
        self.first, self.relu, self.second = nn.Conv2d(1, 3, 3), nn.ReLU(inplace=True), nn.Conv2d(3, 2, 3, stride=2)

    def forward(self, x):
        x = self.relu(self.first(x))
        return self.second(x) if x.isnan().any() or float(x.detach().sum()) > -1 else x


def test_control_flow_that_depends_on_the_data(caplog):
    images = torch.rand(3, 1, 12, 10)
    network = Undecided().eval()
    with caplog.at_level(logging.WARNING):
        found = capture(network, images)
    assert "torch.fx cannot trace the network" in caplog.text
    assert "torch.export cannot trace the network" in caplog.text
    assert [layer.name for layer in found.layers] == ["first", "relu", "second"]
    with torch.no_grad():
        first, relu, second = found.chosen().run(images)
        torch.testing.assert_close(first, network.first(images))
        torch.testing.assert_close(relu, first.relu())
        torch.testing.assert_close(second, network.second(relu))
    assert [(layer.y.size, layer.y.stride, layer.y.first) for layer in found.layers] == [
        (3, 1, 0),
        (3, 1, 0),
        (5, 2, 0),
    ]
