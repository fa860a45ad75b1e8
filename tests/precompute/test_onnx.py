"""Networks in ONNX's format: exported by torch, they have the layers, values and fields that torch's own have."""

import os
import re
import select
import signal
import subprocess
import sys
import threading
import time
import warnings

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from seeinin import config  # noqa: E402
from seeinin.errors import ModelError  # noqa: E402
from seeinin.geometry import fields  # noqa: E402
from seeinin.precompute import model  # noqa: E402
from seeinin.precompute.capture import capture  # noqa: E402
from seeinin.precompute.run import precompute  # noqa: E402
from seeinin.store.reader import open_cache  # noqa: E402


class Branches(nn.Module):
    """Branches that are added and joined, poolings of every kind, a gate, a dilated and a transposed convolution."""

    def __init__(self):
        super().__init__()
        self.stem, self.pool = nn.Conv2d(3, 4, 5, stride=2, padding=2), nn.MaxPool2d(3, 2, 1, ceil_mode=True)
        self.wide, self.short = nn.Conv2d(4, 4, 3, padding=2, dilation=2), nn.Conv2d(4, 4, 1)
        self.gate, self.up = nn.Linear(4, 4), nn.ConvTranspose2d(8, 2, 2, stride=2)
        self.head = nn.Linear(2, 3)

    def forward(self, x):
        x = self.pool(F.leaky_relu(self.stem(x)))
        y = F.hardswish(self.wide(x)) + self.short(x)
        y = y * torch.sigmoid(self.gate(y.mean((2, 3))))[:, :, None, None]
        y = self.up(torch.cat([y, F.avg_pool2d(x, 3, 1, 1)], 1))
        return self.head(F.adaptive_avg_pool2d(F.pad(y, (0, 1, 2, 0)), 1).flatten(1))


class Tokens(nn.Module):
    """A class token beside patches, and attention taken apart."""

    def __init__(self):
        super().__init__()
        self.embed, self.cls = nn.Conv2d(3, 6, 4, stride=4), nn.Parameter(torch.rand(1, 1, 6))
        self.norm, self.qkv, self.proj, self.head = nn.LayerNorm(6), nn.Linear(6, 18), nn.Linear(6, 6), nn.Linear(6, 3)

    def forward(self, x):
        x = self.embed(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls.expand(x.shape[0], -1, -1), x], 1)
        q, k, v = self.qkv(self.norm(x)).chunk(3, 2)
        x = x + self.proj(torch.softmax(q @ k.transpose(1, 2), -1) @ v)
        return self.head(F.gelu(x[:, 0]))


class Masked(nn.Module):
    """Comparisons, which let no NaN through."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3)

    def forward(self, x):
        x = self.conv(x)
        return torch.where((x > 0) & ~(x >= 0.5), x, x.exp() - 1).masked_fill(x == 0, 1.0)


def written(network, path, images):
    with warnings.catch_warnings(action="ignore"):  # the old exporter needs no further package
        torch.onnx.export(
            network,
            (images,),
            str(path),
            dynamo=False,
            input_names=["x"],
            dynamic_axes={"x": {0: "n"}},
            opset_version=17,
        )
    return path


def loaded(path):
    return model.load(config.OnnxModel(source="onnx", network=str(path)))


@pytest.mark.parametrize(("network", "lacking"), [(Branches, []), (Tokens, []), (Masked, [])])
def test_layers_and_fields_are_those_of_torch(network, lacking, tmp_path):
    torch.manual_seed(2)
    network, images = network().eval(), torch.rand(3, 3, 24, 20)
    theirs = capture(loaded(written(network, tmp_path / "net.onnx", images[:2])), images[:2])
    ours = capture(network, images[:2])
    named = list(zip(theirs.layers, theirs.chosen().run(images), strict=True))
    missing = []
    for own, value in zip(ours.layers, ours.chosen().run(images), strict=True):
        like = [a for a, its in named if its.shape == value.shape and torch.allclose(its, value, 1e-4, 1e-5)]
        missing += [] if like else [own.name]
        for layer in like[:1]:  # names and the pieces of an operation differ, values do not
            for axis in ("y", "x"):
                mine, its = getattr(own, axis), getattr(layer, axis)
                np.testing.assert_array_equal(fields.stored(its.rf), fields.stored(mine.rf), err_msg=layer.name)
                np.testing.assert_array_equal(its.home, mine.home, err_msg=layer.name)
    assert missing == lacking


def test_a_config_becomes_a_cache(tmp_path, monkeypatch):
    torch.manual_seed(2)
    network = Branches().eval()
    written(network, tmp_path / "net.onnx", torch.rand(2, 3, 24, 20))
    pixels = np.random.default_rng(0).integers(0, 256, (5, 24, 20, 3), np.uint8)
    np.savez(tmp_path / "images.npz", images=pixels, labels=np.arange(5) % 3)
    (tmp_path / "c.yaml").write_text(
        f"output: {tmp_path}/x.h5\nmodel: {{source: onnx, network: net.onnx}}\n"
        "dataset: {source: npz, path: images.npz, classes: [a, b, c]}\n"
        "preprocess: {scale: 0.00390625}\nstorage: {dtype: float32}\nbatch_size: 2\n"
    )
    path = precompute(config.load(tmp_path / "c.yaml"), progress=False)
    with open_cache(path) as cache, torch.inference_mode():
        images = torch.from_numpy(pixels[cache.index]).movedim(3, 1) / 256
        last = cache.layers[-1]
        np.testing.assert_allclose(last.maps(slice(0, 5))[..., 0, 0], network(images), atol=1e-5)
        assert (cache.prediction == network(images).argmax(1).numpy()).all()


def test_a_network_for_one_image_at_a_time(tmp_path):
    """As most come: its axis of images has one element, so it cannot be told by its size."""
    torch.manual_seed(2)
    network = Tokens().eval()
    with warnings.catch_warnings(action="ignore"):
        torch.onnx.export(network, (torch.rand(1, 3, 24, 20),), str(tmp_path / "n.onnx"), dynamo=False)
    pixels = np.random.default_rng(0).integers(0, 256, (3, 24, 20, 3), np.uint8)
    options = {"scale": 1 / 256, "dtype": "float32", "progress": False}
    with pytest.raises(ModelError, match="exported for batches of 1, not 128: set batch_size: 1"):
        precompute(loaded(tmp_path / "n.onnx"), (pixels, None), tmp_path / "x.h5", **options)
    path = precompute(loaded(tmp_path / "n.onnx"), (pixels, None), tmp_path / "x.h5", batch_size=1, **options)
    with open_cache(path) as cache, torch.inference_mode():
        images = torch.from_numpy(pixels[cache.index]).movedim(3, 1) / 256
        np.testing.assert_allclose(cache.layers[-1].maps(slice(0, 3))[..., 0, 0], network(images), atol=1e-5)
        embed = network.embed(images)
        (first, *_) = [layer for layer in cache.layers if layer.name.endswith("/cls")]
        patches = cache.layer(first.name.removesuffix("/cls"))
        np.testing.assert_allclose(patches.maps(slice(0, 3)), embed, atol=1e-5)
        np.testing.assert_allclose(first.maps(slice(0, 3))[..., 0, 0], network.cls[:, 0].expand(3, -1), atol=1e-6)


def save(path, nodes, weights=(), shape=("n", 3, 8, 8), kind=TensorProto.FLOAT, outputs=("out",), inputs=()):
    given = [helper.make_tensor_value_info("x", kind, shape), *inputs]
    results = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
    graph = helper.make_graph(list(nodes), "g", given, results, list(weights))
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    path.write_bytes(made.SerializeToString())
    return path


def weight(name, *shape):
    values = np.random.default_rng(len(name)).normal(size=shape).astype(np.float32)
    return numpy_helper.from_array(values, name)


def test_channels_last_auto_pad_and_bytes(tmp_path):
    """As TensorFlow's networks come: (n, h, w, 3) of uint8, padded by itself, nodes in any order, a branch."""
    then = helper.make_graph(
        [helper.make_node("Neg", ["a"], ["b"])], "then", [], [helper.make_tensor_value_info("b", 1, None)]
    )
    other = helper.make_graph(
        [helper.make_node("Abs", ["a"], ["d"])], "else", [], [helper.make_tensor_value_info("d", 1, None)]
    )
    nodes = [
        helper.make_node("If", ["yes"], ["out"], name="maybe", then_branch=then, else_branch=other),
        helper.make_node("Cast", ["x"], ["f"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["f"], ["t"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["t", "w"], ["a"], name="conv", auto_pad="SAME_UPPER", strides=[2, 2]),
    ]
    yes = numpy_helper.from_array(np.array(True), "yes")
    path = save(tmp_path / "n.onnx", nodes, [weight("w", 4, 3, 3, 3), yes], ("n", 9, 8, 3), TensorProto.UINT8)
    images = torch.randint(0, 256, (3, 3, 9, 8)).float()
    found = capture(loaded(path), images)
    layers = {layer.name: layer for layer in found.layers}
    assert layers["conv"].shape == layers["maybe"].shape == (4, 5, 4)
    kernel = torch.from_numpy(numpy_helper.to_array(weight("w", 4, 3, 3, 3)).copy())
    expected = F.conv2d(F.pad(images, (0, 1, 1, 1)), kernel, stride=2)
    conv, maybe = found.chosen(["conv", "maybe"]).run(images)
    torch.testing.assert_close(conv, expected, rtol=1e-4, atol=1e-2)
    torch.testing.assert_close(maybe, -conv)
    assert fields.stored(layers["conv"].y.rf).tolist() == [[0, 1], [1, 3], [3, 5], [5, 7], [7, 8]]
    assert fields.stored(layers["conv"].x.rf).tolist() == [[0, 2], [2, 4], [4, 6], [6, 7]]


def grown(path, power):
    """A network that asks for as many numbers as the batch has images, to this power."""
    nodes = [
        helper.make_node("Shape", ["x"], ["n"], end=1),
        helper.make_node("Pow", ["n", "power"], ["size"]),
        helper.make_node("ConstantOfShape", ["size"], ["zeros"], name="grown"),
        helper.make_node("ReduceMax", ["zeros"], ["zero"], keepdims=0),
        helper.make_node("Add", ["x", "zero"], ["out"], name="sum"),
    ]
    return save(path, nodes, [numpy_helper.from_array(np.array([power]), "power")])


def test_fewer_images_at_once_where_memory_is_short(tmp_path, caplog):
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 8, 3), np.uint8)
    network = loaded(grown(tmp_path / "n.onnx", 13))  # 2 TB for 8 images, 268 MB for 4
    path = precompute(network, (pixels, None), tmp_path / "x.h5", batch_size=8, progress=False)
    assert "memory is short for 8 images at once: on with 4" in caplog.text
    with open_cache(path) as cache:
        np.testing.assert_array_equal(cache.layer("sum").maps(slice(0, 8)), pixels[cache.index].transpose(0, 3, 1, 2))
    with pytest.raises(ModelError, match=r"not even one image .*: layer grown asks for [\d,.]+ \w+ more than there is"):
        capture(loaded(grown(tmp_path / "n.onnx", 40)), torch.rand(2, 3, 8, 8))


def external(path, location, name="w", shape=(2, 3, 3, 3), **more):
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=shape, data_location=TensorProto.EXTERNAL)
    for key, value in {"location": location, **more}.items():
        tensor.external_data.add(key=key, value=str(value))
    return save(path, [helper.make_node("Conv", ["x", "w"], ["out"])], [tensor])


def test_weights_in_files_beside_the_network(tmp_path):
    values = np.random.default_rng(0).normal(size=(2, 3, 3, 3)).astype(np.float32)
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "w.bin").write_bytes(b"1234" + values.tobytes())
    path = external(tmp_path / "n.onnx", "more/w.bin", offset=4, length=values.nbytes)
    images = torch.rand(2, 3, 8, 8)
    network = loaded(path)
    (found,) = capture(network, images).chosen().run(images)
    torch.testing.assert_close(found, F.conv2d(images, torch.from_numpy(values)), rtol=1e-4, atol=1e-4)
    before = network.told.tolist()
    (tmp_path / "more" / "w.bin").write_bytes(b"1234" + (-values).tobytes())
    assert loaded(path).told.tolist() != before


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("/etc/hostname", "no file in the folder"),
        ("../w.bin", "no file in the folder"),
        ("a/../../w.bin", "no file in the folder"),
        ("C:\\w.bin", "no file in the folder"),
        ("link.bin", "no file in the folder"),
        ("linked/w.bin", "no file in the folder"),
        ("", "no file in the folder"),
        ("a\0b", "no file in the folder"),
        ("nowhere.bin", "nowhere.bin is missing; put there what .*n.onnx names"),
        ("pipe", "pipe is a pipe, not a file"),
        ("short.bin", "is cut short"),
    ],
)
def test_no_file_outside_of_the_folder_is_read(tmp_path, location, message):
    inside = tmp_path / "net"
    inside.mkdir()
    (tmp_path / "w.bin").write_bytes(bytes(216))
    (inside / "short.bin").write_bytes(bytes(100))
    os.mkfifo(inside / "pipe")
    (inside / "link.bin").symlink_to(tmp_path / "w.bin")
    (inside / "linked").symlink_to(tmp_path)
    refused(external(inside / "n.onnx", location), message)


def refused(path, message):
    with pytest.raises(ModelError) as caught:
        loaded(path)
    text = str(caught.value)
    assert re.search(message, text), text
    assert "\n" not in text


def test_what_is_none_or_cannot_run(tmp_path):
    path = tmp_path / "n.onnx"
    refused(path, "is missing; correct model.network")
    path.write_bytes(b"")
    refused(path, "is empty")
    path.write_bytes(b"\x08\x09" * 7)
    refused(path, "has no nodes|no ONNX network")
    relu = helper.make_node("Relu", ["x"], ["out"], name="r")
    whole = save(path, [helper.make_node("Conv", ["x", "w"], ["out"])], [weight("w", 2, 3, 3, 3)]).read_bytes()
    path.write_bytes(whole[:100])
    refused(path, "is cut short")
    odd = [
        helper.make_node("Nonsense", ["x"], ["a"], name="no"),
        helper.make_node("Thing", ["a"], ["out"], domain="my.own"),
    ]
    refused(save(path, odd), r"not supported: no \(Nonsense\), out \(my\.own\.Thing\)")
    future = onnx.load(save(path, [relu]))
    future.opset_import[0].version = 99
    path.write_bytes(future.SerializeToString())
    refused(path, r"cannot be run by onnxruntime [\d.]+: ONNX Runtime only")
    refused(save(path, [helper.make_node("Relu", ["y"], ["out"], name="r")]), "cannot be run by onnxruntime .*'y'")
    refused(save(path, [relu], shape=("n", 784)), r"takes x, not images alone")
    two = [helper.make_tensor_value_info("z", 1, None)]
    refused(save(path, [helper.make_node("Add", ["x", "z"], ["out"])], inputs=two), "takes x, z, not images alone")
    refused(save(path, [relu], kind=TensorProto.INT64), "takes images of type INT64")
    wrong = save(path, [helper.make_node("Conv", ["x", "w"], ["out"])], [weight("w", 2, 5, 3, 3)])
    with pytest.raises(ModelError, match=r"cannot take images of 3 × 8 × 8 .*: .*Input channels C is not equal"):
        capture(loaded(wrong), torch.rand(2, 3, 8, 8))
    with pytest.raises(ModelError, match=r"exported for images of 3 × 8 × 8 .* set preprocess.size"):
        capture(loaded(save(path, [relu])), torch.rand(2, 3, 9, 8))


def endless(path):
    """A Loop of 10¹² steps, which add one to the images."""
    told = helper.make_tensor_value_info
    body = helper.make_graph(
        [helper.make_node("Identity", ["on"], ["goes_on"]), helper.make_node("Add", ["v", "one"], ["more"])],
        "body",
        [told("step", TensorProto.INT64, []), told("on", TensorProto.BOOL, []), told("v", TensorProto.FLOAT, None)],
        [told("goes_on", TensorProto.BOOL, []), told("more", TensorProto.FLOAT, None)],
    )
    constants = [
        numpy_helper.from_array(np.array(value), name)
        for name, value in (("steps", 10**12), ("true", True), ("one", np.float32(1)))
    ]
    return save(path, [helper.make_node("Loop", ["steps", "true", "x"], ["out"], name="loop", body=body)], constants)


@pytest.mark.parametrize("alone", [False, True], ids=["whole", "alone"])
def test_ctrl_c_ends_a_loop_that_never_returns(tmp_path, alone):
    network, images = loaded(endless(tmp_path / "n.onnx")), torch.rand(2, 3, 8, 8)
    (loop,) = (node for node in network.graph.nodes if node.meta.get("layer") == "loop")
    running = network.get_submodule(loop.target) if alone else network.giving([loop])
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        running(images)
    assert 0.4 < time.monotonic() - begun < 10
    relu = loaded(save(tmp_path / "n.onnx", [helper.make_node("Relu", ["x"], ["out"])]))
    (out,) = (node for node in relu.graph.nodes if node.op == "call_module")
    assert torch.equal(relu.giving([out])(images)[0], images)  # by the thread that was in the loop: it goes on no more


def folding(path):
    """A thousand products of large constants, which onnxruntime would work out while it makes a session."""
    nodes = [helper.make_node("ConstantOfShape", ["size"], ["m0"])]
    nodes += [helper.make_node("MatMul", [f"m{i}", "m0"], [f"m{i + 1}"]) for i in range(1000)]
    nodes += [helper.make_node("ReduceMax", ["m1000"], ["most"], keepdims=0)]
    nodes += [helper.make_node("Add", ["x", "most"], ["out"], name="sum")]
    return save(path, nodes, [numpy_helper.from_array(np.array([2000, 2000]), "size")])


COMMAND = """
import sys
from seeinin.cli import main
from seeinin.precompute import patience
patience.SECONDS = 1
sys.exit(main(["precompute", "c.yaml"]))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("network", [endless, folding])
def test_the_command_says_that_it_waits_and_ends_when_it_is_told(tmp_path, network, number):
    network(tmp_path / "n.onnx")
    model_ = "model: {source: onnx, network: n.onnx}"
    np.savez(tmp_path / "i.npz", images=np.zeros((4, 8, 8, 3), np.uint8))
    (tmp_path / "c.yaml").write_text(f"output: x.h5\n{model_}\ndataset: {{source: npz, path: i.npz}}\n")
    process = subprocess.Popen([sys.executable, "-c", COMMAND], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    try:
        said, _, _ = select.select([process.stderr], [], [], 60)
        assert said
        assert "the network has given no answer for 1 seconds" in process.stderr.readline()
        process.send_signal(number)
        words = process.communicate(timeout=10)[1]
    finally:
        process.kill()
    assert (process.returncode, words) == (130 if number == signal.SIGINT else 143, "")


def test_without_the_extra(tmp_path, monkeypatch):
    for name in ("files", "network", "operation"):
        monkeypatch.delitem(sys.modules, f"seeinin.precompute.onnx.{name}", raising=False)
        monkeypatch.delattr(f"seeinin.precompute.onnx.{name}", raising=False)
    monkeypatch.setitem(sys.modules, "onnx", None)
    refused(tmp_path / "n.onnx", r"needs onnx, an optional extra: pip install 'seeinin\[onnx\]'")


def test_any_changed_byte_is_read_or_refused(tmp_path):
    torch.manual_seed(2)
    path = written(Branches().eval(), tmp_path / "net.onnx", torch.rand(2, 3, 24, 20))
    whole, random = path.read_bytes(), np.random.default_rng(0)
    for _ in range(50):
        content = bytearray(whole[: random.integers(1, len(whole))] if random.random() < 0.3 else whole)
        for at in random.integers(0, len(content), random.integers(1, 20)):
            content[at] = random.integers(0, 256)
        path.write_bytes(content)
        try:
            network = loaded(path)
        except ModelError as error:
            assert str(path) in str(error)  # noqa: PT017
        else:
            assert network.told.numel() == 32
