"""The config: what a person writes, and what they are told when it is wrong."""

import re
from pathlib import Path

import pytest

from seeinin import config
from seeinin.errors import ConfigError

GOOD = """\
output: cache/x.h5
model:
  target: models.py:net
  weights: net.safetensors
dataset:
  source: idx
  images: images.gz
"""


@pytest.fixture
def written(tmp_path):
    def write(text: str | bytes) -> Path:
        path = tmp_path / "case.yaml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


def test_inputs_are_beside_the_config_and_the_output_is_not(written):
    path = written(GOOD)
    loaded = config.load(path)
    assert loaded.output == "cache/x.h5"
    assert loaded.model.target == f"{path.parent}/models.py:net"
    assert loaded.model.weights == f"{path.parent}/net.safetensors"
    assert loaded.dataset == config.Idx(source="idx", images=f"{path.parent}/images.gz")
    assert loaded.layers.include == ("*",)


def test_an_environment_variable_in_a_path(written, monkeypatch):
    monkeypatch.setenv("PICTURES", "/pictures")
    loaded = config.load(written(GOOD.replace("images.gz", "${PICTURES}/a.gz")))
    assert isinstance(loaded.dataset, config.Idx)
    assert loaded.dataset.images == "/pictures/a.gz"


def test_a_tilde_is_the_home(written, monkeypatch):
    monkeypatch.setenv("HOME", "/my/own")
    loaded = config.load(written(GOOD.replace("images.gz", "~/a.gz").replace("cache/x.h5", "~/x.h5")))
    assert (loaded.dataset.images, loaded.output) == ("/my/own/a.gz", "/my/own/x.h5")


def test_how_images_are_read_is_not_in_the_resolved_text(written, tmp_path):
    """So that a run may go on with another number of processes, or more patience."""
    text = GOOD.replace("idx", "csv").replace("images: images.gz", "path: t.csv\n  label: kind")
    few, many = (config.load(written(text + more)) for more in ("  workers: 1\n", "  timeout: 9\n  max_bad: 1\n"))
    assert few.to_yaml() == many.to_yaml()
    assert "label: kind" in few.to_yaml()
    assert few.dataset.path == f"{tmp_path}/t.csv"
    assert (few.dataset.workers, few.dataset.max_bad, many.dataset.timeout) == (1, 0.01, 9)


def test_plain_scalars_mean_what_the_schema_says(written):
    text = GOOD.replace("models.py:net", "models.py:net\n  arguments: {a: 1e-3, b: no, c: 3, d: '3', e: [true, null]}")
    loaded = config.load(written(text + "  classes: [no, 010, 12:30:00, 1e-3]\npreprocess: {scale: 1e-3}\n"))
    assert loaded.preprocess.scale == 0.001
    assert loaded.dataset.classes == ("no", "010", "12:30:00", "1e-3")
    assert loaded.model.arguments == {"a": 0.001, "b": "no", "c": 3, "d": "3", "e": [True, None]}


def test_the_resolved_text_reads_back_as_the_same_config(written, tmp_path):
    loaded = config.load(written(GOOD + "  classes: [no, 010]\nlayers: {every: 4}\n"))
    again = tmp_path / "again.yaml"
    again.write_text("output: cache/x.h5\n" + loaded.to_yaml())
    assert config.load(again) == loaded  # absolute paths stay as they are


MISTAKES = {
    "unknown key": (GOOD + "batch_sise: 3\n", r":8: batch_sise is not a key.* did you mean batch_size\?"),
    "unknown nested key": (GOOD.replace("weights", "wieghts"), r":4: model\.wieghts is not a key.* mean weights\?"),
    "unknown key of a dataset": (GOOD + "  label: x\n", r":8: dataset\.label is not a key.* did you mean labels\?"),
    "duplicate": (GOOD + "output: y\n", r":8: output is given twice \(first in line 1\)"),
    "missing": (GOOD.replace("output: cache/x.h5\n", ""), r":1: output is missing"),
    "missing in a section": (GOOD.replace("  images: images.gz\n", ""), r":5: dataset\.images is missing"),
    "unknown source": (GOOD.replace("idx", "idz"), r":5: dataset\.source is 'idz', but must be one of digits, idx"),
    "no source": (GOOD.replace("  source: idx\n", ""), r":5: dataset\.source is missing"),
    "source misspelt": (
        GOOD.replace("  source: idx", "  sorce: idx"),
        r":5: dataset\.source is missing; did.* by sorce\?",
    ),
    "not a number": (GOOD + "batch_size: many\n", r":8: batch_size is 'many'; it should be a whole number"),
    "a quotient": (
        GOOD + "preprocess: {scale: 1/255}\n",
        r":8: preprocess\.scale is '1/255'; it should be a number, written",
    ),
    "no list": (GOOD + "layers: {include: conv}\n", r":8: layers\.include is 'conv'; it should be a list in brackets"),
    "three of two": (GOOD + "preprocess: {size: [8, 8, 8]}\n", r":8: preprocess\.size is .*; it has too many entries"),
    "too large": (
        GOOD + "preprocess: {size: [20000, 20000]}\n",
        r":8: preprocess\.size: 20,000 × 20,000 pixels are more",
    ),
    "negative": (GOOD + "batch_size: -1\n", r":8: batch_size is '-1'; it should be greater than 0"),
    "a list item": (GOOD + "preprocess:\n  size: [28,\n    x]\n", r":10: preprocess\.size\.1 is 'x'"),
    "share": (
        GOOD.replace("idx", "folder").replace("images:", "max_bad: 2\n  path:"),
        r":7: dataset\.max_bad is '2'; it",
    ),
    "unknown key of a folder": (
        GOOD.replace("idx", "folder").replace("images:", "pth:"),
        r":7: dataset\.pth is not a key of a config; did you mean path\?",
    ),
    "zero std": (GOOD + "preprocess: {std: [1, 0]}\n", r":8: preprocess\.std: a standard deviation of 0"),
    "infinite": (GOOD + "preprocess: {scale: .inf}\n", r":8: preprocess\.scale is '\.inf'"),
    "target": (GOOD.replace("models.py:net", "models.py"), r":3: model\.target: 'models\.py' is neither"),
    "variable": (GOOD.replace("images.gz", "${NO_SUCH_NAME}/a"), r":7: dataset\.images: .*NO_SUCH_NAME is not set"),
    "nobody's home": (
        GOOD.replace("cache/x.h5", "~no_such_user/x"),
        r":1: output: nobody here is called 'no_such_user'",
    ),
    "zero byte": (GOOD.replace("images.gz", '"a\\0b"'), r":7: dataset\.images: 'a\\x00b' cannot be the name"),
    "section is a word": (GOOD + "layers: all\n", r":8: layers must hold keys and values"),
    "every 10^20": (GOOD + "layers: {every: 1" + 20 * "0" + "}\n", r":8: layers\.every is .* 10000$"),
    "alias": (GOOD + "layers: &a {every: 1}\n", r":8: anchors and aliases"),
    "tag": (GOOD + "device: !!python/name:os.system x\n", r":8: the tag .* is not allowed"),
    "deep": (GOOD + "device: " + "[" * 5000 + "]" * 5000, r":8: nested more than 32 deep"),
    "syntax": (GOOD + "device: [1\nseed: 2\n", r":\d+: not valid YAML"),
    "control character": (GOOD + "device: \x01", r"not valid YAML"),
    "empty": ("", r"is empty"),
    "a list": ("- 1\n", r":1: the config must hold keys and values"),
    "huge": ("a" * 1_000_001, r"larger than 1 MB"),
    "not text": (b"\x89HDF\r\n\x1a\n", r"not UTF-8"),
}


@pytest.mark.parametrize(("text", "message"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_one_sentence_with_its_place(written, text, message):
    path = written(text)
    with pytest.raises(ConfigError) as caught:
        config.load(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
    assert re.search(message, str(caught.value))


def test_a_missing_file(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere\.yaml cannot be read: No such file"):
        config.load(tmp_path / "nowhere.yaml")


def test_the_models_are_frozen(written):
    with pytest.raises(ValueError, match="frozen"):
        config.load(written(GOOD)).seed = 1
