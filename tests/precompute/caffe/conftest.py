"""Small networks in Caffe's formats, written by the tests, and OpenCV's reading of them."""

import math

import cv2
import numpy as np
import pytest
import torch

from seeinin.precompute import caffe
from seeinin.precompute.caffe import program, prototxt, schema, sizes
from seeinin.precompute.capture import capture


def caffemodel(weights):
    """The weights {layer: [arrays]} as Caffe writes them today."""
    net = schema.Net(name="small")
    for name, arrays in weights.items():
        layer = net.layer.add(name=name)
        for array in arrays:
            layer.blobs.add(shape={"dim": array.shape}, data=array.ravel())
    return net.SerializeToString()


@pytest.fixture
def random():
    return np.random.default_rng(0)


@pytest.fixture
def written(tmp_path):
    """Write a prototxt and weights, given as {layer: [arrays]} or as the bytes of a caffemodel; gives both paths."""

    def write(text, weights):
        network, model = tmp_path / "net.prototxt", tmp_path / "net.caffemodel"
        network.write_bytes(text if isinstance(text, bytes) else text.encode())
        model.write_bytes(weights if isinstance(weights, bytes) else caffemodel(weights))
        return network, model

    return write


@pytest.fixture
def values(written):
    """Every layer of a network for these images, by name; each has the size that was foretold, but for those that are
    `folded`: channels and rows in one axis."""

    def run(text, weights, images, folded=()):
        paths = written(text, weights)
        network, images = caffe.load(*paths), torch.from_numpy(images)
        found = capture(network, images)
        with torch.inference_mode():
            tensors = [tensor.numpy() for tensor in found.chosen().run(images)]
        named = dict(zip([layer.name for layer in found.layers], tensors, strict=True))
        foretold = sizes.declared(network, program.of(prototxt.read(paths[0])))
        for name in named.keys() & foretold.keys():
            assert math.prod(foretold[name]) == math.prod(named[name].shape[1:]), name
            if len(foretold[name]) == 3 and name not in folded:
                assert foretold[name] == named[name].shape[1:], name
        return named

    return run


@pytest.fixture
def opencv():
    """One blob of a network for these images, as OpenCV's importer computes it."""

    def run(text, weights, images, blob=None):
        network = cv2.dnn.readNetFromCaffe(
            np.frombuffer(text.encode(), np.uint8), np.frombuffer(caffemodel(weights), np.uint8)
        )
        network.setInput(images)
        return network.forward(blob) if blob else network.forward()

    return run
