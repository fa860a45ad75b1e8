"""Caffe's own networks, against activations computed by OpenCV's importer, and whole runs from a config."""

import json
import os
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
import yaml

from seeinin import config
from seeinin.errors import ConfigError
from seeinin.geometry import fields
from seeinin.precompute import caffe
from seeinin.precompute.capture import capture
from seeinin.precompute.run import precompute
from seeinin.precompute.weights import fingerprint

CONFIG = Path(__file__).parents[3] / "configs" / "mnist_caffe.yaml"
DATA = os.environ.get("SEEININ_DATA")

needs_data = pytest.mark.skipif(not DATA, reason="SEEININ_DATA is not set: it names the folder with Caffe's networks")


@needs_data
@pytest.mark.parametrize(
    ("prototxt", "caffemodel"),
    [("siamese", "siamese_iter_25000"), ("written_by_caffe", "written_by_caffe_iter_50000")],
)
def test_every_layer_of_two_networks(prototxt, caffemodel):
    folder = Path(DATA) / "caffe"
    network = caffe.load(folder / f"{prototxt}.prototxt", folder / f"{caffemodel}.caffemodel")
    with np.load(Path(DATA) / "golden" / f"{caffemodel}_first16.npz") as file:
        golden = {name: file[name] for name in file}
    golden |= {"ip1": golden.pop("ip1_pre_relu"), "relu1": golden.pop("ip1_post_relu")}
    images = torch.from_numpy(golden.pop("data"))
    found = capture(network, images)
    assert {layer.name for layer in found.layers} == golden.keys() - {"labels"}
    with torch.inference_mode():
        for layer, values in zip(found.layers, found.chosen().run(images), strict=True):
            expected = golden[layer.name].reshape(values.shape)
            assert np.abs(values.numpy() - expected).max() <= 1e-5 * np.abs(expected).max(), layer.name


@needs_data
def test_a_config_becomes_a_cache(tmp_path):
    path = precompute(config.load(CONFIG), output=tmp_path / "x.h5", limit=32, progress=False)
    with h5py.File(path) as file:
        assert [(layer.attrs["name"], layer.attrs["op"]) for layer in file["layers"].values()] == [
            ("conv1", "conv2d"), ("pool1", "max_pool2d"), ("conv2", "conv2d"), ("pool2", "max_pool2d"),
            ("ip1", "linear"), ("relu1", "relu"), ("ip2", "linear"), ("feat", "linear"),
        ]  # fmt: skip
        expected = np.load(Path(DATA) / "golden" / "siamese_iter_25000_feat.npy")[file["images/index"][:]]
        feat = file["layers/007/maps"][:, :, 0, 0].astype(np.float32)
        assert np.abs(feat - expected).max() <= 2**-10 * np.abs(expected).max()


SMALL = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 1 dim: 8 dim: 8 } } }
layer { name: "block/conv.1" type: "Convolution" bottom: "data" top: "x"
  convolution_param { num_output: 3 kernel_size: 3 } }
layer { name: "block/relu" type: "ReLU" bottom: "x" top: "x" }
layer { name: "eval" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_output: 2 } }
layer { name: "drop" type: "Dropout" bottom: "y" top: "y" }
layer { name: "prob" type: "Softmax" bottom: "y" top: "prob" }
"""


def test_a_config_beside_its_files_becomes_a_cache(written, random, tmp_path):
    weights = {
        "block/conv.1": [random.standard_normal((3, 1, 3, 3), np.float32), np.zeros(3, np.float32)],
        "eval": [random.standard_normal((2, 108), np.float32), np.zeros(2, np.float32)],
    }
    written(SMALL, weights)
    pixels = random.integers(0, 256, (10, 8, 8), np.uint8)
    np.savez(tmp_path / "data.npz", images=pixels, labels=np.arange(10) % 2)
    (tmp_path / "case.yaml").write_text("""
output: x.h5
model: {source: caffe, network: net.prototxt, weights: net.caffemodel}
dataset: {source: npz, path: data.npz}
preprocess: {scale: 0.00390625}
storage: {dtype: float32}
""")
    loaded = config.load(tmp_path / "case.yaml")
    path = precompute(loaded, output=tmp_path / "x.h5", progress=False)
    with h5py.File(path) as file:
        layers = {layer.attrs["name"]: layer for layer in file["layers"].values()}
        assert list(layers) == ["block/conv.1", "block/relu", "eval", "prob"]
        images = pixels[file["images/index"][:]].astype(np.float32) / 256
        corners = np.lib.stride_tricks.sliding_window_view(images, (3, 3), (1, 2))
        conv = np.einsum("nyxij,cij->ncyx", corners, weights["block/conv.1"][0][:, 0])
        np.testing.assert_allclose(layers["block/conv.1"]["maps"], conv, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(layers["block/relu"]["maps"], np.maximum(conv, 0), rtol=1e-4, atol=1e-5)
        np.testing.assert_array_equal(layers["eval"]["rf_y"], [[0, 7]])
        np.testing.assert_array_equal(file["images/prediction"], layers["eval"]["maps"][:, :, 0, 0].argmax(1))
        nodes = {node["name"]: node["inputs"] for node in json.loads(file["graph"][()])["nodes"]}
        assert nodes["eval"] == ["block/relu"]
        assert nodes["prob"] == ["drop"]
        assert yaml.safe_load(file["config"][()])["model"]["source"] == "caffe"


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("source: caffe, weights: x.caffemodel", r":2: model\.network is missing"),
        ("source: caffe, network: x.prototxt", r":2: model\.weights is missing"),
        ("source: caffe, network: x, weights: y, target: z", r":2: model\.target is not a key"),
        ("source: cafe, network: x, weights: y", r":2: model\.source is 'cafe', but must be one of torch, caffe"),
    ],
)
def test_configs_that_lack_a_half(tmp_path, model, message):
    (tmp_path / "case.yaml").write_text(f"output: x.h5\nmodel: {{{model}}}\ndataset: {{source: digits}}\n")
    with pytest.raises(ConfigError, match=message):
        config.load(tmp_path / "case.yaml")


def chain(*layers):
    """A prototxt of (name, type, parameters), each of which reads the one before it."""
    before, text = "data", ""
    for name, kind, told in layers:
        text += f'layer {{ name: "{name}" type: "{kind}" bottom: "{before}" top: "{name}" {told} }}\n'
        before = name
    return text


def convolution(**told):
    return "convolution_param { " + " ".join(f"{key}: {value}" for key, value in told.items()) + " }"


POOL = "pooling_param { pool: MAX kernel_size: 3 stride: 2 }"
ALEXNET = 'name: "AlexNet" input: "data" input_dim: 10 input_dim: 3 input_dim: 227 input_dim: 227\n' + chain(
    ("conv1", "Convolution", convolution(num_output=96, kernel_size=11, stride=4)),
    ("relu1", "ReLU", ""),
    ("norm1", "LRN", "lrn_param { local_size: 5 alpha: 0.0001 beta: 0.75 }"),
    ("pool1", "Pooling", POOL),
    ("conv2", "Convolution", convolution(num_output=256, pad=2, kernel_size=5, group=2)),
    ("relu2", "ReLU", ""),
    ("norm2", "LRN", "lrn_param { local_size: 5 alpha: 0.0001 beta: 0.75 }"),
    ("pool2", "Pooling", POOL),
    ("conv3", "Convolution", convolution(num_output=384, pad=1, kernel_size=3)),
    ("relu3", "ReLU", ""),
    ("conv4", "Convolution", convolution(num_output=384, pad=1, kernel_size=3, group=2)),
    ("relu4", "ReLU", ""),
    ("conv5", "Convolution", convolution(num_output=256, pad=1, kernel_size=3, group=2)),
    ("relu5", "ReLU", ""),
    ("pool5", "Pooling", POOL),
)
ALEXNET_SHAPES = {
    "conv1": (96, 3, 11, 11), "conv2": (256, 48, 5, 5), "conv3": (384, 256, 3, 3),
    "conv4": (384, 192, 3, 3), "conv5": (256, 192, 3, 3),
}  # fmt: skip


def test_fields_of_alexnet_in_closed_form(written):
    weights = {
        name: [np.ones(shape, np.float32), np.ones(shape[:1], np.float32)] for name, shape in ALEXNET_SHAPES.items()
    }
    found = capture(caffe.load(*written(ALEXNET, weights)), torch.rand(2, 3, 227, 227))
    fields = {layer.name: (layer.y.size, layer.y.stride, layer.y.first) for layer in found.layers}
    assert {name: fields[name] for name in (*ALEXNET_SHAPES, "pool1", "pool2", "pool5")} == {
        "conv1": (11, 4, 0), "pool1": (19, 8, 0), "conv2": (51, 8, -16), "pool2": (67, 16, -16),
        "conv3": (99, 16, -32), "conv4": (131, 16, -48), "conv5": (163, 16, -64), "pool5": (195, 32, -64),
    }  # fmt: skip
    assert {layer.name: layer.shape for layer in found.layers}["pool5"] == (256, 6, 6)


def test_fields_equal_what_nan_reaches(written, random):
    text = 'input: "data" input_dim: 1 input_dim: 1 input_dim: 25 input_dim: 22\n' + chain(
        ("conv1", "Convolution", convolution(num_output=2, kernel_h=3, kernel_w=4, stride_h=1, stride_w=2, pad_h=1)),
        ("near", "LRN", "lrn_param { local_size: 3 norm_region: WITHIN_CHANNEL }"),
        ("pool", "Pooling", "pooling_param { kernel_size: 3 stride: 2 pad: 2 }"),
        ("up", "Deconvolution", convolution(num_output=2, kernel_size=4, stride=2, pad=1)),
        ("scale", "Scale", "scale_param { bias_term: true }"),
        ("mean", "Pooling", "pooling_param { pool: AVE kernel_size: 2 stride: 2 pad: 1 }"),
        ("conv2", "Convolution", convolution(num_output=2, kernel_size=3, dilation=2, pad=2)),
        ("cut", "Slice", 'top: "rest" slice_param { slice_point: 1 }'),
        ("max", "Eltwise", 'bottom: "rest" eltwise_param { operation: MAX }'),
        ("joined", "Concat", 'bottom: "conv2"'),
        ("global", "Pooling", "pooling_param { global_pooling: true }"),
    )
    shapes = {
        "conv1": [(2, 1, 3, 4), (2,)], "up": [(2, 2, 4, 4), (2,)], "scale": [(2,), (2,)],
        "conv2": [(2, 2, 3, 3), (2,)],
    }  # fmt: skip
    weights = {name: [random.random(shape, np.float32) for shape in each] for name, each in shapes.items()}
    found = capture(caffe.load(*written(text, weights)), torch.rand(2, 1, 25, 22)).chosen()
    for dimension, axis in ((2, "y"), (3, "x")):
        extent = (25, 22)[dimension - 2]
        images = torch.rand(extent, 1, 25, 22)
        images.movedim(dimension, 1)[torch.arange(extent), torch.arange(extent)] = float("nan")
        for layer, values in zip(found.layers, found.run(images), strict=True):
            reached = values.isnan().any(1).any(4 - dimension).numpy()  # (line of the image, position)
            hull = [(at[0], at[-1]) if len(at) else (0, -1) for at in map(np.flatnonzero, reached.T)]
            table = fields.stored(getattr(layer, axis).rf)
            np.testing.assert_array_equal(table, hull, err_msg=f"{layer.name} along {axis}")


def test_what_layers_are_told_is_part_of_the_fingerprint(written):
    def identity(text):
        return fingerprint(caffe.load(*written(text, {})))

    text = 'input: "data"' + chain(("relu", "ReLU", "relu_param { negative_slope: 0.1 }"))
    assert identity(text) == identity("# anything else\n" + text + '\nname: "x"')
    assert identity(text) != identity(text.replace("0.1", "0.2"))
