"""A transformer's tokens: patches on their grid, the class token and registers apart."""

import pytest
import torch
from torch import nn

from seeinin import config
from seeinin.precompute import exported, hooks, trace
from seeinin.precompute.capture import capture


class Transformer(nn.Module):
    def __init__(self, extra):
        super().__init__()
        self.embed, self.extra = nn.Conv2d(1, 6, 2, stride=2), nn.Parameter(torch.rand(1, extra, 6))
        self.norm, self.attend, self.head = (
            nn.LayerNorm(6),
            nn.MultiheadAttention(6, 2, batch_first=True),
            nn.Linear(6, 3),
        )

    def forward(self, x):
        x = self.embed(x).flatten(2).transpose(1, 2)
        x = self.norm(torch.cat([self.extra.expand(x.size(0), -1, -1), x], 1))
        x = x + self.attend(x, x, x, need_weights=False)[0]
        return self.head(x[:, 0])


@pytest.mark.parametrize(("extra", "size", "grid"), [(1, (8, 8), None), (3, (8, 6), (4, 3))])
def test_three_ways(extra, size, grid):
    network, images = Transformer(extra).eval(), torch.rand(3, 1, *size)
    names = ["/cls", "/reg0", "/reg1"][:extra]
    with torch.no_grad():
        x = network.embed(images).flatten(2).transpose(1, 2)
        expected = network.norm(torch.cat([network.extra.expand(3, -1, -1), x], 1))
    told = config.Layers(grid=grid)
    ways = [
        capture(network, images, told),
        trace.capture(exported.export(network, images), images, told),
        hooks.capture(network, images, told),
    ]
    for found in ways:
        layers = {layer.name: layer for layer in found.layers}
        assert layers["norm"].shape == (6, size[0] // 2, size[1] // 2)
        with torch.no_grad():
            patches, *alone = found.chosen(["norm", "norm/*"]).run(images)
        torch.testing.assert_close(patches.flatten(2).movedim(1, 2), expected[:, extra:])
        assert [name for name in layers if name.startswith("norm/")] == [f"norm{name}" for name in names]
        blind = [layers[f"norm{name}"] for name in names]
        assert [(layer.y.size, layer.x.size) for layer in blind] == [(0, 0)] * extra  # of the image, before attention
        for i, token in enumerate(alone):
            torch.testing.assert_close(token[:, :, 0, 0], expected[:, i])
