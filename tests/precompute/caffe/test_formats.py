"""All generations of Caffe's files, the weights encoded byte by byte here rather than by the schema that reads them."""

import logging
import struct

import numpy as np
import pytest

BODIES = {
    "V2": """
        layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
          convolution_param { num_output: 3 kernel_size: 2 pad: 1 stride: 2 weight_filler { type: "xavier" } } }
        layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
        layer { name: "norm" type: "LRN" bottom: "conv" top: "norm" lrn_param { local_size: 3 alpha: 0.5 beta: 0.5 } }
        layer { name: "pool" type: "Pooling" bottom: "norm" top: "pool" pooling_param { pool: AVE kernel_size: 2 } }
        layer { name: "both" type: "Concat" bottom: "pool" bottom: "pool" top: "both" }
        layer { name: "ip" type: "InnerProduct" bottom: "both" top: "ip" inner_product_param { num_output: 4 } }
        layer { name: "drop" type: "Dropout" bottom: "ip" top: "ip" dropout_param { dropout_ratio: 0.9 } }
        layer { name: "prob" type: "Softmax" bottom: "ip" top: "prob" }""",
    "V1": """
        layers { name: "conv" type: CONVOLUTION bottom: "data" top: "conv" blobs_lr: 1 weight_decay: 0
          convolution_param { num_output: 3 kernel_size: 2 pad: 1 stride: 2 weight_filler { type: "xavier" } } }
        layers { name: "relu" type: RELU bottom: "conv" top: "conv" }
        layers { name: "norm" type: LRN bottom: "conv" top: "norm" lrn_param { local_size: 3 alpha: 0.5 beta: 0.5 } }
        layers { name: "pool" type: POOLING bottom: "norm" top: "pool" pooling_param { pool: AVE kernel_size: 2 } }
        layers { name: "both" type: CONCAT bottom: "pool" bottom: "pool" top: "both" concat_param { concat_dim: 1 } }
        layers { name: "ip" type: INNER_PRODUCT bottom: "both" top: "ip" inner_product_param { num_output: 4 } }
        layers { name: "drop" type: DROPOUT bottom: "ip" top: "ip" dropout_param { dropout_ratio: 0.9 } }
        layers { name: "prob" type: SOFTMAX bottom: "ip" top: "prob" }""",
    "V0": """
        layers { layer { name: "conv" type: "conv" num_output: 3 kernelsize: 2 pad: 1 stride: 2
          weight_filler { type: "xavier" } blobs_lr: 1. } bottom: "data" top: "conv" }
        layers { layer { name: "relu" type: "relu" } bottom: "conv" top: "conv" }
        layers { layer { name: "norm" type: "lrn" local_size: 3 alpha: 0.5 beta: 0.5 } bottom: "conv" top: "norm" }
        layers { layer { name: "pool" type: "pool" pool: AVE kernelsize: 2 } bottom: "norm" top: "pool" }
        layers { layer { name: "both" type: "concat" concat_dim: 1 } bottom: "pool" bottom: "pool" top: "both" }
        layers { layer { name: "ip" type: "innerproduct" num_output: 4 } bottom: "both" top: "ip" }
        layers { layer { name: "drop" type: "dropout" dropout_ratio: 0.9 } bottom: "ip" top: "ip" }
        layers { layer { name: "prob" type: "softmax" } bottom: "ip" top: "prob" }""",
}
INPUTS = {
    "input_dim": 'name: "small" input: "data" input_dim: 1 input_dim: 2 input_dim: 6 input_dim: 7',
    "input_shape": 'input: "data" input_shape { dim: 1 dim: 2 dim: 6 dim: 7 }',
    "input layer": 'layer { name: "in" type: "Input" top: "data" input_param { shape { dim: [1, 2, 6, 7] } } }',
    "no size": 'input: "data"',
    "data layer": 'layer { name: "in" type: "Data" top: "data" top: "label" data_param { source: "lmdb" } }',
}


def varint(number):
    return bytes([number & 127 | (128 if number > 127 else 0)]) + (varint(number >> 7) if number > 127 else b"")


def block(number, content):
    """A field of bytes, text or a message, as protobuf encodes it."""
    content = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(content)) + content


def blob(array):
    return block(7, block(1, b"".join(map(varint, array.shape)))) + block(5, array.astype("<f4").tobytes())


def legacy(array):
    """Always of four axes: num, channels, height, width."""
    sizes = (1,) * (4 - array.ndim) + array.shape
    return b"".join(varint(i << 3) + varint(n) for i, n in enumerate(sizes, 1)) + block(5, array.tobytes())


def unpacked(array):
    shape = block(7, b"".join(varint(1 << 3) + varint(n) for n in array.shape))
    return shape + b"".join(varint(5 << 3 | 5) + struct.pack("<f", value) for value in array.flat)


def doubled(array):
    return block(7, block(1, b"".join(map(varint, array.shape)))) + block(8, array.astype("<f8").tobytes())


def v2(name, blobs):
    return block(100, block(1, name) + block(2, "Whatever") + b"".join(block(7, b) for b in blobs))


def v1(name, blobs):
    return block(2, block(4, name) + b"".join(block(6, b) for b in blobs))


def v0(name, blobs):
    return block(2, block(1, block(1, name) + b"".join(block(50, b) for b in blobs)) + block(3, name))


@pytest.fixture
def images(random):
    return random.random((3, 2, 6, 7), np.float32)


@pytest.fixture
def weights(random):
    return {
        "conv": [random.standard_normal((3, 2, 2, 2), np.float32), random.standard_normal(3, np.float32)],
        "ip": [random.standard_normal((4, 54), np.float32), random.standard_normal(4, np.float32)],
    }


def same(first, second):
    assert list(first) == list(second)
    for name in first:
        np.testing.assert_array_equal(first[name], second[name])


@pytest.fixture
def expected(values, opencv, weights, images):
    text = INPUTS["input layer"] + BODIES["V2"]
    found = values(text, weights, images)
    assert list(found) == ["conv", "relu", "norm", "pool", "both", "ip", "prob"]
    for name in ("pool", "prob"):
        its = opencv(text, weights, images, name)
        np.testing.assert_allclose(found[name].reshape(its.shape), its, rtol=1e-5, atol=1e-6)
    return found


@pytest.mark.parametrize("layer", [v0, v1, v2])
@pytest.mark.parametrize("encode", [blob, legacy, unpacked, doubled])
def test_weights_of_all_generations(values, weights, images, expected, layer, encode):
    content = block(1, "name of the network")
    for name, arrays in weights.items():
        content += layer(name, [encode(array) for array in arrays])
    same(values(INPUTS["input layer"] + BODIES["V2"], content, images), expected)


@pytest.mark.parametrize("generation", BODIES)
@pytest.mark.parametrize("form", INPUTS)
def test_prototxts_of_all_generations(values, weights, images, expected, generation, form):
    same(values(INPUTS[form] + BODIES[generation], weights, images), expected)


def test_the_padding_layer_of_v0(values, random):
    text = """input: "data" layers { layer { name: "edge" type: "padding" pad: 2 } bottom: "data" top: "edge" }"""
    images = random.random((2, 1, 3, 4), np.float32)
    found = values(text, {}, images)
    np.testing.assert_array_equal(found["edge"], np.pad(images, ((0, 0), (0, 0), (2, 2), (2, 2))))


def relu(name, bottom="data", rules=""):
    return f'layer {{ name: "{name}" type: "ReLU" bottom: "{bottom}" top: "{name}" {rules} }}\n'


@pytest.mark.parametrize(
    ("rules", "runs"),
    [
        ("", True),
        ("include { phase: TEST }", True),
        ("include { phase: TRAIN }", False),
        ("exclude { phase: TRAIN }", True),
        ("exclude { phase: TEST }", False),
        ("include { phase: TRAIN } include { phase: TEST }", True),
        ("include { min_level: 1 }", True),
        ("include { min_level: 2 }", False),
        ("include { max_level: 0 }", False),
        ("include { phase: TEST max_level: 1 }", True),
        ('include { stage: "deploy" }', True),
        ('include { stage: "deploy" stage: "other" }', False),
        ('include { not_stage: "deploy" }', False),
        ('exclude { not_stage: "fit" }', False),
    ],
)
def test_rules_of_phase_level_and_stage(values, rules, runs):
    text = 'input: "data" state { level: 1 stage: "deploy" }' + relu("always") + relu("sometimes", rules=rules)
    found = values(text, {}, np.ones((2, 1, 2, 2), np.float32))
    assert list(found) == ["always", *["sometimes"] * runs]


TRAINING = """
layer { name: "train" type: "Data" top: "pair" top: "sim" include { phase: TRAIN } }
layer { name: "test" type: "Data" top: "pair" top: "sim" include { phase: TEST } }
layer { name: "slice" type: "Slice" bottom: "pair" top: "data" top: "data_p" slice_param { slice_point: 1 } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" inner_product_param { num_output: 2 }
  param { name: "w" lr_mult: 1 } }
layer { name: "ip_p" type: "InnerProduct" bottom: "data_p" top: "ip_p" inner_product_param { num_output: 2 }
  param { name: "w" lr_mult: 1 } }
layer { name: "flip" type: "Power" bottom: "sim" top: "dis" power_param { scale: -1 shift: 1 } }
layer { name: "loss" type: "ContrastiveLoss" bottom: "ip" bottom: "ip_p" bottom: "sim" top: "loss" }
layer { name: "twice" type: "Power" bottom: "loss" top: "twice" power_param { scale: 2 } }
layer { name: "right" type: "Accuracy" bottom: "ip" bottom: "sim" top: "right" include { phase: TEST } }
layer { name: "hush" type: "Silence" bottom: "dis" }
"""


def test_what_is_not_made_of_the_images_is_set_aside(values, random, caplog):
    caplog.set_level(logging.INFO)
    tower = [random.random((2, 12), np.float32), random.random(2, np.float32)]
    images = random.random((4, 2, 3, 4), np.float32)
    found = values(TRAINING, {"ip": tower, "ip_p": tower}, images)
    assert list(found) == ["ip", "ip_p"]
    np.testing.assert_allclose(found["ip_p"][..., 0, 0], images[:, 1].reshape(4, 12) @ tower[0].T + tower[1], rtol=1e-5)
    aside = "test (Data), flip (Power), loss (ContrastiveLoss), twice (Power), right (Accuracy), hush (Silence)"
    assert f"set aside: {aside}" in caplog.text


def test_one_tower_of_two(values, random, caplog):
    text = """
    input: "label" input: "data" input: "data_p"
    layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" inner_product_param { num_output: 2 } }
    layer { name: "ip_p" type: "InnerProduct" bottom: "data_p" top: "ip_p" inner_product_param { num_output: 2 } }
    layer { name: "loss" type: "MTriangularLoss" bottom: "ip" bottom: "ip_p" bottom: "label" top: "loss" }
    """
    tower = [random.random((2, 12), np.float32), random.random(2, np.float32)]
    found = values(text, {"ip": tower, "ip_p": tower}, random.random((2, 1, 3, 4), np.float32))
    assert list(found) == ["ip"]
    assert "also has weights of ip_p" in caplog.text
