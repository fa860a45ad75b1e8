"""torch.export: of networks that torch.fx cannot trace, and programs from files, of which nothing runs."""

import logging
import pickle
import warnings
import zipfile

import numpy as np
import pytest
import torch
from torch import nn
from torch.export import Dim
from torch.nn import functional as F

from seeinin import config
from seeinin.errors import ModelError
from seeinin.precompute import exported, hooks, model, trace
from seeinin.precompute.capture import capture
from seeinin.precompute.run import precompute


class Residual(nn.Module):
    """In place, reused, split and joined."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4)
        self.relu, self.head = nn.ReLU(inplace=True), nn.Linear(4, 3)

    def forward(self, x):
        x = self.norm(self.conv(x))
        y = self.relu(x * 1)
        y += self.relu(x)
        a, b = y.chunk(2, 1)
        y = F.max_pool2d(torch.maximum(a, b), 2)
        return self.head(torch.cat([y, y], 1).mean((2, 3)))


class Untraceable(Residual):
    """torch.fx cannot know how many channels `x` has, torch.export can."""

    def forward(self, x):
        assert x.shape[1] == 1
        return super().forward(x)


def by_hand(network, x):
    conv = network.conv(x)
    norm = network.norm(conv)
    relu = norm.relu()
    added = relu + relu
    maximum = torch.maximum(added[:, :2], added[:, 2:])
    pooled = F.max_pool2d(maximum, 2)
    cat = torch.cat([pooled, pooled], 1)
    mean = cat.mean((2, 3))
    return {
        "conv": ("conv2d", conv), "norm": ("batch_norm", norm), "mul": ("mul", norm), "relu": ("relu", relu),
        "relu_1": ("relu", relu), "add": ("add", added), "maximum": ("maximum", maximum),
        "max_pool2d": ("max_pool2d", pooled), "cat": ("cat", cat), "mean": ("mean", mean),
        "head": ("linear", network.head(mean)),
    }  # fmt: skip


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    network = Untraceable().eval()
    network.norm.running_mean.uniform_(-1, 1)
    return network


@pytest.fixture(scope="module")
def images():
    return torch.rand(3, 1, 8, 8, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def saved(network, images, tmp_path_factory):
    """The network as files: for any number of images, and for two alone."""
    folder = tmp_path_factory.mktemp("programs")
    anyhow = torch.export.export(network, (images,), dynamic_shapes=({0: Dim.AUTO},))
    torch.export.save(anyhow, folder / "any.pt2")
    torch.export.save(torch.export.export(network, (images[:2],)), folder / "two.pt2")
    return folder


def check(found, network, images):
    chosen = found.chosen()
    with torch.inference_mode():
        expected = by_hand(network, images)
        tensors = chosen.run(images.clone())
    assert [layer.op for layer in chosen.layers] == [op for op, _ in expected.values()]
    for layer, tensor, (_, wanted) in zip(chosen.layers, tensors, expected.values(), strict=True):
        np.testing.assert_allclose(tensor.reshape(wanted.shape), wanted, rtol=1e-5, atol=1e-6, err_msg=layer.name)
    return [layer.name for layer in chosen.layers]


def test_what_fx_cannot_trace_is_exported_and_said(network, images, caplog):
    caplog.set_level(logging.INFO)
    names = check(capture(network, images), network, images)
    assert names == [name if name != "add" else "add_" for name in by_hand(network, images)]
    assert "torch.fx cannot trace the network" in caplog.text
    assert "torch.export found 11 layers" in caplog.text


def test_the_three_ways_agree(network, images):
    plain = Residual().eval()
    plain.load_state_dict(network.state_dict())
    by_fx = trace.capture(torch.fx.symbolic_trace(plain), images)
    by_export = trace.capture(exported.export(plain, images), images)
    by_hooks = hooks.capture(plain, images)
    check(by_fx, network, images)
    check(by_export, network, images)
    theirs = {layer.name: layer for layer in by_export.layers}
    for layer, tensor in zip(by_hooks.layers, by_hooks.chosen().run(images), strict=True):
        (other,) = by_export.chosen([layer.name]).run(images)
        torch.testing.assert_close(tensor, other, msg=layer.name)
        np.testing.assert_array_equal(layer.y.rf, theirs[layer.name].y.rf, err_msg=layer.name)
    for ours, its in zip(by_fx.layers, by_export.layers, strict=True):
        for axis in ("y", "x"):
            np.testing.assert_array_equal(getattr(ours, axis).rf, getattr(its, axis).rf, err_msg=ours.name)


def test_control_flow_that_depends_on_the_data_is_hooked(images, caplog):
    class Gated(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 2, 3)

        def forward(self, x):
            x = self.conv(x)
            return -x if x.sum() > 1e6 else x

    network = Gated().eval()
    found = capture(network, images)
    assert [layer.name for layer in found.layers] == ["conv"]
    torch.testing.assert_close(found.chosen().run(images)[0], network.conv(images))
    assert "torch.export cannot trace" in caplog.text


def test_a_program_from_a_file(saved, network, images):
    loaded = model.load(config.ExportedModel(source="exported", network=str(saved / "any.pt2")))
    check(capture(loaded, images), network, images)


def test_functional_programs(network, images, tmp_path):
    """What other tools decompose further still gives its layers."""
    with warnings.catch_warnings(action="ignore"):  # torch's own
        program = torch.export.export(network, (images,), dynamic_shapes=({0: Dim.AUTO},)).run_decompositions()
    torch.export.save(program, tmp_path / "core.pt2")
    found = capture(exported.load(tmp_path / "core.pt2"), images).chosen()
    expected = by_hand(network, images)
    for layer, tensor in zip(found.layers, found.run(images), strict=True):
        if layer.name in expected:
            torch.testing.assert_close(tensor.reshape(expected[layer.name][1].shape), expected[layer.name][1])
    assert {"conv", "norm", "cat", "head"} <= {layer.name for layer in found.layers}
    conv, norm = found.layers[:2]
    assert (conv.op, norm.op) == ("conv2d", "batch_norm")
    np.testing.assert_array_equal(norm.y.rf[:2], [[0, 1], [0, 2]])


def test_a_whole_run_of_a_fixed_batch(saved, network):
    """The last batch has one image, and is filled up."""
    data = np.random.default_rng(0).integers(0, 256, (5, 8, 8), np.uint8), np.arange(5) % 3
    loaded = exported.load(saved / "two.pt2")
    options = {"classes": ("a", "b", "c"), "scale": 1 / 255, "dtype": "float32", "progress": False}
    from seeinin.store.reader import open_cache

    path = precompute(loaded, data, saved / "x.h5", batch_size=2, **options)
    with open_cache(path) as cache, torch.inference_mode():
        images = torch.from_numpy(data[0][cache.index])[:, None] / 255
        maps = cache.layer("head").maps(slice(0, 5))
        np.testing.assert_allclose(maps[:, :, 0, 0], network(images).numpy(), atol=1e-5)
    with pytest.raises(ModelError, match="exported for batches of 2, not 4: set batch_size: 2"):
        precompute(loaded, data, saved / "y.h5", batch_size=4, **options)


def test_images_of_another_size(saved):
    with pytest.raises(
        ModelError, match=r"exported for images of 1 × 8 × 8 .* these are 1 × 9 × 8; set preprocess.size"
    ):
        capture(exported.load(saved / "any.pt2"), torch.rand(2, 1, 9, 8))


def test_a_program_that_trains(network, images, tmp_path):
    training = Untraceable().train()
    torch.export.save(torch.export.export(training, (images,)), tmp_path / "train.pt2")
    with pytest.raises(ModelError, match=r"exported while training; call network.eval\(\)"):
        exported.load(tmp_path / "train.pt2")


class Bomb:
    def __reduce__(self):
        return pytest.fail, ("a pickle was run",)


def changed(source, target, change):
    """A copy of the archive with `change(name, content)` instead of each file's content."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return target


def replaced(end, old, new):
    def change(name, content):
        if name.endswith(end):
            assert old in content
            return content.replace(old, new, 1)
        return content

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (replaced("weights_config.json", b'"use_pickle": false', b'"use_pickle": true'), "a pickle .*weights_config"),
        (
            lambda name, content: pickle.dumps(Bomb()) if "sample_inputs" in name else content,
            "a pickle .*sample_inputs",
        ),
        (replaced("model.json", b"torch.ops.aten.relu_.default", b"torch.hub.load"), "the operation 'torch.hub.load'"),
        (replaced("model.json", b"torch.ops.aten.relu_.default", b"torch.ops.load_library"), "the operation"),
        (replaced("model.json", b"torch.ops.aten.relu_.default", b"_operator.methodcaller"), "the operation"),
    ],
)
def test_nothing_in_a_file_is_run(saved, tmp_path, change, message):
    path = changed(saved / "any.pt2", tmp_path / "bad.pt2", change)
    with pytest.raises(ModelError, match=rf"holds {message}.* which would run code when read"):
        exported.load(path)


@pytest.mark.parametrize("code", ["__import__('os').", "sympify('1')+", "().mro+"])
def test_sizes_are_no_code(saved, tmp_path, code):
    def change(name, content):
        if not name.endswith("model.json"):
            return content
        text = content.decode()
        assert '"expr_str": "Symbol(' in text
        return text.replace('"expr_str": "Symbol(', f'"expr_str": "{code}Symbol(', 1)

    with pytest.raises(ModelError, match="holds the size"):
        exported.load(changed(saved / "any.pt2", tmp_path / "bad.pt2", change))


def test_files_that_are_none(saved, tmp_path):
    whole = (saved / "any.pt2").read_bytes()
    (tmp_path / "short.pt2").write_bytes(whole[: len(whole) // 2])
    torch.save({"a": torch.zeros(1)}, tmp_path / "state.pt2")
    for name in ("short", "state"):
        with pytest.raises(ModelError, match="cut short or not an exported program"):
            exported.load(tmp_path / f"{name}.pt2")
    with pytest.raises(ModelError, match=r"is missing; correct model\.network"):
        exported.load(tmp_path / "nowhere.pt2")
