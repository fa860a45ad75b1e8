"""What the figures were measured on, in lines of text: ratios outlive it, seconds do not."""

import os
import platform
import time
from importlib.metadata import version
from pathlib import Path

from seeinin.visuals.canvas import probe_opengl


def described() -> list[str]:
    """Processor, memory, system, libraries and OpenGL."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    libraries = ", ".join(f"{name} {version(name)}" for name in ("numpy", "numba", "vispy", "PyQt6", "torch", "h5py"))
    return [
        f"{processor()}, {cores} cores, {memory:.0f} GiB; load before the run {os.getloadavg()[0]:.1f}",
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}, {libraries}",
        f"OpenGL {probe_opengl()}",
        time.strftime("%Y-%m-%d"),
    ]


def processor() -> str:
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()
