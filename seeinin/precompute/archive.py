"""What a .pt2 archive may hold: tensors, and a graph of torch's own operations. Everything else is refused unread.

torch.export.load falls back to pickle for what is no plain tensor, resolves operations by any name under `torch`, and
evaluates symbolic sizes with sympy: each of them would run code of the file's author.
"""

from __future__ import annotations

import io
import json
import re
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from seeinin.errors import ModelError

_OPERATION = re.compile(
    r"torch\.ops\.(aten|prims|torchvision|quantized_decomposed)\.(?!from_file)\w+\.\w+|torch\.ops\.higher_order\.\w+|"
    r"torch\._?sym_\w+|math\.\w+|_operator\.(?!methodcaller|attrgetter|call)\w+"
)
_EXPRESSION = re.compile(r"(Symbol\('\w+'|Float\('[\w.+-]+'|[\w\s+\-*/%(),<>=&|~!]|\d\.\d)*")
_CONTAINERS = (None, "builtins.tuple", "builtins.list", "builtins.dict")


def check(path: Path) -> None:
    """Raise ModelError where the file is no exported program, or reading it could run anything."""
    if not path.is_file():
        raise ModelError(f"{path} is missing; correct model.network")
    try:
        with zipfile.ZipFile(path) as archive:
            strange = _strange(archive)
    except (zipfile.BadZipFile, EOFError, KeyError, ValueError, RuntimeError, NotImplementedError) as error:
        raise ModelError(
            f"{path} is cut short or not an exported program ({error}); write it with torch.export.save"
        ) from None
    if strange is not None:
        raise ModelError(
            f"{path} holds {strange}, which would run code when read, so it is refused; where you trust it, "
            "name the network's own code with model.target"
        )


def _strange(archive: zipfile.ZipFile) -> str | None:
    """What in the archive is more than tensors and operations; None where nothing is."""
    files = {name.partition("/")[2]: name for name in archive.namelist()}
    if len(files) < len(archive.namelist()):
        return "two files of one name"
    if "models/model.json" not in files:
        raise ValueError("it has no models/model.json")
    for name, whole in files.items():
        if name.startswith("data/aotinductor") and not name.endswith("/"):
            return "compiled code"
        if name.endswith("_config.json"):
            entries = json.loads(archive.read(whole))["config"].values()
            if any(entry["use_pickle"] or "_obj" in entry["path_name"] for entry in entries):
                return f"a pickle ({name})"
        if name.startswith("data/sample_inputs/") and not _only_tensors(archive.read(whole)):
            return f"a pickle ({name})"
        if name.startswith("models/") and name.endswith(".json"):
            odd = next(_odd(json.loads(archive.read(whole))), None)
            if odd is not None:
                return odd
    return None


def _only_tensors(content: bytes) -> bool:
    try:
        with warnings.catch_warnings(action="ignore"):  # of old pickle protocols
            return not content or isinstance(torch.load(io.BytesIO(content), weights_only=True), tuple | dict)
    except Exception:  # noqa: BLE001 - whatever fails here, torch.export.load would read again, with pickle
        return False


def _odd(value: Any, key: str = "") -> Iterator[str]:
    """The operations, sizes and containers in a graph's JSON that are not torch's own."""
    match value:
        case dict():
            if key == "range_constraints":
                yield from (f"the size {name!r}" for name in value if not _plain(_EXPRESSION, name))
            for inner, item in value.items():
                yield from _odd(item, inner)
        case list():
            for item in value:
                yield from _odd(item, key)
        case str() if key == "target" and not _plain(_OPERATION, value):
            yield f"the operation {value!r}"
        case str() if key == "expr_str" and not _plain(_EXPRESSION, value):
            yield f"the size {value!r}"
        case str() if key in ("in_spec", "out_spec") and value:
            yield from (f"a {kind}" for kind in _containers(json.loads(value)) if kind not in _CONTAINERS)


def _plain(pattern: re.Pattern[str], text: str) -> bool:
    return pattern.fullmatch(text) is not None and "__" not in text


def _containers(spec: Any) -> Iterator[Any]:
    match spec:
        case {"type": kind, **rest}:
            yield kind
            yield from _containers(list(rest.values()))
        case dict():
            yield from _containers(list(spec.values()))
        case list():
            for item in spec:
                yield from _containers(item)
