"""The command line as a user meets it: whole processes, their words and their exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
DIGITS = ROOT / "configs" / "digits.yaml"


def seeinin(*arguments, cwd=ROOT, env=None):
    command = [sys.executable, "-m", "seeinin", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    path = tmp_path_factory.mktemp("cli") / "some digits.h5"
    done = seeinin("precompute", DIGITS, "--limit", 100, "--output", path)
    assert done.returncode == 0, done.stderr
    assert str(path) in done.stdout
    return path


def refused(done, *words, code=2):
    """One sentence on stderr that names each of `words`; no traceback, nothing on stdout."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("seeinin: ")
    for word in words:
        assert str(word) in last
    return last


def test_info_says_what_is_in_the_file(cache):
    facts = json.loads(seeinin("info", cache, "--json").stdout)
    assert facts["images"] == 100
    assert facts["classes"] == [str(k) for k in range(10)]
    with h5py.File(cache) as file:
        groups = [file["layers"][name] for name in sorted(file["layers"])]
        for layer, group in zip(facts["layers"], groups, strict=True):
            assert layer["name"] == group.attrs["name"]
            assert layer["op"] == group.attrs["op"]
            assert layer["shape"] == list(group["maps"].shape[1:])
            assert layer["points"] == group["columns"].shape[1]
            size = group["maps"].size * group["maps"].dtype.itemsize
            assert layer["bytes"] >= 2 * size
    first = facts["layers"][0]
    assert first["receptive_field"] == {"size": 3, "stride": 1, "first": -1}
    table = seeinin("info", cache).stdout
    assert all(layer["name"] in table for layer in facts["layers"])


def test_a_plan_writes_nothing(tmp_path):
    done = seeinin("precompute", DIGITS, "--plan", "--output", tmp_path / "x.h5")
    assert done.returncode == 0, done.stderr
    for word in ("conv1", "20 × 8 × 8", "1,797", "feat"):
        assert word in done.stdout
    assert not list(tmp_path.iterdir())


def test_an_existing_cache_is_not_overwritten(cache):
    before = cache.read_bytes()
    refused(seeinin("precompute", DIGITS, "--limit", 100, "--output", cache), cache.name, "--overwrite")
    assert cache.read_bytes() == before
    assert [p.name for p in cache.parent.iterdir()] == [cache.name]


@pytest.mark.parametrize("command", ["info", "view", "verify"])
def test_what_is_not_a_cache_is_refused_in_words(command, tmp_path, cache):
    whole = cache.read_bytes()
    cases = {
        "missing.h5": None,
        "empty.h5": b"",
        "noise.h5": np.random.default_rng(0).bytes(5000),
        "text.h5": b"layers: [conv1]\n",
        "short.h5": whole[: len(whole) // 2],
    }
    for name, content in cases.items():
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        extra = ["--screenshot", tmp_path / "x.png"] if command == "view" else []
        refused(seeinin(command, path, *extra), name)
    assert not (tmp_path / "x.png").exists()


def test_another_hdf5_file_and_a_newer_version_are_told_apart(tmp_path, cache):
    other, newer = tmp_path / "other.h5", tmp_path / "newer.h5"
    with h5py.File(other, "w") as file:
        file["x"] = 1
    assert "not" in refused(seeinin("info", other), "other.h5")
    newer.write_bytes(cache.read_bytes())
    with h5py.File(newer, "r+") as file:
        file.attrs["version"] = 99
    refused(seeinin("info", newer), "newer.h5", "99")


def test_unknown_names_come_with_the_nearest_known_one(cache, tmp_path):
    picture = tmp_path / "x.png"
    refused(seeinin("view", cache, "--layer", "cnv1", "--screenshot", picture), "cnv1", "conv1")
    refused(seeinin("view", cache, "--select", "eight", "--screenshot", picture), "eight", "8")


def test_without_a_display_the_way_out_is_named(cache, without_display):
    refused(seeinin("view", cache, env=without_display), "display", "--screenshot")


def test_a_mistake_in_the_config_has_its_line_and_the_nearest_key(tmp_path):
    config = tmp_path / "my.yaml"
    config.write_text("output: cache/x.h5\nmodel:\n  sorce: torch\n")
    refused(seeinin("precompute", config), "my.yaml:3", "sorce", "source")
    refused(seeinin("precompute", tmp_path / "none.yaml"), "none.yaml")


def test_a_layer_that_the_network_lacks_is_said_with_the_config(tmp_path):
    config, text = tmp_path / "run.yaml", DIGITS.read_text()
    for name in ("models.py", "digits.safetensors"):
        text = text.replace(f": {name}", f": {DIGITS.parent / name}")
    config.write_text(text + "layers: {include: [conv9]}\n")
    done = seeinin("precompute", config, "--output", tmp_path / "x.h5")
    refused(done, f"seeinin: {config}: layers: ", "conv9", "did you mean 'conv2'")
    assert list(tmp_path.iterdir()) == [config]


def test_debug_shows_the_traceback(tmp_path):
    done = seeinin("info", tmp_path / "none.h5", "--debug")
    assert done.returncode != 0
    assert "Traceback" in done.stderr


def test_the_screenshot_is_a_picture_of_the_size_that_was_asked_for(cache, tmp_path, without_display):
    picture = tmp_path / "window.png"
    done = seeinin("view", cache, "--size", "1000x700", "--select", "3", "--screenshot", picture, env=without_display)
    assert done.returncode == 0, done.stderr
    header = picture.read_bytes()[:24]
    assert header[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(header[16:20]), int.from_bytes(header[20:24])) == (1000, 700)


def test_a_session_shows_again_what_was_saved(cache, tmp_path, without_display):
    picture, session = tmp_path / "window.png", tmp_path / "session.json"
    script = (
        "import sys, pathlib, seeinin\n"
        "from seeinin.state.session import save\n"
        "with seeinin.Viewer(sys.argv[1], (1000, 700)) as viewer:\n"
        "    viewer.show_layer('ip2'); viewer.select('4'); viewer.frame(1, 2)\n"
        "    viewer.picture(sys.argv[2]); save(viewer.state, pathlib.Path(sys.argv[3]))\n"
    )
    command = [sys.executable, "-c", script, cache, picture, session]
    subprocess.run(command, env=without_display, check=True, timeout=120)
    again = tmp_path / "again.png"
    done = seeinin(
        "view", cache, "--size", "1000x700", "--session", session, "--screenshot", again, env=without_display
    )
    assert done.returncode == 0, done.stderr
    assert again.read_bytes() == picture.read_bytes()
    session.write_text("{}")
    refused(seeinin("view", cache, "--session", session, "--screenshot", again, env=without_display), "session.json")


def test_usage_errors_are_argparse_s(cache):
    for arguments in (("view", cache, "--size", "big"), ("precompute", DIGITS, "--limit", "0"), ("nothing",)):
        done = seeinin(*arguments)
        assert done.returncode == 2
        assert "usage:" in done.stderr
