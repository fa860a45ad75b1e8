"""The parts of Caffe's files that are read here, as a protobuf schema of our own.

Names and numbers of fields are facts of the format, and so are their defaults; everything else in a file is passed
over. One schema serves the text (prototxt) and the binary form (caffemodel) and all three generations of layers: V0
lies inside a V1 `layers` entry, V1 in `layers`, V2 in `layer`.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message

# Each in the order of its numbers, from 0.
_ENUMS = {
    "Phase": "TRAIN TEST",
    "Pool": "MAX AVE STOCHASTIC",
    "Rounding": "CEIL FLOOR",
    "Region": "ACROSS_CHANNELS WITHIN_CHANNEL",
    "Operation": "PROD SUM MAX",
    "V1Type": "NONE ACCURACY BNLL CONCAT CONVOLUTION DATA DROPOUT EUCLIDEAN_LOSS FLATTEN HDF5_DATA HDF5_OUTPUT IM2COL "
    "IMAGE_DATA INFOGAIN_LOSS INNER_PRODUCT LRN MULTINOMIAL_LOGISTIC_LOSS POOLING RELU SIGMOID SOFTMAX SOFTMAX_LOSS "
    "SPLIT TANH WINDOW_DATA ELTWISE POWER SIGMOID_CROSS_ENTROPY_LOSS HINGE_LOSS MEMORY_DATA ARGMAX THRESHOLD "
    "DUMMY_DATA SLICE MVN ABSVAL SILENCE CONTRASTIVE_LOSS EXP DECONVOLUTION",
}

# Field, number, type (* repeated), and the default where it is not zero.
_MESSAGES = {
    "Shape": "dim 1 int64*",
    "Blob": """
        shape 7 Shape, data 5 float*, double_data 8 double*, num 1 int32, channels 2 int32, height 3 int32,
        width 4 int32""",
    "State": "phase 1 Phase TEST, level 2 int32, stage 3 string*",
    "Rule": "phase 1 Phase, min_level 2 int32, max_level 3 int32, stage 4 string*, not_stage 5 string*",
    "BatchNorm": "use_global_stats 1 bool, eps 3 float 1e-5",
    "Concat": "axis 2 int32 1, concat_dim 1 uint32 1",
    "Convolution": """
        num_output 1 uint32, bias_term 2 bool true, pad 3 uint32*, kernel_size 4 uint32*, stride 6 uint32*,
        dilation 18 uint32*, pad_h 9 uint32, pad_w 10 uint32, kernel_h 11 uint32, kernel_w 12 uint32,
        stride_h 13 uint32, stride_w 14 uint32, group 5 uint32 1, axis 16 int32 1""",
    "Eltwise": "operation 1 Operation SUM, coeff 2 float*",
    "Flatten": "axis 1 int32 1, end_axis 2 int32 -1",
    "InnerProduct": "num_output 1 uint32, bias_term 2 bool true, axis 5 int32 1, transpose 6 bool",
    "Input": "shape 1 Shape*",
    "LRN": "local_size 1 uint32 5, alpha 2 float 1, beta 3 float 0.75, norm_region 4 Region, k 5 float 1",
    "Pooling": """
        pool 1 Pool, pad 4 uint32*, pad_h 9 uint32, pad_w 10 uint32, kernel_size 2 uint32*, kernel_h 5 uint32,
        kernel_w 6 uint32, stride 3 uint32*, stride_h 7 uint32, stride_w 8 uint32, global_pooling 12 bool,
        round_mode 13 Rounding""",
    "Power": "power 1 float 1, scale 2 float 1, shift 3 float",
    "PReLU": "channel_shared 2 bool",
    "ReLU": "negative_slope 1 float",
    "Reshape": "shape 1 Shape, axis 2 int32, num_axes 3 int32 -1",
    "Scale": "axis 1 int32 1, num_axes 2 int32 1, bias_term 4 bool",
    "Slice": "axis 3 int32 1, slice_point 2 uint32*, slice_dim 1 uint32 1",
    "Softmax": "axis 2 int32 1",
    "Layer": """
        name 1 string, type 2 string, bottom 3 string*, top 4 string*, blobs 7 Blob*, include 8 Rule*,
        exclude 9 Rule*, batch_norm_param 139 BatchNorm, concat_param 104 Concat, convolution_param 106 Convolution,
        eltwise_param 110 Eltwise, flatten_param 135 Flatten, inner_product_param 117 InnerProduct,
        input_param 143 Input, lrn_param 118 LRN, pooling_param 121 Pooling, power_param 122 Power,
        prelu_param 131 PReLU, relu_param 123 ReLU, reshape_param 133 Reshape, scale_param 142 Scale,
        slice_param 126 Slice, softmax_param 125 Softmax""",
    "V1Layer": """
        layer 1 V0Layer, name 4 string, type 5 V1Type, bottom 2 string*, top 3 string*, blobs 6 Blob*,
        include 32 Rule*, exclude 33 Rule*, concat_param 9 Concat, convolution_param 10 Convolution,
        eltwise_param 24 Eltwise, inner_product_param 17 InnerProduct, lrn_param 18 LRN, pooling_param 19 Pooling,
        power_param 21 Power, relu_param 30 ReLU, slice_param 31 Slice, softmax_param 39 Softmax""",
    "V0Layer": """
        name 1 string, type 2 string, num_output 3 uint32, biasterm 4 bool true, pad 7 uint32, kernelsize 8 uint32,
        group 9 uint32 1, stride 10 uint32 1, pool 11 Pool, local_size 13 uint32 5, alpha 14 float 1,
        beta 15 float 0.75, k 22 float 1, blobs 50 Blob*, concat_dim 65 uint32 1""",
    "Net": """
        name 1 string, input 3 string*, input_shape 8 Shape*, input_dim 4 int32*, state 6 State, layer 100 Layer*,
        layers 2 V1Layer*""",
}

PACKAGE = "seeinin.caffe"


def _file() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(name="seeinin/caffe.proto", package=PACKAGE, syntax="proto2")
    for name, values in _ENUMS.items():
        # each inside a message of its own, because MAX is a value of two
        enum = file.message_type.add(name=name).enum_type.add(name="Value")
        for number, value in enumerate(values.split()):
            enum.value.add(name=value, number=number)
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field in fields.split(","):
            _add_field(message, *field.split())
    return file


def _add_field(
    message: descriptor_pb2.DescriptorProto, name: str, number: str, kind: str, default: str | None = None
) -> None:
    repeated, kind = kind.endswith("*"), kind.removesuffix("*")
    types = descriptor_pb2.FieldDescriptorProto
    field = message.field.add(name=name, number=int(number), label="LABEL_REPEATED" if repeated else "LABEL_OPTIONAL")
    if kind in _ENUMS:
        field.type, field.type_name = types.TYPE_ENUM, f".{PACKAGE}.{kind}.Value"
    elif kind in _MESSAGES:
        field.type, field.type_name = types.TYPE_MESSAGE, f".{PACKAGE}.{kind}"
    else:
        field.type = types.Type.Value(f"TYPE_{kind.upper()}")
    if default is not None:
        field.default_value = default


_POOL = descriptor_pool.DescriptorPool()
_POOL.AddSerializedFile(_file().SerializeToString())


def _class(name: str) -> type[Message]:
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(f"{PACKAGE}.{name}"))


Net: Any = _class("Net")
Layer: Any = _class("Layer")
TEST: int = _ENUMS["Phase"].split().index("TEST")


def value_name(message: Any, field: str) -> str:
    """The name of an enum's value, as a prototxt has it."""
    enum = message.DESCRIPTOR.fields_by_name[field].enum_type
    return str(enum.values_by_number[getattr(message, field)].name)
