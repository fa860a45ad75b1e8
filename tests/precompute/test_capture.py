"""Every activation is a layer, with the values that flowed there."""

import logging
import time

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from seeinin.errors import ModelError, SettingError
from seeinin.precompute import hooks, patience
from seeinin.precompute.capture import capture


class Everything(nn.Module):
    """Modules, functions and methods; in place, reused, joined and split."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, padding=1)
        self.block = nn.Sequential(nn.Conv2d(4, 4, 1), nn.ReLU(inplace=True))
        self.norm = nn.BatchNorm2d(4)
        self.drop = nn.Dropout(0.5)
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        x = self.conv(x)
        y = self.block(x)
        y += x
        y = self.block(y)
        y = F.relu_(self.norm(y) - 1)
        a, b = torch.cat([y, x], 1).chunk(2, 1)
        z = (a * b).mul_(2)
        z = F.max_pool2d(z, 2)
        return self.head(self.drop(z.mean((2, 3))).view(z.size(0), -1))


def by_hand(network, x):
    """The same, out of place, one value after the other."""
    conv, relu, block = network.conv(x), nn.ReLU(), network.block[0]
    first = block(conv)
    first_relu = relu(first)
    added = first_relu + conv
    second = block(added)
    second_relu = relu(second)
    normed = network.norm(second_relu)
    less = normed - 1
    clipped = relu(less)
    joined = torch.cat([clipped, conv], 1)
    a, b = joined[:, :4], joined[:, 4:]
    product, doubled = a * b, a * b * 2
    pooled = F.max_pool2d(doubled, 2)
    mean = pooled.mean((2, 3))
    return {
        "conv": ("conv2d", conv),
        "block.0": ("conv2d", first),
        "block.1": ("relu", first_relu),
        "add": ("add", added),
        "block.0_1": ("conv2d", second),
        "block.1_1": ("relu", second_relu),
        "norm": ("batch_norm", normed),
        "sub": ("sub", less),
        "relu_": ("relu", clipped),
        "cat": ("cat", joined),
        "mul": ("mul", product),
        "mul_": ("mul", doubled),
        "max_pool2d": ("max_pool2d", pooled),
        "mean": ("mean", mean),
        "head": ("linear", network.head(mean)),
    }


@pytest.fixture
def images():
    torch.manual_seed(0)
    return torch.rand(4, 1, 8, 8)


def test_every_value_as_it_flowed(images):
    torch.manual_seed(0)
    network = Everything().eval()
    found = capture(network, images[:2]).chosen()
    with torch.inference_mode():
        expected = by_hand(network, images)
        values = found.run(images)
    assert [(layer.name, layer.op) for layer in found.layers] == [(name, op) for name, (op, _) in expected.items()]
    for layer, value, (_, wanted) in zip(found.layers, values, expected.values(), strict=True):
        assert layer.shape == value.shape[1:]
        torch.testing.assert_close(value.flatten(1), wanted.flatten(1), msg=layer.name)


def test_only_some_layers_and_positions(images):
    network = Everything().eval()
    whole, some = capture(network, images), capture(network, images).chosen(["block.*", "cat"], ["*_1"], every=3)
    assert [layer.name for layer in some.layers] == ["block.0", "block.1", "cat"]
    assert [layer.shape for layer in some.layers] == [(4, 3, 3), (4, 3, 3), (8, 3, 3)]
    assert some.layers[0].y.stride == 3
    with torch.inference_mode():
        values = dict(zip([layer.name for layer in whole.layers], whole.chosen().run(images), strict=True))
        for layer, value in zip(some.layers, some.run(images), strict=True):
            torch.testing.assert_close(value, values[layer.name][:, :, ::3, ::3])


def test_the_graph_names_layers_and_what_they_read(images):
    nodes = {node.name: node for node in capture(Everything(), images).nodes}
    assert nodes["add"].inputs == ("block.1", "conv")
    assert nodes["cat"].inputs == ("relu_", "conv")
    assert nodes["chunk"].layer is None
    assert nodes["mul"].inputs == ("getitem", "getitem_1")
    assert nodes["head"].layer == "head"
    assert nodes["x"].op == "input"


def test_hooks_agree_with_tracing(images):
    network = Everything().eval()
    traced, hooked = capture(network, images), hooks.capture(network, images)
    names = [layer.name for layer in hooked.layers]
    assert names == ["conv", "block.0", "block.1", "block.0_1", "block.1_1", "norm", "head"]
    with torch.inference_mode():
        mine = dict(zip([layer.name for layer in traced.layers], traced.chosen().run(images), strict=True))
        for layer, value in zip(hooked.layers, hooked.chosen().run(images), strict=True):
            assert torch.equal(value, mine[layer.name]), layer.name
    assert not any(module._forward_hooks for module in network.modules())


class Undecided(nn.Module):
    """Looks at its values, so that it cannot be traced."""

    def __init__(self):
        super().__init__()
        self.conv, self.relu, self.other = nn.Conv2d(1, 2, 3), nn.ReLU(inplace=True), nn.Conv2d(2, 2, 3)

    def forward(self, x):
        x = self.relu(self.conv(x))
        return self.other(x) if x.isnan().any() or x.sum() > -1 else x


def test_what_cannot_be_traced_is_hooked_and_said(images, caplog):
    network = Undecided().eval()
    with caplog.at_level(logging.WARNING):
        found = capture(network, images).chosen()
    assert "torch.fx cannot trace the network" in caplog.text
    with torch.inference_mode():
        before, after, _ = found.run(images)
        torch.testing.assert_close(before, network.conv(images))
        torch.testing.assert_close(after, before.relu())
    assert [(layer.y.size, layer.y.stride, layer.y.first) for layer in found.layers] == [
        (3, 1, 0),
        (3, 1, 0),
        (5, 1, 0),
    ]


class Sometimes(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(1, 2, 3), nn.Conv2d(2, 2, 3)

    def forward(self, x):
        y = self.a(x)
        return self.b(y) if x.isnan().any() or x.mean() > 0 else y


def test_layers_that_run_for_some_images_only(images):
    found = capture(Sometimes(), images).chosen()
    with pytest.raises(ModelError, match=r"other layers for some images than for others \(b\)"):
        found.run(-images)


def test_a_traced_function_that_is_not_the_network_is_not_used(images, caplog):
    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.times = nn.Conv2d(1, 2, 3), 0

        def forward(self, x):
            self.times += 1
            return self.conv(x) * self.times

    assert [layer.name for layer in capture(Counting(), images).layers] == ["conv"]
    assert "hooked instead" in caplog.text


def test_wrong_images():
    with pytest.raises(ModelError, match=r"cannot take images of 1 × 8 × 8 .* set preprocess.size"):
        capture(nn.Sequential(nn.Flatten(), nn.Linear(100, 2)), torch.rand(2, 1, 8, 8))


class Cut(nn.Module):
    """As many rows as there are images."""

    def forward(self, x):
        return x[:, :, : len(x)]


def test_a_layer_whose_size_varies(images):
    network = nn.Sequential(nn.Conv2d(1, 2, 3), Cut(), nn.Tanh()).eval()
    for found in (capture(network, images[:3]), hooks.capture(network, images[:3])):
        with pytest.raises(ModelError, match=r"layer \d is 2 × 4 × 6 for some images, 2 × 3 × 6 for others; .*exclude"):
            found.chosen().run(images)


def test_a_network_that_raises_or_gives_nothing(images):
    class Gives(nn.Module):
        def __init__(self, what):
            super().__init__()
            self.what = what

        def forward(self, x):
            return self.what[0]

    with pytest.raises(ModelError, match=r"cannot take images of 1 × 8 × 8 .*: IndexError list index out of range"):
        capture(Gives([]), images)
    with pytest.raises(ModelError, match="nothing in the network gives a tensor for each image"):
        capture(Gives([3]), images)


def test_an_unknown_layer_name(images):
    found = capture(Everything(), images)
    with pytest.raises(SettingError, match=r"no layer is called 'konv'; did you mean 'conv'"):
        found.chosen(["konv"])
    with pytest.raises(SettingError, match="leave no layer"):
        found.chosen(["*"], ["*"])


def test_tokens_stand_on_their_grid(images):
    class Patches(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed, self.mix = nn.Conv2d(1, 6, 2, stride=2), nn.Linear(6, 6)

        def forward(self, x):
            return self.mix(self.embed(x).flatten(2).transpose(1, 2))

    network = Patches().eval()
    found = capture(network, images).chosen()
    assert [layer.shape for layer in found.layers] == [(6, 4, 4), (6, 4, 4)]
    with torch.inference_mode():
        expected = network(images).numpy()
        np.testing.assert_array_equal(found.run(images)[1][0, :, 1, 2], expected[0, 1 * 4 + 2])


class Slow(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3)

    def forward(self, x):
        time.sleep(0.05)
        return self.conv(x)


def test_a_network_that_keeps_us_waiting_is_said(monkeypatch, caplog):
    images = torch.rand(2, 3, 8, 8)
    capture(Slow(), images)
    assert "no answer" not in caplog.text
    monkeypatch.setattr(patience, "SECONDS", 0.01)
    capture(Slow(), images)
    assert caplog.text.count("the network has given no answer for 0.01 seconds") == 1
    caplog.clear()
    hooks.capture(Slow(), images).chosen().run(images)
    assert "the network has given no answer" in caplog.text


class Leaving(nn.Module):
    def forward(self, x):
        raise SystemExit(0)


def test_a_network_that_leaves_the_program_is_no_success():
    with pytest.raises(ModelError, match="cannot take images of 3 × 8 × 8"):
        capture(Leaving(), torch.rand(2, 3, 8, 8))
