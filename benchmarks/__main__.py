"""All benchmarks, each in a process of its own; their table goes to results.md, results.json and the README."""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.machine import described
from benchmarks.report import Row, table

NAMES = (
    "render",
    "cell",
    "window",
    "frames",
    "selecting",
    "matrices",
    "lasso",
    "pick",
    "averages",
    "read",
    "precompute",
    "growth",
    "open",
    "gpu",
)
LIMIT = 300  # s for one of them, which takes a minute or so
HERE = Path(__file__).parent
HEADING = "## The last full table\n"


def measure(name: str) -> list[Row]:
    """The rows of one benchmark, and one that says so where it fails."""
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder) / "figures.json"
        command = [sys.executable, "-m", f"benchmarks.{name}", "--json", figures]
        try:
            subprocess.run(command, stderr=subprocess.PIPE, text=True, check=True, timeout=LIMIT)
        except subprocess.TimeoutExpired:
            return [Row(name, "all", None, "", note=f"failed: took more than {LIMIT} s")]
        except subprocess.CalledProcessError as error:
            print(error.stderr, end="", file=sys.stderr)
            return [Row(name, "all", None, "", note=f"failed: {error.stderr.strip().rpartition(chr(10))[2]}")]
        return [Row.from_json(row) for row in json.loads(figures.read_text())]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; all, unless told")
    names, start = parser.parse_args().names or NAMES, time.monotonic()
    machine = described()
    rows = []
    for name in names:
        begun = time.monotonic()
        print(f"{name} …", flush=True)
        rows += measure(name)
        print(f"{name}: {time.monotonic() - begun:.0f} s", flush=True)
    whole = "\n".join(
        ["", *(f"    {line}" for line in machine), f"    {time.monotonic() - start:.0f} s in all", "", table(rows), ""]
    )
    print(whole)
    if tuple(names) == NAMES:
        keep(rows, machine, whole)
    if any(row.note.startswith("failed:") for row in rows):
        sys.exit("a benchmark failed: see its row")


def keep(rows: list[Row], machine: list[str], whole: str) -> None:
    """Write results.md and results.json, and the table at the end of the README."""
    (HERE / "results.md").write_text(f"# Benchmarks, as measured\n{whole}")
    figures = {"machine": machine, "rows": [row.as_json() for row in rows]}
    (HERE / "results.json").write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n")
    readme = HERE / "README.md"
    readme.write_text(readme.read_text().partition(HEADING)[0] + HEADING + whole)


if __name__ == "__main__":
    main()
