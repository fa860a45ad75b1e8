"""All benchmarks, each in a process of its own, and one table of them all: `python -m benchmarks [--json FILE]`."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.report import Row, main

NAMES = ("render", "lasso", "pick", "open", "precompute")


def measure() -> list[Row]:
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in NAMES:
            figures = Path(folder) / name
            subprocess.run([sys.executable, "-m", f"benchmarks.{name}", "--json", figures], check=True)
            rows += [Row.from_json(row) for row in json.loads(figures.read_text())]
    return rows


if __name__ == "__main__":
    main(measure, __doc__)
