"""A .pt2 archive, read so that nothing in it can run: tensors, and a graph of torch's own operations, copied out of it.

torch.export.load falls back to pickle for what is no plain tensor, evaluates sizes as Python, writes names into source
code that it executes, and reads zip files by other rules than Python does. So torch never sees the file: it gets an
archive that is made anew of what is known here and has been checked; everything else is refused.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seeinin.errors import ModelError
from seeinin.precompute import files, vetting

_PLAIN = frozenset(
    {"archive_format", "archive_version", "byteorder", ".data/version", ".data/serialization_id", "version"}
)
_TENSOR = re.compile(r"data/(weights/weight|constants/tensor)_\d+")
_CONFIG = re.compile(r"data/(weights/model_weights|constants/model_constants)_config\.json")
_MODEL, _INPUTS = "models/model.json", "data/sample_inputs/model.pt"


class _StrangeError(Exception):
    """What the archive holds beyond tensors and operations."""


def read(path: Path) -> io.BytesIO:
    """The archive made anew; ModelError where it is no exported program, or holds what could run."""
    files.check(path, "correct model.network", ModelError)
    clean = io.BytesIO()
    try:
        with zipfile.ZipFile(path) as archive, zipfile.ZipFile(clean, "w") as copy:
            for name, content in _checked(archive):
                copy.writestr(f"archive/{name}", content)
    except _StrangeError as strange:
        raise ModelError(
            f"{path} holds {strange}, which could run code when read, so it is refused; where you trust it, "
            "name the network's own code with model.target"
        ) from None
    except (
        OSError,
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        LookupError,
        TypeError,
        ValueError,
        RuntimeError,
    ) as error:
        raise ModelError(
            f"{path} is cut short or not an exported program ({error}); write it with torch.export.save"
        ) from None
    clean.seek(0)
    return clean


def _checked(archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    infos = {info.filename.partition("/")[2]: info for info in archive.infolist()}
    if len(infos) < len(archive.infolist()):
        raise _StrangeError("two files of one name")
    if _MODEL not in infos:
        raise ValueError("it has no models/model.json")
    for name, info in infos.items():
        if name.startswith("extra/") or name.endswith("/"):
            continue
        if info.compress_type != zipfile.ZIP_STORED or info.file_size > info.compress_size:
            raise ValueError("its files are compressed")  # torch stores them; so none is larger than the archive
        yield name, _clean(name, archive.read(info))


def _clean(name: str, content: bytes) -> bytes:
    if name == _INPUTS:
        return b""  # a pickle, which nothing needs
    if name == _MODEL:
        return _json(vetting.program, content)
    if _CONFIG.fullmatch(name):
        return _json(vetting.tensors, content)
    if name in _PLAIN or _TENSOR.fullmatch(name):
        return content
    raise _StrangeError("compiled code" if name.startswith("data/aotinductor") else f"the file {name[:80]!r}")


def _json(check: Any, content: bytes) -> bytes:
    try:
        return json.dumps(check(json.loads(content))).encode()
    except vetting.OddError as odd:
        raise _StrangeError(str(odd)) from None
    except RecursionError:
        raise ValueError("its graph is nested too deep") from None
