"""The figures: each has a script that says what it shows, and a small picture; what the README shows is there."""

import ast
import re
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "figures"
SCRIPTS = sorted(FOLDER.glob("figure_*.py"))


def test_there_are_nine():
    assert [int(script.stem.split("_")[1]) for script in SCRIPTS] == list(range(1, 10))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_draws_its_picture_and_says_what_it_shows(script):
    tree = ast.parse(script.read_text(encoding="utf-8"))
    number = script.stem.split("_")[1]
    assert ast.get_docstring(tree).startswith(f"Figure {number}: ")
    names = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    saved = [name for name in names if re.fullmatch(rf"{number}-[\w-]+", name)]
    assert len(saved) == 1
    path = FOLDER / f"{saved[0]}.png"
    assert path.stat().st_size < 300_000
    with Image.open(path) as picture:
        assert picture.mode == "P"
        assert min(picture.size) > 600


def test_what_the_readme_shows_is_there():
    shown = re.findall(r"!\[[^]]+\]\(([^)]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(shown) > 3
    assert all((ROOT / path).is_file() for path in shown)
