"""One node of an ONNX graph as a module of torch, run by onnxruntime alone: to learn what it does to its values."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnx import helper
from torch import nn

from seeinin.precompute.onnx.files import Model

_FATAL = 4

MOST_SESSIONS = 4  # each holds the weights of its node once more

# Torch's functional name, where it is not ONNX's in small letters or one that torch has for the like.
_NAMES = {
    "And": "logical_and", "Equal": "eq", "Greater": "gt", "GreaterOrEqual": "ge", "IsInf": "isinf", "IsNaN": "isnan",
    "Less": "lt", "LessOrEqual": "le", "Not": "logical_not", "Or": "logical_or", "Xor": "logical_xor",
    "AveragePool": "avg_pool2d", "BatchNormalization": "batch_norm", "Cast": "to", "Concat": "cat",
    "DepthToSpace": "pixel_shuffle", "Gather": "getitem", "Gemm": "linear", "GlobalAveragePool": "adaptive_avg_pool2d",
    "GlobalMaxPool": "adaptive_max_pool2d", "GroupNormalization": "group_norm", "LRN": "local_response_norm",
    "InstanceNormalization": "instance_norm", "LayerNormalization": "layer_norm", "LpNormalization": "normalize",
    "Max": "maximum", "MaxPool": "max_pool2d", "Min": "minimum", "ReduceL2": "norm", "ReduceLogSumExp": "logsumexp",
    "ReduceMax": "amax", "ReduceMean": "mean", "ReduceMin": "amin", "ReduceSum": "sum", "Resize": "interpolate",
    "RMSNormalization": "rms_norm", "SpaceToDepth": "pixel_unshuffle", "Sum": "add", "Transpose": "permute",
    "Upsample": "interpolate",
}  # fmt: skip

Value = Any  # a tensor, or a list of them

_thread = ThreadPoolExecutor(1)  # kept: a new one for each call took onnxruntime twenty times as long to get used to

_state = onnxruntime.capi.onnxruntime_pybind11_state
ERRORS: tuple[type[Exception], ...] = tuple(
    kind for kind in vars(_state).values() if isinstance(kind, type) and issubclass(kind, Exception)
)


class Operation(nn.Module):
    """Takes what the node reads of other nodes, in the order of `reads`; what it reads of the weights is in it."""

    def __init__(self, node: Any, reads: Sequence[str], weights: Sequence[Any], model: Model) -> None:
        super().__init__()
        self.node, self.reads, self.weights, self.model = node, tuple(reads), tuple(weights), model
        self.layer_name = node.name or next(filter(None, node.output), "")
        self.functional_name = _NAMES.get(node.op_type, node.op_type)
        told = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
        if node.op_type in ("Conv", "ConvTranspose"):
            self._convolves(told)
        elif node.op_type in ("MaxPool", "AveragePool") and len(told.get("kernel_shape", ())) == 2:
            self._looks_through(told, told["kernel_shape"])

    def forward(self, *values: Value) -> Value:
        """Raises RuntimeError with what onnxruntime says."""
        given = [_arrays(value) for value in values]
        try:
            outputs = answer(_session(self, given), None, dict(zip(self.reads, given, strict=True)))
        except ERRORS as error:
            raise RuntimeError(said(error)) from None
        found = [_tensors(output) for output in outputs]
        return found[0] if len(found) == 1 else tuple(found)

    def _convolves(self, told: Mapping[str, Any]) -> None:
        shapes = [weight.dims for weight in self.weights if weight.name == self.node.input[1]]
        kernel = told.get("kernel_shape") or [list(shape[2:]) for shape in shapes[:1]]
        self.functional_name = "conv_transpose2d" if self.node.op_type == "ConvTranspose" else "conv2d"
        if len(kernel) == 1 and isinstance(kernel[0], list):
            (kernel,) = kernel
        if len(kernel) != 2:
            self.functional_name = self.functional_name.replace("2d", f"{len(kernel)}d" if kernel else "nd")
        elif "output_shape" not in told:
            self._looks_through(told, kernel)

    def _looks_through(self, told: Mapping[str, Any], kernel: Sequence[int]) -> None:
        """As torch's modules tell their windows; without them they are found by trying."""
        if told.get("auto_pad", b"NOTSET") in (b"NOTSET", b"VALID"):
            self.kernel_size = tuple(kernel)
            self.stride = tuple(told.get("strides") or (1, 1))
            self.padding = tuple(told.get("pads") or (0, 0))[:2]
            self.dilation = tuple(told.get("dilations") or (1, 1))


def session(proto: Any, weights: Mapping[str, NDArray[Any]]) -> Any:
    """A session of onnxruntime on the processor, on as many threads as torch takes."""
    onnxruntime.set_default_logger_severity(_FATAL)  # what is wrong comes as an exception
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _FATAL
    options.intra_op_num_threads = torch.get_num_threads()
    if weights:
        values = [onnxruntime.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(array)) for array in weights.values()]
        options.add_external_initializers(list(weights), values)
    making = partial(
        onnxruntime.InferenceSession,
        proto.SerializeToString(),
        options,
        ["CPUExecutionProvider"],
        disabled_optimizers=["ConstantFolding"],  # it may last for ever and hears nothing; as a part of a run it does
    )
    return _apart(making, lambda: options.set_load_cancellation_flag(True))


def answer(running: Any, names: Sequence[str] | None, given: Mapping[str, Any]) -> Sequence[Any]:
    """What a session gives."""
    options = onnxruntime.RunOptions()
    return _apart(partial(running.run, names, given, options), lambda: setattr(options, "terminate", True))


def _apart(work: Callable[[], Value], end: Callable[[], None]) -> Value:
    """Done by another thread: one that is in onnxruntime hears no signal, and a Loop there may last for ever.
    What interrupts this one ends that one too."""
    working = _thread.submit(work)
    try:
        return working.result()
    finally:
        end()  # heard only where an interrupt left it at work
        wait([working])


def said(error: Exception) -> str:
    """The sentence in an error of onnxruntime's."""
    text = re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", str(error)).strip().splitlines()[0]
    return re.sub(r"(^|(?<=Status Message: ))/\S+:\d+ .*?\) (?=[A-Z])", "", text)  # where in its source


_sessions: OrderedDict[tuple[int, tuple[str, ...]], tuple[Operation, Any]] = OrderedDict()


def _session(operation: Operation, given: Sequence[Any]) -> Any:
    """One for values of these types; an operation is asked many times in a row, then no more."""
    kinds = tuple(str(value[0].dtype) + "*" if isinstance(value, list) else str(value.dtype) for value in given)
    key = id(operation), kinds
    if key not in _sessions:
        model = operation.model
        inputs = [_told(name, value) for name, value in zip(operation.reads, given, strict=True)]
        outputs = [onnx.ValueInfoProto(name=name) for name in operation.node.output if name]
        graph = helper.make_graph([operation.node], "alone", inputs, outputs, list(operation.weights))
        proto = helper.make_model(graph, opset_imports=model.proto.opset_import, functions=model.proto.functions)
        proto.ir_version = model.proto.ir_version
        names = {weight.name for weight in operation.weights}
        apart = {name: array for name, array in model.weights.items() if name in names}
        _sessions[key] = operation, session(proto, apart)
        while len(_sessions) > MOST_SESSIONS:
            _sessions.popitem(last=False)
    return _sessions[key][1]


def _told(name: str, value: Any) -> Any:
    """What a value is, of any shape."""
    if isinstance(value, list):
        return helper.make_tensor_sequence_value_info(name, helper.np_dtype_to_tensor_dtype(value[0].dtype), None)
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(value.dtype), None)


def _arrays(value: Value) -> Any:
    return [item.cpu().numpy() for item in value] if isinstance(value, list) else value.cpu().numpy()


def _tensors(output: Any) -> Value:
    return (
        [torch.from_numpy(item) for item in output] if isinstance(output, list) else torch.from_numpy(np.array(output))
    )
