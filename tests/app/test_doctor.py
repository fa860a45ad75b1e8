"""`seeinin doctor`: what it says of this machine, and of machines that lack something."""

import importlib.metadata
import subprocess
import sys

import pytest

from seeinin.app import doctor


@pytest.fixture
def requires(monkeypatch):
    """Let the program require these distributions."""

    def set_(*names):
        monkeypatch.setattr(doctor.metadata, "requires", lambda _: [*names, 'ruff>=9; extra == "test"'])
        return [check() for check in doctor._packages()]

    return set_


def test_the_command(as_user):
    command = [sys.executable, "-m", "seeinin", "doctor"]
    done = subprocess.run(command, env=as_user, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    for word in ("Python", "torch", "h5py", "PyQt6", "OpenGL without a window", "disk here", "memory", "device"):
        assert word in done.stdout
    assert done.stdout.endswith("All is well.\n")


def test_what_is_missing_is_at_the_end(monkeypatch, tmp_path):
    monkeypatch.delenv("DISPLAY")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(doctor, "_packages", lambda: iter(()))
    monkeypatch.setattr(doctor, "DEVICE", "print('none')")
    report, well = doctor.examine()
    assert not well
    assert "\nMEND  window" in report
    assert report.splitlines()[-1].startswith("  window: there is no display here (DISPLAY is not set)")


def test_packages(requires, monkeypatch):
    numpy = importlib.metadata.version("numpy")
    assert requires("numpy>=1.0") == [("numpy", numpy, "")]
    assert requires("no-such-thing>=1.0") == [("no-such-thing", "is not installed", "pip install 'no-such-thing>=1.0'")]
    assert requires("numpy>=99") == [("numpy", f"{numpy}, and 99 is needed", "pip install 'numpy>=99'")]
    monkeypatch.setitem(doctor.MODULES, "numpy", "numpy.no_such_part")
    (found,) = requires("numpy>=1.0")
    assert found.text == f"{numpy}, which cannot be imported: No module named 'numpy.no_such_part'"
    assert found.mend == "pip install 'numpy>=1.0' --force-reinstall"


def test_an_extra_is_not_missed(monkeypatch):
    def version(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(doctor.metadata, "version", version)
    found = doctor._onnx()
    assert found.mend == ""
    assert found.text.endswith("pip install 'seeinin[onnx]'")


def test_every_requirement_is_examined():
    assert len(list(doctor._packages())) == sum("extra ==" not in r for r in importlib.metadata.requires("seeinin"))


def test_what_crashes_or_hangs_is_a_line(monkeypatch):
    assert doctor._asked("import os; os.abort()") == (True, "its process is ended by SIGABRT")
    assert doctor._asked("print(1); raise OSError('no disk')") == (True, "no disk")
    assert doctor._asked("print(1); print(2)") == (False, "2")
    monkeypatch.setattr(doctor, "PATIENCE", 0.5)
    assert doctor._asked("while True: pass") == (True, "gives no answer within 0.5 seconds")


def test_little_room(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "SPARE", 1 << 60)
    assert doctor._disk().mend.startswith("make room")
    assert doctor._memory().mend == "end other programs"
    monkeypatch.setattr(doctor, "SHARED", 1 << 60)
    assert "--shm-size" in doctor._shared_memory().mend
