"""Pictures of the window and its panels, at several times their size, with a caption."""

import subprocess
import sys

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QImage
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QDialog, QFileDialog

from seeinin.app.caption import MARGIN, caption_of, captioned
from seeinin.app.loop import Guard
from seeinin.app.saving import PictureDialog, draw
from seeinin.state.state import ViewerState
from seeinin.views.theme import DARK

RUN = [sys.executable, "-W", "error", "-m", "seeinin", "view"]


def test_a_panel_at_three_times_its_size_with_a_caption(cache_path, tmp_path, without_display):
    sizes = []
    for number, more in enumerate(([], ["--caption"])):
        path = tmp_path / f"{number}.png"
        command = [*RUN, cache_path, "--layer", "fc", "--size", "1000x700", "--panel", "matrix", "--screenshot", path]
        command += ["--theme", "light", "--columns", "300,400,298", "--scale", "3", *more]
        result = subprocess.run(command, env=without_display, capture_output=True, text=True, timeout=100, check=False)
        assert (result.returncode, result.stderr) == (0, "")
        image = QImage(str(path))
        assert image.pixelColor(3, 3).lightness() > 200
        sizes.append((image.width(), image.height()))
    assert sizes[0][0] == sizes[1][0] == 3 * 400
    assert sizes[1][1] >= sizes[0][1] + 3 * (2 * MARGIN + 10)


def test_the_caption_says_what_is_shown(state, cache):
    state.show_layer(1)
    assert state.inbox.run_until(lambda: state.view is not None)
    assert caption_of(state) == "small.h5 · layer fc, 6 channels · colour: class"
    state.select_class(1)
    state.hidden = frozenset({2})
    state.warp("log", (1,))
    count = int((cache.label == 1).sum())
    text = caption_of(state)
    for part in (f"{count} of 90 images selected, linked by place", "without frog", "axes: log"):
        assert part in text


def test_a_long_caption_takes_more_lines(qapp):
    image = QImage(300, 50, QImage.Format.Format_RGBA8888)
    image.fill(0)
    short, long = (captioned(image, text, DARK) for text in ("a", "many words " * 40))
    assert (short.width(), long.width()) == (300, 300)
    assert long.height() > short.height() + 60


def test_the_window_has_a_picture_drawn(window, tmp_path, qtbot, monkeypatch):
    path = tmp_path / "it.png"
    shown = []

    def accept(dialog):
        dialog.panel.setCurrentIndex(1)
        dialog.scale.setValue(2)
        dialog.caption.setChecked(True)
        shown.append(dialog.scale.suffix())
        return QDialog.DialogCode.Accepted

    monkeypatch.setattr(PictureDialog, "exec", accept)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(window.matrix.canvas.native, Qt.Key.Key_E, both)
    assert window.state.busy == "drawing it.png"
    qtbot.waitUntil(lambda: window.state.busy == "", timeout=60_000)
    width, height = window.places[0].width(), window.places[0].height()
    assert f"{2 * width:,} × {2 * height:,}" in shown[0]
    image = QImage(str(path))
    assert image.width() == 2 * width
    assert image.height() > 2 * height
    assert [p.name for p in tmp_path.iterdir()] == ["it.png"]


def test_what_cannot_be_written_is_said(window, tmp_path, qtbot):
    draw(window, tmp_path / "no folder" / "it.png", [])
    qtbot.waitUntil(lambda: window.state.busy == "" and window.report.isVisible(), timeout=60_000)
    assert window.report.sentence.text().startswith("cannot write")


@pytest.mark.parametrize(("key", "path"), [(Qt.Key.Key_S, "it.json"), (Qt.Key.Key_E, "it.csv")])
def test_a_file_that_cannot_be_written_is_a_sentence_and_leaves_nothing(
    window, tmp_path, qtbot, monkeypatch, key, path
):
    """The folder is not there; then the name is a folder's."""
    window.state.select_class(0)
    qtbot.waitUntil(window.settled, timeout=60_000)
    (tmp_path / path).mkdir()
    with Guard() as guard:
        guard.failed.connect(window.report.show_problem)
        for chosen in (tmp_path / "no folder" / path, tmp_path / path):
            monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, chosen=chosen: (str(chosen), ""))
            window.report.hide()
            QTest.keyClick(window.matrix.canvas.native, key, Qt.KeyboardModifier.ControlModifier)
            qtbot.waitUntil(lambda: window.report.isVisible() and not window.state.busy, timeout=60_000)
            assert window.report.sentence.text().startswith(f"cannot write {chosen}: ")
    assert [p.name for p in tmp_path.iterdir()] == [path]


def test_a_name_without_an_ending_gets_one(window, tmp_path, qtbot, monkeypatch):
    """Except where that is a file which Qt has not asked about."""
    names = ["plain", "with.JSON", "plain"]
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / names.pop(0)), ""))
    for there in (["plain.json"], ["plain.json", "with.JSON"], ["plain", "plain.json", "with.JSON"]):
        QTest.keyClick(window.matrix.canvas.native, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
        assert sorted(p.name for p in tmp_path.iterdir()) == there


def test_a_screenshot_where_a_folder_is(cache_path, tmp_path, without_display):
    command = [*RUN, cache_path, "--size", "600x500", "--screenshot", tmp_path]
    result = subprocess.run(command, env=without_display, capture_output=True, text=True, timeout=100, check=False)
    assert (result.returncode, result.stderr) == (1, f"seeinin: cannot write {tmp_path}: Is a directory\n")
    assert not [*tmp_path.iterdir(), *tmp_path.parent.glob("*.partial")]


def test_a_scale_beyond_eight_is_refused(cache_path, tmp_path, without_display):
    command = [*RUN, cache_path, "--scale", "9", "--screenshot", tmp_path / "x.png"]
    result = subprocess.run(command, env=without_display, capture_output=True, text=True, timeout=100, check=False)
    assert result.returncode == 2
    assert "1, 2" in result.stderr


@pytest.fixture
def state(cache):
    return ViewerState().attach(cache)
