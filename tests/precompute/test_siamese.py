"""The paper's network on MNIST, against activations computed by another implementation."""

import os
from pathlib import Path

import h5py
import numpy as np
import pytest

from seeinin import config
from seeinin.precompute import datasets, model
from seeinin.precompute.run import precompute

CONFIG = Path(__file__).parents[2] / "configs" / "mnist_siamese.yaml"
DATA = os.environ.get("SEEININ_DATA")

pytestmark = pytest.mark.skipif(not DATA, reason="SEEININ_DATA is not set: it names the folder with MNIST")


@pytest.fixture(scope="module")
def golden():
    with np.load(Path(DATA) / "golden" / "siamese_iter_25000_first16.npz") as file:
        arrays = {name: file[name] for name in file}
    return arrays | {"ip1": arrays.pop("ip1_pre_relu"), "relu1": arrays.pop("ip1_post_relu")}


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("auto", 2**-11 + 1e-5)])
def test_the_first_16_images_at_every_layer(golden, tmp_path, dtype, tolerance):
    loaded = config.load(CONFIG)
    images = datasets.load(loaded.dataset)
    first = (images.pixels[:16], images.label[:16])
    path = precompute(
        model.load(loaded.model), first, tmp_path / "x.h5", scale=1 / 256, dtype=dtype, classes=images.classes,
        progress=False,
    )  # fmt: skip
    with h5py.File(path) as file:
        place = np.argsort(file["images/index"][:])
        np.testing.assert_array_equal(file["images/label"][:][place], golden["labels"])
        np.testing.assert_array_equal(file["images/pixels"][:][place][..., 0] / 256, golden["data"][:, 0])
        seen = [file[f"layers/{key}"] for key in file["layers"]]
        assert [layer.attrs["name"] for layer in seen] == [
            "conv1", "pool1", "conv2", "pool2", "ip1", "relu1", "ip2", "feat",
        ]  # fmt: skip
        for layer in seen:
            expected = golden[layer.attrs["name"]]
            values = layer["maps"][:][place].astype(np.float32).reshape(expected.shape)
            assert np.abs(values - expected).max() <= tolerance * np.abs(expected).max(), layer.attrs["name"]
            assert layer["maps"].dtype == ("float32" if dtype == "float32" else "float16")


def test_all_10000_outputs(tmp_path):
    loaded = config.load(CONFIG).model_copy(
        update={"layers": config.Layers(include=("feat",)), "storage": config.Storage(dtype="float32")}
    )
    with h5py.File(precompute(loaded, output=tmp_path / "x.h5", progress=False)) as file:
        expected = np.load(Path(DATA) / "golden" / "siamese_iter_25000_feat.npy")[file["images/index"][:]]
        points = file["layers/000/maps"][:, :, 0, 0]
    assert points.shape == (10_000, 2)
    assert np.abs(points - expected).max() <= 1e-5 * np.abs(expected).max()
