"""The left column: what stands in it shares its height, and nothing pushes another out."""

from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QKeyEvent, QResizeEvent
from PyQt6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from seeinin.app.classes import LegendHeading
from seeinin.app.details import Details
from seeinin.app.enlarged import SIDE
from seeinin.app.galleries import GalleryHeading
from seeinin.app.gallery import Gallery
from seeinin.app.headings import Heading
from seeinin.app.keptlist import KeptPanel
from seeinin.app.legend import Legend

if TYPE_CHECKING:
    from seeinin.app.commands import Commands

OVERVIEW = 0.2  # of the column's height, at least
LOWEST = 90  # px of it, with which the window can still be made lower
SLIM = 240  # px of width, below which words need the room beside the image
IMAGE = (0.4, 0.2)  # of the column's width and height that the image under the cursor has at most
ROWS = 10  # of the legend, that it keeps from the overview
LEAST = 3  # rows of it, however low the window
MANY = 24  # classes from which on the legend can be searched


class Sidebar(QWidget):
    """The overview is square where there is height for it; the legend scrolls when it has more rows than room."""

    def __init__(
        self, overview: QWidget, legend: Legend, details: Details, gallery: Gallery, commands: "Commands"
    ) -> None:
        super().__init__()
        self.overview, self.legend, self.details = overview, legend, details
        self.over, self.classes = Heading("Overview"), LegendHeading(legend, commands)
        self.gallery_heading = GalleryHeading(gallery, commands)
        self.finder = Finder(legend)
        self.finder.setVisible(len(legend.classes.names) >= MANY)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 8)
        column.setSpacing(6)
        for part in (self.over, overview):
            column.addWidget(part)
        column.addSpacing(8)
        for part in (self.classes, self.finder):
            column.addWidget(part)
        column.addWidget(legend, 3)
        column.addSpacing(8)
        column.addWidget(details)
        column.addSpacing(8)
        column.addWidget(self.gallery_heading)
        column.addWidget(gallery, 1)
        self.kept = KeptPanel(legend.viewer)
        column.addWidget(self.kept)
        if not legend.classes.names:
            legend.hide()

    def show_counts(self, selected: np.ndarray | None) -> None:
        """`selected` (K): images of each class that the selection touches; None without a selection."""
        self.legend.show_counts(selected)
        counts = "" if selected is None else "selected / total"
        self.classes.set_note(counts if self.legend.classes.names else "the images have no labels")

    def minimumSizeHint(self) -> QSize:
        """With the overview and the image as low as they can be: they follow the window, and must not hold it up."""
        tall, lines = self.details.enlarged.side, self.details.lines.sizeHint().height()
        spare = self.overview.minimumHeight() - LOWEST + max(tall - max(SIDE, lines), 0)
        return super().minimumSizeHint() - QSize(0, max(spare, 0))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        room = min(self.width() * IMAGE[0], self.height() * IMAGE[1])
        self.details.enlarged.resize_to(int(room if self.width() < SLIM else max(room, SIDE)))
        width = self.overview.width()
        wish = min(self.legend.rows_high(), ROWS * self.legend.row_height())
        rest = self.height() - super().minimumSizeHint().height() + self.overview.minimumHeight() - wish
        self.overview.setFixedHeight(min(max(rest, int(self.height() * OVERVIEW)), width))
        super().resizeEvent(event)
        self.legend.setMaximumHeight(max(self.legend.rows_high(), 40))
        self.legend.setMinimumHeight(min(self.legend.rows_high(), LEAST * self.legend.row_height() + 2))


class Finder(QLineEdit):
    """Finds classes by their name; Esc ends the search."""

    def __init__(self, legend: Legend) -> None:
        super().__init__()
        self.setPlaceholderText("find a class")
        self.setClearButtonEnabled(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.textChanged.connect(legend.search)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return):
            if event.key() == Qt.Key.Key_Escape:
                self.clear()
            self.clearFocus()
        else:
            super().keyPressEvent(event)
