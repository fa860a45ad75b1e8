"""The project keeps its own rules: floors, lint, types, a tidy tree, and a viewer that starts light."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent

TOP_LEVEL = {
    *("seeinin", "cache", "configs", "tests", "benchmarks", "docs", ".ci"),
    *("setup.cfg", "pyproject.toml", "constraints.txt", "Makefile", "README.md", "LICENSE", ".gitignore"),
}

# The viewer must open fast, and on a machine where nothing of training is installed. (yaml: numba takes what it finds.)
NOT_IN_THE_VIEWER = ("torch", "pydantic", "seeinin.config", "safetensors", "scipy", "sklearn", "matplotlib", "pandas")


def run(*command, **kwargs):
    return subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=300,
        **kwargs,
    )


@pytest.fixture(scope="module")
def tracked():
    listing = run("git", "ls-files", "-z")
    if listing.returncode:
        pytest.skip("not a git checkout")
    return [path for name in listing.stdout.split("\0") if name and (path := ROOT / name).is_file()]


@pytest.mark.parametrize(
    "command",
    [("lint-imports", "--no-cache"), ("ruff", "check"), ("ruff", "format", "--check"), ("mypy",)],
    ids=" ".join,
)
def test_the_code_keeps_the_rules(command):
    result = run(BIN / command[0], *command[1:])
    assert result.returncode == 0, result.stdout


def test_every_floor_that_exists_has_its_contract():
    """import-linter passes over a name in brackets that is not there: nothing else may slip past it."""
    layers = re.search(r"^layers =\n((?: +.*\n)+)", (ROOT / "setup.cfg").read_text(), re.MULTILINE)
    named = set(re.findall(r"\w+", layers[1]))
    existing = {
        path.stem for path in (ROOT / "seeinin").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert existing - {"__init__"} <= named


def test_nothing_stands_at_the_top_that_convention_does_not_ask_for(tracked):
    assert {path.relative_to(ROOT).parts[0] for path in tracked} <= TOP_LEVEL


def test_no_tracked_file_is_large(tracked):
    assert [path.name for path in tracked if path.stat().st_size > 2_000_000] == []


def test_no_tracked_file_names_a_place_on_somebodys_machine(tracked):
    place = re.compile(rb"(?<![\w.$}<-])/(?:home|root|tmp|work|opt|Users|mnt)/\w")
    assert [(path.name, found[0]) for path in tracked if (found := place.search(path.read_bytes()))] == []


def test_nothing_is_mapped_or_forked():
    """A file that is cut short under a map kills the process, as a full disk does; a fork beside threads hangs."""
    never = re.compile(r"\b(mmap|memmap|mmap_mode|os\.fork|forkpty|multiprocessing\.(Process|Pool|get_context))\b")
    sources = list((ROOT / "seeinin").rglob("*.py"))
    assert len(sources) > 100
    assert [(path.name, found[0]) for path in sources if (found := never.search(path.read_text()))] == []


def test_every_fault_has_a_test():
    """`faults.md` has a row for each, and what it names is there: a test, or a row of `torture/`."""
    text = (ROOT / "tests" / "faults.md").read_text()
    rows = re.findall(r"^\| (\d+) \| .*? \| (.*) \|$", text, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 56))
    for number, where in rows:
        places = re.findall(r"`([^`]+)::([^`]+)`", where)
        assert places or where.startswith("— "), number
        for file, test in places:
            source = (ROOT / "tests" / file).read_text()
            assert f"def {test}(" in source or f'Row("{test}' in source, (number, file, test)


def test_the_viewer_imports_nothing_of_training(make_cache, tmp_path, without_display):
    program = (
        "import sys; from seeinin.cli import main; code = main(sys.argv[1:]); "
        f"print(*[module for module in {NOT_IN_THE_VIEWER} if module in sys.modules]); sys.exit(code)"
    )
    arguments = "view", make_cache(), "--select", "one", "--screenshot", tmp_path / "picture.png"
    result = run(sys.executable, "-W", "error", "-c", program, *arguments, env=without_display)
    assert (result.returncode, result.stdout.strip()) == (0, "")
    assert (tmp_path / "picture.png").exists()
