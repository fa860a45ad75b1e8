"""Saving a picture: what of the window, how many pixels to a point, with or without a caption.

A process of its own draws it, from the session, as `seeinin view --screenshot` does: it has no screen whose pixels it
would be bound to.
"""

import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, get_args

from PyQt6.QtCore import QProcess
from PyQt6.QtWidgets import QCheckBox, QComboBox, QDialog, QDialogButtonBox, QFormLayout, QSpinBox

from seeinin.app.files import target
from seeinin.app.stage import SCALES, Panel
from seeinin.errors import DisplayError
from seeinin.state import session

if TYPE_CHECKING:
    from seeinin.app.window import Window

WORDS: dict[Panel, str] = {
    "window": "the whole window",
    "matrix": "the plots",
    "maps": "the feature maps",
    "overview": "the overview",
    "legend": "the legend",
    "image": "the image and what is said of it",
    "gallery": "the gallery",
}


class PictureDialog(QDialog):
    """Asks what is to be saved; `arguments()` are those of the command line."""

    def __init__(self, window: "Window") -> None:
        super().__init__(window)
        self.setWindowTitle("Save picture")
        self.panel, self.scale, self.caption = QComboBox(), QSpinBox(), QCheckBox("say below it what it shows")
        for name in get_args(Panel):
            if name in WORDS:
                self.panel.addItem(WORDS[name], name)
        self.scale.setRange(SCALES[0], SCALES[-1])
        self.scale.setValue(2)
        self.scale.setPrefix("× ")
        self.scale.valueChanged.connect(self._tell)
        self.panel.currentIndexChanged.connect(self._tell)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form = QFormLayout(self)
        for text, widget in (("Picture of", self.panel), ("Size", self.scale), ("Caption", self.caption)):
            form.addRow(text, widget)
        form.addRow(buttons)
        self.window_ = window
        self._tell()

    def arguments(self) -> list[str]:
        panel, scale = self.panel.currentData(), self.scale.value()
        return ["--panel", panel, "--scale", str(scale), *(["--caption"] if self.caption.isChecked() else [])]

    def _tell(self) -> None:
        """How many pixels that will be."""
        size = self.window_.panels()[self.panel.currentData()].size() * self.scale.value()
        self.scale.setSuffix(f"   ({size.width():,} × {size.height():,} pixels)")


def save_picture(window: "Window") -> None:
    """Ask what and where, and have it drawn."""
    asked = PictureDialog(window)
    if asked.exec() and (path := target(window, "Save picture", "seeinin.png", "Pictures (*.png)")):
        draw(window, path, asked.arguments())


def draw(window: "Window", path: Path, arguments: list[str]) -> QProcess:
    """Start the process that draws; what it complains of is said in the window."""
    folder = TemporaryDirectory(prefix="seeinin-")
    saved = Path(folder.name) / "session.json"
    session.save(window.state, saved)
    size, columns = f"{window.width()}x{window.height()}", ",".join(map(str, window.splitter.sizes()))
    look = ["--size", size, "--columns", columns, "--theme", "dark" if window.theme.dark else "light"]
    child = QProcess(window)
    child.finished.connect(partial(_finished, window, child, folder, path))
    view = ["-m", "seeinin", "view", str(window.state.cache.path), "--session", str(saved)]
    window.state.busy = f"drawing {path.name}"
    child.start(sys.executable, [*view, *look, *arguments, "--screenshot", str(path)])
    return child


def _finished(
    window: "Window", child: QProcess, folder: "TemporaryDirectory[str]", path: Path, code: int, *_: object
) -> None:
    folder.cleanup()
    window.state.busy = ""
    said = (
        bytes(child.readAllStandardError().data())
        .decode("utf-8", "replace")
        .strip()
        .rpartition("\n")[2]
        .removeprefix("seeinin: ")
    )
    if code:
        window.report.show_problem(DisplayError(said or f"{path} could not be drawn"))
