"""The user's network is made by the user's code, and leaves no trace in the interpreter."""

import re
import sys

import pytest
from torch import nn

from seeinin import config
from seeinin.errors import ModelError
from seeinin.precompute import model

CODE = """
from dataclasses import dataclass
import json_of_mine
from torch import nn

@dataclass
class Size:
    value: int

def net(out=2):
    import late
    return nn.Sequential(nn.Flatten(), nn.Linear(json_of_mine.SIZE, Size(out).value))

def number():
    return 3

def broken():
    raise KeyError("x")

def talking():
    raise ValueError("one\\n" + "two " * 5000)

def leaving():
    raise SystemExit
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "models.py").write_text(CODE)
    (tmp_path / "json_of_mine.py").write_text("SIZE = 4")
    (tmp_path / "late.py").write_text("")
    (tmp_path / "wrong.py").write_text("def net(:")
    (tmp_path / "script.py").write_text("import sys; sys.exit(0)")
    (tmp_path / "built_for_another_torch.py").write_text("raise RuntimeError('operator nms does not exist')")
    return tmp_path


def test_a_file_may_import_its_neighbours_and_leaves_no_trace(folder):
    path, modules = list(sys.path), set(sys.modules)
    network = model.load(config.Model(target=f"{folder}/models.py:net", arguments={"out": 5}))
    assert network[1].weight.shape == (5, 4)
    assert not network.training
    assert sys.path == path
    assert not {"models", "json_of_mine", "late"} & (set(sys.modules) - modules)


def test_a_package():
    assert isinstance(model.call("torch.nn:Linear", {"in_features": 2, "out_features": 1}), nn.Linear)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("{}/models.py:nat", r"models\.py defines no nat"),
        ("{}/nowhere.py:net", r"nowhere\.py is missing"),
        ("{}/wrong.py:net", r"wrong\.py cannot be run: SyntaxError"),
        ("{}/models.py:number", "gave a int, not a torch.nn.Module"),
        ("{}/models.py:broken", "failed with KeyError: 'x'"),
        ("{}/models.py:talking", r"failed with ValueError: one\\ntwo (two ){10,60}t?w?o?…$"),
        ("{}/models.py:leaving", r"failed with RuntimeError: its code leaves the program by sys.exit\(None\)"),
        ("{}/script.py:net", r"script\.py cannot be run: RuntimeError: its code leaves the program by sys.exit\(0\)"),
        ("built_for_another_torch:net", "cannot be imported: RuntimeError: operator nms does not exist"),
        ("no_such_package.at_all:net", "cannot be imported"),
        ("torch.nn:Lynear", "torch.nn defines no Lynear"),
    ],
)
def test_mistakes(folder, target, message, monkeypatch):
    monkeypatch.syspath_prepend(folder)
    with pytest.raises(ModelError) as caught:
        model.load(config.Model(target=target.format(folder)))
    assert re.search(message, str(caught.value))


def test_wrong_arguments(folder):
    with pytest.raises(ModelError, match="unexpected keyword argument 'inn'"):
        model.load(config.Model(target=f"{folder}/models.py:net", arguments={"inn": 5}))
