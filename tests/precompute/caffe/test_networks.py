"""Caffe's own networks, against activations computed by OpenCV's importer, and whole runs from a config."""

import os
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from seeinin import config
from seeinin.precompute import caffe
from seeinin.precompute.capture import capture
from seeinin.precompute.run import precompute

CONFIG = Path(__file__).parents[2] / "configs" / "mnist_caffe.yaml"
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
    loaded = config.load(CONFIG).model_copy(update={"storage": config.Storage(dtype="float32")})
    path = precompute(loaded, output=tmp_path / "x.h5", limit=200, progress=False)
    with h5py.File(path) as file:
        layers = {file[f"layers/{key}"].attrs["name"]: file[f"layers/{key}"] for key in file["layers"]}
        assert {name: layer.attrs["op"] for name, layer in layers.items()} == {
            "conv1": "conv2d", "pool1": "max_pool2d", "conv2": "conv2d", "pool2": "max_pool2d",
            "ip1": "linear", "relu1": "relu", "ip2": "linear", "feat": "linear",
        }  # fmt: skip
        index = file["images/index"][:]
        expected = np.load(Path(DATA) / "golden" / "siamese_iter_25000_feat.npy")[index]
        np.testing.assert_allclose(layers["feat"]["maps"][:, :, 0, 0], expected, atol=1e-5 * np.abs(expected).max())
