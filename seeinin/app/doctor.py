"""What this machine has of what the program needs, as text for a bug report, with the line that mends what is missing.

Whatever might crash or hang is asked in a process of its own.
"""

import os
import platform
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

PATIENCE = 120  # seconds; the first import of torch from a cold disk takes a minute
SPARE = 1 << 30  # bytes of memory and of disk, below which nothing can be done
SHARED = 1 << 26  # bytes; a container gets this much when nothing is said

# What is imported of a distribution where that is not its own name.
MODULES = {
    "freetype-py": "freetype",
    "pillow": "PIL.Image",
    "protobuf": "google.protobuf",
    "pyqt6": "PyQt6.QtWidgets",
    "pyyaml": "yaml",
    "scikit-learn": "sklearn",
}
VARIABLES = (
    *("DISPLAY", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE", "QT_QPA_PLATFORM", "EGL_PLATFORM", "PYOPENGL_PLATFORM"),
    *("LIBGL_ALWAYS_SOFTWARE", "CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS"),
)
DEVICE = """\
import torch
found = torch.accelerator.current_accelerator(check_available=True)
if found is None:
    print(f"cpu, {torch.get_num_threads()} threads")
elif found.type == "cuda":
    print(torch.cuda.get_device_name(), f"{torch.cuda.mem_get_info()[1] / 1e9:.0f} GB, CUDA", torch.version.cuda)
else:
    print(found)
"""
OPENGL = "from seeinin.visuals.canvas import probe_opengl; print(probe_opengl())"
WINDOW = """\
from seeinin.app import display
display.require_qt()
display.require_screen()
from PyQt6.QtWidgets import QApplication
app = QApplication([])
display.require_opengl()
screens = [f"{s.size().width()} × {s.size().height()} at {s.devicePixelRatio():g}" for s in app.screens()]
print(app.platformName(), *screens)
"""


class Finding(NamedTuple):
    """`mend` is empty where all is well."""

    name: str
    text: str
    mend: str = ""


def examine() -> tuple[str, bool]:
    """The report, and whether all is well. Raises nothing."""
    checks = [*_packages(), _onnx, _device, _opengl, _window, _disk, _shared_memory, _memory]
    with ThreadPoolExecutor(4) as threads:
        findings = list(threads.map(lambda check: check(), checks))
    width = max(len(finding.name) for finding in findings)
    lines = [f"{'well' if not f.mend else 'MEND'}  {f.name.ljust(width)}  {f.text}" for f in findings]
    mend = [f"{f.name}: {f.mend}" for f in findings if f.mend]
    tail = ["", "To mend:", *(f"  {line}" for line in mend)] if mend else ["", "All is well."]
    return "\n".join([*_head(), "", *lines, *tail]), not mend


def _head() -> Iterator[str]:
    yield f"Seein' In {metadata.version('seeinin')}, Python {platform.python_version()}, {platform.platform()}"
    names = re.findall(r"model name\s*: (.*)", _text("/proc/cpuinfo"))
    yield f"{os.cpu_count()} cores, {names[0] if names else platform.machine()}"
    if known := [f"{name}={os.environ[name]}" for name in VARIABLES if name in os.environ]:
        yield " ".join(known)


def _packages() -> Iterator[Callable[[], Finding]]:
    """A check of each distribution that this one requires."""
    for requirement in metadata.requires("seeinin") or ():
        match = re.match(r"([\w.-]+)>=([\d.]+)$", requirement)
        if match:  # extras follow, with markers
            yield partial(_package, match[1], match[2])


def _package(name: str, least: str) -> Finding:
    mend = f"pip install '{name}>={least}'"
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return Finding(name, "is not installed", mend)
    if _numbers(version) < _numbers(least):
        return Finding(name, f"{version}, and {least} is needed", mend)
    error, text = _asked(f"import {MODULES.get(name.lower(), name.replace('-', '_'))}")
    if error:
        return Finding(name, f"{version}, which cannot be imported: {text}", f"{mend} --force-reinstall")
    return Finding(name, version)


def _onnx() -> Finding:
    try:
        return Finding("ONNX", ", ".join(f"{name} {metadata.version(name)}" for name in ("onnx", "onnxruntime")))
    except metadata.PackageNotFoundError:
        return Finding("ONNX", "is not installed; only .onnx networks need it: pip install 'seeinin[onnx]'")


def _device() -> Finding:
    error, text = _asked(DEVICE)
    return Finding("device", text, "pip install torch" if error else "")


def _opengl() -> Finding:
    error, text = _asked(OPENGL)
    return Finding("OpenGL without a window", "none" if error else text, text if error else "")


def _window() -> Finding:
    error, text = _asked(WINDOW)
    return Finding("window", "none" if error else text, text if error else "")


def _disk() -> Finding:
    free = shutil.disk_usage(".").free
    mend = "make room, or give another place with --output" if free < SPARE else ""
    if not os.access(".", os.W_OK):
        mend = "work in a folder that you may write to, or give another place with --output"
    return Finding("disk here", f"{_size(free)} free", mend)


def _shared_memory() -> Finding:
    if not Path("/dev/shm").is_dir():
        return Finding(
            "shared memory", "no /dev/shm", "mount it where this is Linux" if sys.platform == "linux" else ""
        )
    usage = shutil.disk_usage("/dev/shm")
    mend = "in a container, start it with --shm-size=1g" if usage.free < SHARED else ""
    return Finding("shared memory", f"{_size(usage.free)} of {_size(usage.total)} free", mend)


def _memory() -> Finding:
    known = dict(re.findall(r"(\w+):\s*(\d+) kB", _text("/proc/meminfo")))
    if "MemAvailable" not in known:
        return Finding("memory", "not known here")
    free, total = (int(known[name]) << 10 for name in ("MemAvailable", "MemTotal"))
    return Finding("memory", f"{_size(free)} of {_size(total)} free", "end other programs" if free < SPARE else "")


def _asked(code: str) -> tuple[bool, str]:
    """Whether the code failed in a process of its own, and the last line that it wrote."""
    try:
        child = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            errors="replace",
            check=False,
        )
    except subprocess.TimeoutExpired:
        return True, f"gives no answer within {PATIENCE} seconds"
    if child.returncode < 0:
        return True, f"its process is ended by {signal.Signals(-child.returncode).name}"
    line = (child.stderr if child.returncode else child.stdout).strip().rpartition("\n")[2]
    return bool(child.returncode), re.sub(r"^[\w.]+(Error|Exception): ", "", line)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version.partition("+")[0])[:3]))


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB"


def _text(path: str) -> str:
    try:
        return Path(path).read_text(errors="replace")
    except OSError:  # not Linux
        return ""
