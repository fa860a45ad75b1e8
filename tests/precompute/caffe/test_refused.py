"""What cannot be read, is not supported or does not fit is said in one sentence, with the layers' names."""

import contextlib
import re
import time

import numpy as np
import pytest
import torch

from seeinin.errors import ModelError
from seeinin.precompute import caffe
from seeinin.precompute.caffe import schema

INPUT = 'input: "data" input_dim: 1 input_dim: 1 input_dim: 4 input_dim: 4\n'
IP = 'layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" inner_product_param { num_output: 2 } }\n'
WEIGHTS = {"ip": [np.ones((2, 16), np.float32), np.ones(2, np.float32)]}


def one(kind, told="", name="odd", bottom="data"):
    return f'layer {{ name: "{name}" type: "{kind}" bottom: "{bottom}" top: "{name}" {told} }}\n'


def refused(network, model):
    with pytest.raises(ModelError) as caught:
        caffe.load(network, model)
    message = str(caught.value)
    assert "\n" not in message
    assert str(network) in message or str(model) in message
    return message


NETWORKS = {
    "empty": ("", r"is empty; fetch it again"),
    "blank": ("\n", r"has no layers"),
    "no layers": (INPUT, r"has no layers"),
    "not a prototxt": ("Dear reader, this is a letter", r"line 1:6: Expected"),
    "cut short": (INPUT + 'layer { name: "a"', r"line 2:\d+: Expected"),
    "a word for a number": (INPUT + one("Pooling", "pooling_param { kernel_size: x }"), r"line 2:\d+: .*x"),
    "a type of V1 that is none": (INPUT + "layers { type: FOO }", r"line 2:\d+: .*V1Type.* has no value named FOO"),
    "deep": (INPUT + "a { " * 5000, r"nested deeper than any prototxt"),
    "deep, but known": (INPUT + "layer { " + "b { " * 5000, r"nested deeper than any prototxt"),
    "not text": (b"\x0a\x05\xff\xfe", r"is not text"),
    "huge": (b"#" * 8_000_001, r"larger than 8 MB"),
    "nothing reads an input": (one("ReLU").replace('"data"', '"x"'), r"names no input that a layer reads"),
    "sizes of too many inputs": (INPUT + "input_dim: 3\n" + IP, r"declares 1 inputs but the sizes of 2"),
    "a bottom from nowhere": (INPUT + IP + one("ReLU", bottom="ipp"), r"layer odd \(ReLU\) reads ipp, which no layer"),
    "a label": (
        'input: "data" input: "label"' + IP + one("Concat", 'bottom: "label"', bottom="ip"),
        r"layer odd \(Concat\) reads label too, which is not made of the images",
    ),
    "not images": ('input: "data" input_shape { dim: [1, 16] }' + IP, r"declares its input data as 1 × 16; it must be"),
    "negative size": (INPUT.replace("4", "-4") + IP, r"declares its input data as 1 × 1 × -4 × -4"),
    "huge size": (INPUT.replace("4", "2000000000") + IP, r"declares its input data as 1 × 1 × 2000000000 × 2000000000"),
    "another size": (INPUT.replace("4", "5") + IP, r"layer ip cannot read 1 × 5 × 5: it takes 16 values"),
    "a window that does not fit": (
        INPUT + one("Pooling", "pooling_param { kernel_size: 9 }"),
        r"layer odd cannot read 1 × 4 × 4: its windows do not fit the input",
    ),
    "an even norm": (INPUT + one("LRN", "lrn_param { local_size: 4 }"), r"odd \(LRN\) has an even local_size, 4"),
    "no kernel": (INPUT + one("Pooling"), r"odd \(Pooling\) cannot have a kernel of \(0, 0\)"),
    "all padding": (INPUT + one("Pooling", "pooling_param { kernel_size: 2 pad: 2 }"), r"odd \(Pooling\) pads by"),
    "sizes that differ": (
        INPUT + one("Pooling", "pooling_param { kernel_size: 2 }")
        + 'layer { name: "sum" type: "Eltwise" bottom: "data" bottom: "odd" top: "sum" }',
        r"layer sum cannot read 1 × 4 × 4 and 1 × 3 × 3: its bottoms differ in size",
    ),
    "coefficients": (INPUT + one("Eltwise", "eltwise_param { coeff: [1, 2] }"), r"has 2 coefficients for 1 bottoms"),
    "slice points": (INPUT + one("Slice", "slice_param { slice_point: 1 }"), r"has 1 slice points for 1 tops"),
    "no maps": (INPUT + IP + one("LRN", bottom="ip"), r"layer odd cannot read 2: it takes maps"),
    "no such axis": (INPUT + IP + one("Softmax", "softmax_param { axis: 2 }", bottom="ip"), r"it has no axis 2"),
    "joined": (
        INPUT + IP + one("Concat", 'bottom: "data"', bottom="ip"),
        r"layer odd cannot read 2 and 1 × 4 × 4: its bottoms differ in size",
    ),
    "joined nowhere": (INPUT + IP + one("Concat", "concat_param { axis: 2 }", bottom="ip"), r"it has no axis 2"),
    "joined images": (
        INPUT + IP + one("Concat", 'bottom: "ip" concat_param { axis: -2 }', bottom="ip"),
        r"layer odd mixes the images of a batch",
    ),
    "unequal slices": (
        INPUT + 'layer { name: "odd" type: "Slice" bottom: "data" top: "a" top: "b" }',
        r"layer odd cannot read 1 × 4 × 4: .*2 equal pieces",
    ),
    "shapes": (
        INPUT + one("Reshape", "reshape_param { shape { dim: 0 dim: 5 } }"),
        r"layer odd cannot read 1 × 4 × 4: shape",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), NETWORKS.values(), ids=NETWORKS.keys())
def test_a_network_that_means_nothing(written, text, message):
    began = time.monotonic()
    said = refused(*written(text, WEIGHTS if '"ip"' in str(text) else {}))
    assert re.search(message, said), said
    assert time.monotonic() - began < 5


def test_everything_unsupported_is_named_at_once(written):
    text = INPUT + one("MVN", name="first") + IP + one("PriorBox", name="second", bottom="ip")
    text += one("Pooling", "pooling_param { pool: STOCHASTIC kernel_size: 2 }", name="third")
    text += one("Softmax", "softmax_param { axis: 0 }", name="fourth")
    text += one("BatchNorm", "batch_norm_param { use_global_stats: false }", name="fifth")
    text += one("Convolution", "convolution_param { kernel_size: [1, 2, 3] }", name="sixth")
    text += 'layer { name: "seventh" type: "Pooling" bottom: "data" top: "a" top: "mask" }'
    text += one("Python", 'python_param { module: "os" layer: "system" }', name="eighth")
    message = refused(*written(text, {"ip": WEIGHTS["ip"]}))
    for named in (
        "first (MVN)", "second (PriorBox)", "third (Pooling) STOCHASTIC", "fourth (Softmax) along axis 0",
        "fifth (BatchNorm)", "sixth (Convolution) along 3 axes", "seventh (Pooling) with 2 tops", "eighth (Python)",
    ):  # fmt: skip
        assert named in message
    assert "ip (InnerProduct)" not in message


def test_weights_and_layers_without_each_other(written):
    text = INPUT + IP + one("InnerProduct", "inner_product_param { num_output: 3 }", name="ip2", bottom="ip")
    message = refused(*written(text, WEIGHTS | {"ip_2": WEIGHTS["ip"], "ip_3": WEIGHTS["ip"]}))
    assert "it has no weights of ip2, and weights of ip_2, ip_3, which the network does not have" in message
    message = refused(*written(INPUT + one("ReLU"), {"conv1": WEIGHTS["ip"], "conv2": WEIGHTS["ip"]}))
    assert "it has weights of conv1, conv2, which the network does not have" in message
    message = refused(*written(text, {}))
    assert "it has no weights of ip, ip2; name the files of one network" in message


WRONG = {
    "other inputs": (IP, [(2, 15), (2,)], r"layer ip cannot read 1 × 4 × 4: it takes 15 values"),
    "other outputs": (IP, [(3, 16), (3,)], r"ip \(InnerProduct\) takes weights of 2 × any, but has 3 × 16"),
    "no bias": (IP, [(2, 16)], r"ip \(InnerProduct\) takes 2 blobs of weights, but has 1"),
    "too many": (IP, [(2, 16), (2,), (2,)], r"ip \(InnerProduct\) takes 2 blobs of weights, but has 3"),
    "other kernel": (
        one("Convolution", "convolution_param { num_output: 2 kernel_h: 3 kernel_w: 1 }", "ip"),
        [(2, 1, 3, 3), (2,)],
        r"ip \(Convolution\) takes weights of 2 × any × 3 × 1, but has 2 × 1 × 3 × 3",
    ),
    "other channels": (
        one("Convolution", "convolution_param { num_output: 2 kernel_size: 3 }", "ip"),
        [(2, 3, 3, 3), (2,)],
        r"layer ip cannot read 1 × 4 × 4: it takes 3 channels",
    ),
    "groups": (
        one("Convolution", "convolution_param { num_output: 2 kernel_size: 3 group: 3 }", "ip"),
        [(2, 3, 3, 3), (2,)],
        r"ip \(Convolution\) cannot have 2 outputs in 3 groups",
    ),
    "too large a kernel": (
        one("Convolution", "convolution_param { num_output: 2 kernel_size: 5 bias_term: false }", "ip"),
        [(2, 1, 5, 5)],
        r"layer ip cannot read 1 × 4 × 4: its windows do not fit the input",
    ),
    "batch norm": (one("BatchNorm", name="ip"), [(3,), (3,), (1,)], r"ip cannot read 1 × 4 × 4: it takes 3 channels"),
    "prelu": (one("PReLU", name="ip"), [(3,)], r"layer ip cannot read 1 × 4 × 4: it takes 3 channels"),
    "scale": (one("Scale", name="ip"), [(3,)], r"layer ip cannot read 1 × 4 × 4: its factors are \(3,\)"),
}


@pytest.mark.parametrize(("text", "shapes", "message"), WRONG.values(), ids=WRONG.keys())
def test_weights_that_do_not_fit(written, text, shapes, message):
    said = refused(*written(INPUT + text, {"ip": [np.ones(shape, np.float32) for shape in shapes]}))
    assert re.search(message, said), said


@pytest.mark.parametrize("part", [0.02, 0.3, 0.5, 0.99])
def test_a_caffemodel_cut_short(written, part):
    network, model = written(INPUT + IP, WEIGHTS)
    content = model.read_bytes()[: int(part * model.stat().st_size)]
    model.write_bytes(content)
    said = refused(network, model)
    assert f"looks cut short, or is no caffemodel ({len(content):,} bytes)" in said


def test_a_caffemodel_cut_between_two_layers(written):
    text = INPUT + IP + one("InnerProduct", "inner_product_param { num_output: 3 }", name="ip2", bottom="ip")
    assert "has no weights of ip2" in refused(*written(text, WEIGHTS))


def test_any_cut_or_changed_byte_is_read_or_refused(written, random):
    network, model = written(INPUT + IP, WEIGHTS)
    whole = model.read_bytes()
    shapes = {name: value.shape for name, value in caffe.load(network, model).state_dict().items()}
    read = 0
    for _ in range(300):
        content = bytearray(whole[: random.integers(1, len(whole) + 1)])
        for place in random.integers(0, len(content), 3):
            content[place] = random.integers(256)
        model.write_bytes(content)
        with contextlib.suppress(ModelError):
            found = caffe.load(network, model).state_dict()
            assert {name: value.shape for name, value in found.items()} == shapes
            read += 1
    assert 0 < read < 300


FILES = {
    "empty": (b"", r"is empty"),
    "text": (IP.encode(), r"is text; name the caffemodel as model\.weights"),
    "hdf5": (b"\x89HDF\r\n\x1a\n" + bytes(100), r"is HDF5"),
    "a name only": (b"\x0a\x03\x00\x01\x02", r"has no weights of ip"),
    "zeros": (bytes(1000), r"looks cut short, or is no caffemodel \(1,000 bytes\)"),
}


@pytest.mark.parametrize(("content", "message"), FILES.values(), ids=FILES.keys())
def test_what_is_no_caffemodel(written, content, message):
    assert re.search(message, refused(*written(INPUT + IP, content)))


def test_files_that_are_not_there(written, tmp_path):
    network, model = written(INPUT + IP, WEIGHTS)
    with pytest.raises(ModelError, match=r"nowhere is missing; correct model\.network"):
        caffe.load(tmp_path / "nowhere", model)
    with pytest.raises(ModelError, match=r"nowhere is missing; correct model\.weights"):
        caffe.load(network, tmp_path / "nowhere")
    with pytest.raises(ModelError, match=r"is a folder, not a file"):
        caffe.load(network, tmp_path)


def test_names_that_are_no_text(written):
    network, model = written(INPUT + IP, WEIGHTS | {"ä": [np.zeros(2)]})
    model.write_bytes(model.read_bytes().replace("ä".encode(), b"\xff\xfe"))
    assert "names of its layers are no text" in refused(network, model)


def test_a_blob_that_claims_more_than_it_holds(written):
    net = schema.Net()
    net.layer.add(name="ip").blobs.add(shape={"dim": [2, 2**40]}, data=[1, 2])
    said = refused(*written(INPUT + IP, net.SerializeToString()))
    assert f"a blob of layer ip is said to be 2 × {2**40}, but holds 2 values" in said


def test_layers_that_would_fill_the_memory(written):
    doubling = INPUT + "".join(
        f'layer {{ name: "x{i}" type: "Concat" bottom: "{b}" bottom: "{b}" top: "x{i}" }}\n'
        for i, b in enumerate(["data", *(f"x{i}" for i in range(59))])
    )
    assert re.search(r"layer x\d+ would give .* values for each image", refused(*written(doubling, {})))
    padded = one("Convolution", "convolution_param { num_output: 1 kernel_size: 1 pad: 1000000 bias_term: false }")
    weights = {"odd": [np.ones((1, 1, 1, 1), np.float32)]}
    assert re.search("layer odd would give 1 × 2000004 × 2000004 values", refused(*written(INPUT + padded, weights)))


def test_a_layers_name_is_never_run(written, capsys):
    """torch.fx writes Python code of the graph, and a layer may be called anything."""
    name = r"""eval\"); print(\"run"""
    network = caffe.load(*written(INPUT + IP.replace('"ip"', f'"{name}"'), {name.replace("\\", ""): WEIGHTS["ip"]}))
    network(torch.ones(2, 1, 4, 4))
    assert capsys.readouterr().out == ""
    assert [node.meta["layer"] for node in network.graph.nodes if "layer" in node.meta] == ['eval"); print("run']
