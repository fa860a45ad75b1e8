"""torch.export: of networks that torch.fx cannot trace, and programs from files, of which nothing runs."""

import json
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
from seeinin.precompute import archive, exported, hooks, model, trace, vetting
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


def with_file(name, content):
    """A further file in the archive, put beside the one that says its version."""

    def add(source, target):
        changed(source, target, lambda _, content: content)
        with zipfile.ZipFile(target, "a") as archive:
            top = archive.namelist()[0].partition("/")[0]
            archive.writestr(f"{top}/{name}", content)
        return target

    return add


def named(**change):
    """The JSON of the graph with some of its fields changed, wherever they are."""

    def walk(value):
        if isinstance(value, dict):
            return {key: change.get(key, walk(item)) for key, item in value.items()}
        return [walk(item) for item in value] if isinstance(value, list) else value

    def of_file(name, content):
        return json.dumps(walk(json.loads(content))).encode() if name.endswith("models/model.json") else content

    return lambda source, target: changed(source, target, of_file)


def text(end, old, new):
    return lambda source, target: changed(source, target, replaced(end, old, new))


CODE = "__import__('pathlib').Path('ran').touch()"
SPELT = "exec(" + "+".join(f"chr({ord(letter)})" for letter in CODE) + ")+"
RELU = b"torch.ops.aten.relu_.default"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (text("weights_config.json", b'"use_pickle": false', b'"use_pickle": true'), "a pickle"),
        (text("weights_config.json", b'"weight_0"', b'"../../x"'), "a pickle"),
        (with_file("data/weights/model.pt", pickle.dumps(Bomb())), r"the file 'data/weights/model\.pt'"),
        (with_file("data/constants/model.pt", pickle.dumps(Bomb())), r"the file 'data/constants/model\.pt'"),
        (with_file("models/MODEL.json", b"{}"), r"the file 'models/MODEL\.json'"),
        (with_file("models/other.json", b"{}"), r"the file 'models/other\.json'"),
        (with_file("data/aotinductor/model/x.so", b""), "compiled code"),
        (text("model.json", RELU, b"torch.hub.load"), r"the operation 'torch\.hub\.load'"),
        (text("model.json", RELU, b"torch.ops.load_library"), "the operation"),
        (text("model.json", RELU, b"torch.ops.aten.save.default"), "the operation"),
        (text("model.json", RELU, b"torch.ops.aten.from_file.default"), "the operation"),
        (text("model.json", RELU, b"torch.ops.higher_order.wrap"), "the operation"),
        (text("model.json", RELU, b"_operator.methodcaller"), "the operation"),
        (named(arg={"as_operator": "torch.hub.load"}), "the operation"),
        (text("model.json", b'"expr_str": "Symbol(', b'"expr_str": "__import__(\'os\').Symbol('), "the size"),
        (text("model.json", b'"expr_str": "Symbol(', b'"expr_str": "().mro+Symbol('), "the size"),
        (text("model.json", b'"expr_str": "Symbol(', b'"expr_str": "sympify(\'1\')+Symbol('), "the size"),
        (text("model.json", b'"expr_str": "Symbol(', f'"expr_str": "{SPELT}Symbol('.encode()), "the size 'exec"),
        (named(forward_arg_names=[f"x={CODE}"]), "the name"),
        (named(name=f"x={CODE}"), "the name"),
        (named(parameter_name='w",exec("1"))#'), "the name"),
        (named(buffer_name="norm.__class__.x"), "the name"),
    ],
)
def test_nothing_in_a_file_is_run(saved, tmp_path, monkeypatch, change, message):
    monkeypatch.chdir(tmp_path)
    path = change(saved / "any.pt2", tmp_path / "bad.pt2")
    with pytest.raises(ModelError, match=rf"holds {message}.* which could run code when read"):
        exported.load(path)
    assert not (tmp_path / "ran").exists()


def test_torch_sees_an_archive_made_anew(saved, tmp_path):
    """So it matters neither what else is in the file nor by which rules a zip is read."""
    path = with_file("extra/note.txt", b"")(saved / "any.pt2", tmp_path / "more.pt2")
    path.write_bytes(b"before the archive" + path.read_bytes())
    path = changed(
        path, tmp_path / "bomb.pt2", lambda name, content: pickle.dumps(Bomb()) if "inputs" in name else content
    )
    with zipfile.ZipFile(archive.read(path)) as clean:
        assert clean.read("archive/data/sample_inputs/model.pt") == b""
        assert json.loads(clean.read("archive/models/model.json"))["guards_code"] == []
        assert not [name for name in clean.namelist() if "extra" in name]
    exported.load(path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("x/data/weights/weight_99", bytes(10_000_000))
    with pytest.raises(ModelError, match="its files are compressed"):
        exported.load(path)


@pytest.mark.parametrize(
    "size", ["Symbol('s0', positive=True)*2+1", "Max(1, FloorDiv(Symbol('s1'), Integer(2)))", "-oo"]
)
def test_sizes_that_torch_writes(size):
    assert vetting._is_size(size)


def test_files_that_are_none(saved, tmp_path):
    whole = (saved / "any.pt2").read_bytes()
    (tmp_path / "short.pt2").write_bytes(whole[: len(whole) // 2])
    torch.save({"a": torch.zeros(1)}, tmp_path / "state.pt2")
    for name in ("short", "state"):
        with pytest.raises(ModelError, match="cut short or not an exported program"):
            exported.load(tmp_path / f"{name}.pt2")
    with pytest.raises(ModelError, match=r"is missing; correct model\.network"):
        exported.load(tmp_path / "nowhere.pt2")
