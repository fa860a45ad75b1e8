"""Each layer by itself: against OpenCV's importer, which reads the same files, or a slow twin in numpy."""

import itertools

import numpy as np
import pytest
import torch

from seeinin.precompute.caffe.pooling import AvgPool2d, MaxPool2d

INPUT = 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 6 dim: 9 dim: 11 } } }\n'
# OpenCV keeps the weights that it computes with in other orders and adds them up in others.
TOLERANCE = 1e-5

CASES = {
    "convolution": ("Convolution", "convolution_param { num_output: 4 kernel_size: 3 }", [(4, 6, 3, 3), (4,)]),
    "strided and padded": (
        "Convolution",
        "convolution_param { num_output: 4 kernel_size: 3 stride: 2 pad: 1 }",
        [(4, 6, 3, 3), (4,)],
    ),
    "not square": (
        "Convolution",
        "convolution_param { num_output: 5 kernel_h: 1 kernel_w: 4 stride_h: 3 stride_w: 2 pad_h: 0 pad_w: 2 }",
        [(5, 6, 1, 4), (5,)],
    ),
    "not square, listed": (
        "Convolution",
        "convolution_param { num_output: 5 kernel_size: 2 kernel_size: 4 stride: 1 stride: 2 pad: 1 pad: 0 }",
        [(5, 6, 2, 4), (5,)],
    ),
    "groups": ("Convolution", "convolution_param { num_output: 4 kernel_size: 3 group: 2 }", [(4, 3, 3, 3), (4,)]),
    "depthwise": (
        "Convolution",
        "convolution_param { num_output: 6 kernel_size: 3 group: 6 bias_term: false }",
        [(6, 1, 3, 3)],
    ),
    "dilated": (
        "Convolution",
        "convolution_param { num_output: 4 kernel_size: 3 pad: 2 dilation: 2 }",
        [(4, 6, 3, 3), (4,)],
    ),
    "deconvolution": (
        "Deconvolution",
        "convolution_param { num_output: 4 kernel_size: 4 stride: 2 pad: 1 }",
        [(6, 4, 4, 4), (4,)],
    ),
    "deconvolution in groups": (
        "Deconvolution",
        "convolution_param { num_output: 6 kernel_size: 3 stride: 2 group: 6 bias_term: false }",
        [(6, 1, 3, 3)],
    ),
    "max pooling": ("Pooling", "pooling_param { pool: MAX kernel_size: 3 stride: 2 }", []),
    "padded max pooling": ("Pooling", "pooling_param { kernel_size: 3 stride: 2 pad: 1 }", []),
    "mean pooling": ("Pooling", "pooling_param { pool: AVE kernel_size: 3 stride: 2 pad: 1 }", []),
    "pooling not square": (
        "Pooling",
        "pooling_param { pool: AVE kernel_h: 2 kernel_w: 5 stride_h: 2 stride_w: 3 pad_h: 0 pad_w: 1 }",
        [],
    ),
    "clipped window": ("Pooling", "pooling_param { pool: AVE kernel_size: 2 stride: 2 pad: 1 }", []),
    "global maximum": ("Pooling", "pooling_param { pool: MAX global_pooling: true }", []),
    "global mean": ("Pooling", "pooling_param { pool: AVE global_pooling: true }", []),
    "inner product": ("InnerProduct", "inner_product_param { num_output: 7 }", [(7, 594), (7,)]),
    "inner product without bias": (
        "InnerProduct",
        "inner_product_param { num_output: 7 bias_term: false }",
        [(7, 594)],
    ),
    "relu": ("ReLU", "", []),
    "leaky relu": ("ReLU", "relu_param { negative_slope: 0.1 }", []),
    "prelu": ("PReLU", "", [(6,)]),
    "prelu, shared": ("PReLU", "prelu_param { channel_shared: true }", [(1,)]),
    "lrn": ("LRN", "lrn_param { local_size: 3 alpha: 0.3 beta: 0.6 }", []),  # OpenCV does not read k
    "lrn within channels": ("LRN", "lrn_param { local_size: 3 alpha: 0.5 norm_region: WITHIN_CHANNEL }", []),
    "softmax": ("Softmax", "", []),
    "softmax along x": ("Softmax", "softmax_param { axis: 3 }", []),
    "sigmoid": ("Sigmoid", "", []),
    "tanh": ("TanH", "", []),
    "power": ("Power", "power_param { power: 2 scale: 0.5 shift: 3 }", []),
    "batch norm": ("BatchNorm", "batch_norm_param { eps: 0.001 }", [(6,), (6,), (1,)]),
    "scale": ("Scale", "", [(6,)]),
    "scale and bias": ("Scale", "scale_param { bias_term: true }", [(6,), (6,)]),
}


@pytest.fixture
def images(random):
    return random.standard_normal((2, 6, 9, 11)).astype(np.float32)


def made(random, shapes):
    """Weights; positive, as a variance must be."""
    return [random.uniform(0.1, 1, shape).astype(np.float32) for shape in shapes]


def close(mine, its):
    assert mine.shape == its.shape
    assert np.abs(mine - its).max() <= TOLERANCE * np.abs(its).max()


@pytest.mark.parametrize(("kind", "told", "shapes"), CASES.values(), ids=CASES.keys())
def test_one_layer_as_opencv_computes_it(values, opencv, random, images, kind, told, shapes):
    text = INPUT + f'layer {{ name: "a/b.c" type: "{kind}" bottom: "data" top: "y" {told} }}'
    weights = {"a/b.c": made(random, shapes)} if shapes else {}
    found = values(text, weights, images)
    assert list(found) == ["a/b.c"]
    its = opencv(text, weights, images)
    close(found["a/b.c"], its.reshape(its.shape + (1,) * (4 - its.ndim)))


def test_layers_of_several_bottoms_and_tops_as_opencv_computes_them(values, opencv, random, images):
    text = (
        INPUT
        + """
    layer { name: "sliced" type: "Slice" bottom: "data" top: "a" top: "b" slice_param { slice_point: 2 } }
    layer { name: "a1" type: "Convolution" bottom: "a" top: "a1" convolution_param { num_output: 4 kernel_size: 1 } }
    layer { name: "twice" type: "Split" bottom: "b" top: "b1" top: "b2" }
    layer { name: "sum" type: "Eltwise" bottom: "a1" bottom: "b1" top: "sum" eltwise_param { coeff: 2 coeff: -0.5 } }
    layer { name: "in place" type: "ReLU" bottom: "sum" top: "sum" }
    layer { name: "product" type: "Eltwise" bottom: "sum" bottom: "b2" top: "product"
      eltwise_param { operation: PROD } }
    layer { name: "largest" type: "Eltwise" bottom: "product" bottom: "a1" top: "largest"
      eltwise_param { operation: MAX } }
    layer { name: "halves" type: "Slice" bottom: "largest" top: "h1" top: "h2" slice_param { axis: 1 } }
    layer { name: "joined" type: "Concat" bottom: "h2" bottom: "product" bottom: "h1" top: "joined" }
    layer { name: "shaped" type: "Reshape" bottom: "joined" top: "shaped"
      reshape_param { shape { dim: 0 dim: 4 dim: -1 dim: 11 } } }
    layer { name: "beside" type: "Concat" bottom: "shaped" bottom: "shaped" top: "beside" concat_param { axis: -2 } }
    layer { name: "flat" type: "Flatten" bottom: "beside" top: "flat" }
    layer { name: "ip" type: "InnerProduct" bottom: "flat" top: "ip" inner_product_param { num_output: 3 } }
    layer { name: "prob" type: "Softmax" bottom: "ip" top: "prob" }
    """
    )
    weights = {"a1": made(random, [(4, 2, 1, 1), (4,)]), "ip": made(random, [(3, 2 * 8 * 99), (3,)])}
    weights["ip"][0] /= 1000
    found = values(text, weights, images)
    assert list(found) == ["a1", "sum", "in place", "product", "largest", "joined", "beside", "ip", "prob"]
    for name in ("a1", "product", "largest", "joined", "beside"):
        close(found[name], opencv(text, weights, images, name))
    close(found["in place"], opencv(text, weights, images, "in place"))
    np.testing.assert_array_equal(found["in place"], np.maximum(found["sum"], 0))
    assert found["sum"].min() < 0
    for name in ("ip", "prob"):
        close(found[name][..., 0, 0], opencv(text, weights, images, name))


def windows(extent, kernel, stride, padding, clip):
    """Where the windows of Caffe's pooling begin, in the input."""
    count = int(np.ceil((extent + 2 * padding - kernel) / stride)) + 1
    if clip and (count - 1) * stride >= extent + padding:
        count -= 1
    return [i * stride - padding for i in range(count)]


def pooled(x, kernel, stride, padding, mean):
    """Caffe's pooling, one window after the other."""
    clip = any(padding)
    ys, xs = (windows(x.shape[2 + i], kernel[i], stride[i], padding[i], clip) for i in range(2))
    assert ys
    assert xs
    y = np.empty((*x.shape[:2], len(ys), len(xs)), x.dtype)
    for (i, top), (j, left) in itertools.product(enumerate(ys), enumerate(xs)):
        bottom = min(top + kernel[0], x.shape[2] + padding[0])
        right = min(left + kernel[1], x.shape[3] + padding[1])
        seen = x[:, :, max(top, 0) : bottom, max(left, 0) : right]
        assert seen.size
        y[:, :, i, j] = seen.sum((2, 3)) / ((bottom - top) * (right - left)) if mean else seen.max((2, 3))
    return y


@pytest.mark.parametrize("mean", [False, True], ids=["max", "mean"])
def test_every_small_pooling(random, mean):
    seen = clipped = 0
    for extent, kernel, stride, padding in itertools.product(range(1, 8), range(1, 5), range(1, 5), range(4)):
        if padding >= kernel:
            continue
        x = random.standard_normal((1, 2, extent, 5)).astype(np.float32)
        module = (AvgPool2d if mean else MaxPool2d)((kernel, 2), (stride, 1), (padding, 0), ceil_mode=True)
        try:
            expected = pooled(x, (kernel, 2), (stride, 1), (padding, 0), mean)
        except AssertionError:
            with pytest.raises(ValueError, match="do not fit"):
                module(torch.from_numpy(x))
            continue
        np.testing.assert_allclose(module(torch.from_numpy(x)), expected, rtol=1e-5, atol=1e-6)
        seen += 1
        clipped += len(windows(extent, kernel, stride, padding, False)) > expected.shape[2]
    assert seen > 200
    assert clipped > 20


def test_a_pooling_that_does_not_hang_over(values, random):
    text = (
        INPUT
        + """layer { name: "p" type: "Pooling" bottom: "data" top: "p"
      pooling_param { kernel_size: 2 stride: 2 round_mode: FLOOR } }"""
    )
    assert values(text, {}, random.random((2, 6, 9, 11), np.float32))["p"].shape[2:] == (4, 5)


@pytest.mark.parametrize("told", ["", "lrn_param { local_size: 3 alpha: 0.4 beta: 0.5 k: 2 }"])
def test_lrn_with_its_constant(values, random, images, told):
    size, alpha, beta, k = (3, 0.4, 0.5, 2) if told else (5, 1, 0.75, 1)
    expected = np.empty_like(images)
    for c in range(6):
        near = images[:, max(c - size // 2, 0) : c + size // 2 + 1]
        expected[:, c] = images[:, c] / (k + alpha / size * (near**2).sum(1)) ** beta
    text = INPUT + f'layer {{ name: "norm" type: "LRN" bottom: "data" top: "norm" {told} }}'
    close(values(text, {}, images)["norm"], expected)


def test_scale_by_another_blob_and_along_other_axes(values, random, images):
    text = (
        INPUT
        + """
    layer { name: "rows" type: "Scale" bottom: "data" top: "rows" scale_param { axis: -2 num_axes: 2 bias_term: true } }
    layer { name: "all" type: "Scale" bottom: "rows" top: "all" scale_param { num_axes: 0 } }
    layer { name: "mean" type: "Pooling" bottom: "all" top: "mean" pooling_param { pool: AVE global_pooling: true } }
    layer { name: "flat" type: "Flatten" bottom: "mean" top: "flat" }
    layer { name: "gated" type: "Scale" bottom: "all" bottom: "flat" top: "gated" scale_param { axis: 0 } }
    """
    )
    weights = {"rows": made(random, [(9, 11), (9, 11)]), "all": made(random, [()])}
    found = values(text, weights, images)
    rows = images * weights["rows"][0] + weights["rows"][1]
    close(found["rows"], rows)
    close(found["all"], rows * weights["all"][0])
    close(found["gated"], found["all"] * found["all"].mean((2, 3), keepdims=True))


def test_inner_products_along_other_axes(values, random, images):
    text = (
        INPUT
        + """
    layer { name: "turned" type: "InnerProduct" bottom: "data" top: "turned"
      inner_product_param { num_output: 3 transpose: true } }
    layer { name: "rows" type: "InnerProduct" bottom: "data" top: "rows"
      inner_product_param { num_output: 4 axis: 2 bias_term: false } }
    """
    )
    weights = {"turned": made(random, [(594, 3), (3,)]), "rows": made(random, [(4, 99)])}
    found = values(text, weights, images)
    close(found["turned"][..., 0, 0], images.reshape(2, -1) @ weights["turned"][0] + weights["turned"][1])
    # its values have no places in the image any more, so all of them are channels
    close(found["rows"].reshape(2, 6, 4), images.reshape(2, 6, 99) @ weights["rows"][0].T)


def test_batch_norm_of_a_network_that_saw_nothing(values, random, images):
    text = INPUT + 'layer { name: "norm" type: "BatchNorm" bottom: "data" top: "norm" }'
    weights = {"norm": [np.ones(6, np.float32), np.ones(6, np.float32), np.zeros(1, np.float32)]}
    close(values(text, weights, images)["norm"], images / np.float32(1e-5) ** 0.5)


def test_reshape_keeps_every_image_in_its_row_for_any_batch(values, random):
    text = (
        INPUT
        + """
    layer { name: "ends" type: "Reshape" bottom: "data" top: "ends"
      reshape_param { shape { dim: 99 } axis: 2 num_axes: 2 } }
    layer { name: "fixed" type: "Reshape" bottom: "ends" top: "fixed"
      reshape_param { shape { dim: 2 dim: 3 dim: 18 dim: -1 } } }
    layer { name: "last" type: "Power" bottom: "fixed" top: "last" }
    """
    )
    images = random.random((5, 6, 9, 11), np.float32)
    # twice nine rows are two channels of the nine rows of the image
    np.testing.assert_array_equal(values(text, {}, images, ["last"])["last"], images)
