"""What the JSON of an exported program may say: names, torch's own operations, sizes; nothing that becomes code."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

import torch

_NAME = re.compile(r"(?!(.*\.)?__)[\w.]*", re.ASCII)
_VERSION = re.compile(r"[\w.+-]*", re.ASCII)
_TENSOR = re.compile(r"(weight|tensor)_\d+", re.ASCII)
_NUMBER = re.compile(r"[\w.+-]+", re.ASCII)

_FREE = frozenset({"as_string", "as_strings"})  # values: the mode of an interpolation, the equation of an einsum
_NAMESPACES = ("aten", "prims", "torchvision", "quantized_decomposed")
_FORBIDDEN = frozenset({"from_file", "_print"})
_HIGHER = frozenset({
    "associative_scan", "cond", "map_impl", "scan", "while_loop", "wrap_with_autocast", "wrap_with_set_grad_enabled",
})  # fmt: skip
_OPERATORS = frozenset({
    "add", "and_", "eq", "floordiv", "ge", "getitem", "gt", "le", "lt", "mod", "mul", "ne", "neg", "not_", "or_", "pos",
    "pow", "sub", "truediv",
})  # fmt: skip
# Of sympy and of torch.utils._sympy.functions: what sizes are made of.
_FUNCTIONS = frozenset({
    "Add", "And", "CeilDiv", "CeilToInt", "CleanDiv", "Equality", "Float", "FloatPow", "FloatTrueDiv", "FloorDiv",
    "FloorToInt", "GreaterThan", "Identity", "IntTrueDiv", "Integer", "IsNonOverlappingAndDenseIndicator", "LShift",
    "LessThan", "Max", "Min", "Mod", "ModularIndexing", "Mul", "Not", "Or", "Pow", "PowByNatural", "PythonMod",
    "RShift", "Rational", "RoundDecimal", "RoundToInt", "StrictGreaterThan", "StrictLessThan", "Symbol", "ToFloat",
    "TruncToFloat", "TruncToInt", "Unequality", "Where", "ceiling", "floor",
})  # fmt: skip
_CONSTANTS = frozenset({"true", "false", "oo", "int_oo", "nan", "zoo"})
_CONTAINERS = (None, "builtins.tuple", "builtins.list", "builtins.dict")
_SIMPLE = (
    ast.Expression, ast.Load, ast.BinOp, ast.UnaryOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.USub, ast.UAdd,
    ast.keyword,
)  # fmt: skip


class OddError(Exception):
    """Something else; the message names it."""


def program(value: Any) -> Any:
    """models/model.json, without what only speaks to people. Raises OddError."""
    if not isinstance(value, dict):
        raise ValueError("its graph is none")
    _check(value | {"guards_code": []}, "")
    return _told(value) | {"guards_code": []}


def tensors(value: Any) -> Any:
    """A …_config.json, which says what kind of tensor is in which file. Raises OddError."""
    for name, entry in value["config"].items():
        if entry["use_pickle"] or not _TENSOR.fullmatch(entry["path_name"]):
            raise OddError(f"a pickle ({entry['path_name'][:80]!r})")
        _check(entry, name)
    _check(value, "")
    return value


def _told(value: Any) -> Any:
    """Of all that is known about a node, only which module it came from."""
    match value:
        case {"metadata": dict(metadata), **rest}:
            path = metadata.get("nn_module_stack")
            kept = {"nn_module_stack": path} if isinstance(path, str) else {}
            return {key: _told(item) for key, item in rest.items()} | {"metadata": kept}
        case dict():
            return {key: _told(item) for key, item in value.items()}
        case list():
            return [_told(item) for item in value]
    return value


def _check(value: Any, key: str) -> None:
    match value:
        case dict():
            for inner, item in value.items():
                _must(_NAME.fullmatch(inner), f"the name {inner[:80]!r}")
                if inner != "metadata" or not isinstance(item, dict):
                    _check(item, inner)
        case list():
            for item in value:
                _check(item, key)
        case str():
            _check_text(value, key)


def _check_text(value: str, key: str) -> None:
    if key in ("target", "as_operator"):
        _must(_is_operation(value), f"the operation {value[:80]!r}")
    elif key == "expr_str":
        _must(_is_size(value), f"the size {value[:80]!r}")
    elif key in ("in_spec", "out_spec"):
        for kind, names in _containers(json.loads(value) if value else None):
            _must(kind in _CONTAINERS, f"a {kind}")
            _must(all(isinstance(name, str) and name.isidentifier() for name in names), f"the names {names!r}")
    elif key == "torch_version":
        _must(_VERSION.fullmatch(value), f"the version {value[:80]!r}")
    elif key not in _FREE:
        _must(_NAME.fullmatch(value), f"the name {value[:80]!r}")


def _must(true: object, otherwise: str) -> None:
    if not true:
        raise OddError(otherwise)


def _is_operation(text: str) -> bool:
    """The dispatcher's, and a few of Python's; TorchScript's own under the same names could write files."""
    if not _NAME.fullmatch(text):
        return False
    match text.split("."):
        case ["torch", "ops", "higher_order", name]:
            return name in _HIGHER
        case ["torch", "ops", namespace, name, overload] if namespace in _NAMESPACES:
            full = f"{namespace}::{name}" + ("" if overload == "default" else f".{overload}")
            return name not in _FORBIDDEN and (namespace == "torchvision" or full in _dispatched())
        case ["torch", name]:
            return name.startswith(("sym_", "_sym_"))
        case ["_operator", name]:
            return name in _OPERATORS
        case ["math", name]:
            return not name.startswith("_")
    return text == ""


_known: set[str] = set()


def _dispatched() -> set[str]:
    if not _known:
        _known.update(torch._C._dispatch_get_all_op_names())
    return _known


def _is_size(text: str) -> bool:
    """Numbers and symbols, and sympy's functions of them; as sympify has it, anything else is Python."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    texts = {id(arg) for call in ast.walk(tree) if isinstance(call, ast.Call) for arg in call.args}
    return text.isascii() and all(_is_plain(node, texts) for node in ast.walk(tree))


def _is_plain(node: ast.AST, arguments: set[int]) -> bool:
    match node:
        case ast.Call(func=ast.Name(id=name)):
            return name in _FUNCTIONS
        case ast.Name(id=name):
            return name in _FUNCTIONS | _CONSTANTS
        case ast.Constant(value=str(text)):
            return id(node) in arguments and _NUMBER.fullmatch(text) is not None
        case ast.Constant(value=number):
            return isinstance(number, int | float)
    return isinstance(node, _SIMPLE)


def _containers(spec: Any) -> Iterator[tuple[Any, list[Any]]]:
    """The kinds of containers in a tree, each with the names that are keys of it."""
    match spec:
        case {"type": kind, "context": context, **rest}:
            names = json.loads(context) if isinstance(context, str) else context
            yield kind, names if isinstance(names, list) else [] if names is None else [names]
            yield from _containers(list(rest.values()))
        case dict():
            yield from _containers(list(spec.values()))
        case list():
            for item in spec:
                yield from _containers(item)
