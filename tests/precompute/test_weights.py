"""Weights that fit, weights that do not, and files that would run code."""

import pickle
import re
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from seeinin.errors import ModelError
from seeinin.precompute.weights import fingerprint, load_weights


def network(width=3):
    return nn.Sequential(nn.Conv2d(1, width, 3), nn.BatchNorm2d(width), nn.Flatten(), nn.Linear(width, 2))


@pytest.fixture
def state():
    torch.manual_seed(3)
    return network().state_dict()


@pytest.mark.parametrize(
    "wrap",
    [
        lambda s: s,
        lambda s: {"state_dict": s, "epoch": 3},
        lambda s: {"model": s},
        lambda s: {"model_state_dict": s, "loss": 0.5},
        lambda s: {"module." + key: value for key, value in s.items()},
        lambda s: {"_orig_mod." + key: value for key, value in s.items()},
        lambda s: {"_orig_mod.module." + key: value for key, value in s.items()},
        lambda s: {"state_dict": {"module." + key: value for key, value in s.items()}},
        lambda s: {key: value for key, value in s.items() if "num_batches" not in key},
    ],
    ids=["plain", "state_dict", "model", "model_state_dict", "module.", "compiled", "compiled, module.", "both", "old"],
)
def test_state_dicts_as_people_save_them(tmp_path, state, wrap):
    torch.save(wrap(state), tmp_path / "w.pt")
    filled = network()
    load_weights(filled, tmp_path / "w.pt")
    assert fingerprint(filled) == fingerprint_of(state)


def test_safetensors(tmp_path, state):
    save_file(state, tmp_path / "w.safetensors")
    filled = network()
    load_weights(filled, tmp_path / "w.safetensors")
    assert fingerprint(filled) == fingerprint_of(state)


def fingerprint_of(state):
    other = network()
    other.load_state_dict(state)
    return fingerprint(other)


def refused(path, message, target=None):
    with pytest.raises(ModelError) as caught:
        load_weights(target or network(), path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert re.search(message, str(caught.value)), caught.value


def test_keys_that_do_not_fit_are_named(tmp_path, state):
    path = tmp_path / "w.safetensors"
    save_file({f"x{i}": value.clone() for i, value in enumerate([state["0.bias"]] * 7)}, path)
    refused(
        path,
        r"missing 0\.weight, 0\.bias, 1\.weight, 1\.bias, 1\.running_mean and 3 more; unexpected x0, x1, x2",
    )
    save_file(state, path)
    refused(path, r"0\.weight is \(3, 1, 3, 3\) in the file but \(4, 1, 3, 3\) in the network", network(4))


class Payload:
    def __reduce__(self):
        return (Path.touch, (Path("ran"),))


def test_nothing_in_a_file_is_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "w.pt"
    torch.save({"state_dict": Payload()}, path)
    refused(path, "holds more than tensors, which would run code")
    path.write_bytes(pickle.dumps(Payload()))
    refused(path, "holds more than tensors|not a state dict")
    assert not (tmp_path / "ran").exists()


def test_damaged_files(tmp_path, state):
    for name, save in (("w.pt", torch.save), ("w.safetensors", save_file)):
        path = tmp_path / name
        save(state, path)
        whole = path.read_bytes()
        for content, message in ((whole[: len(whole) // 2], "cut short"), (b"", "is empty"), (b"x" * 100, "")):
            path.write_bytes(content)
            refused(path, message)
    with zipfile.ZipFile(tmp_path / "w.pt", "w") as odd:
        odd.writestr("w/data.pkl", "")
        odd.writestr("w/version", "\n3")  # torch repeats it, in three lines
    refused(tmp_path / "w.pt", "looks cut short or damaged|holds")
    refused(tmp_path / "nowhere.pt", "is missing")
    refused(tmp_path, "is a folder, not a file; correct")
    refused(Path("/dev/zero"), "is a device, not a file; correct")
    torch.save([1, 2], tmp_path / "list.pt")
    refused(tmp_path / "list.pt", "holds no state dict but list; save it")
    torch.save({"net": state, "epoch": 1}, tmp_path / "list.pt")
    refused(tmp_path / "list.pt", "holds no state dict but net, epoch; save it")
    with zipfile.ZipFile(tmp_path / "script.pt", "w") as script:
        script.writestr("w/data.pkl", "")
        script.writestr("w/constants.pkl", "")  # by which torch knows TorchScript
        script.writestr("w/version", "3")
    refused(tmp_path / "script.pt", "is TorchScript; save its state dict")
