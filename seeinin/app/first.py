"""The matrix goes first: what would hold its first picture up waits until that is on the screen."""

from collections.abc import Sequence

from PyQt6.QtCore import QObject, QTimer
from PyQt6.QtWidgets import QWidget

from seeinin.pool import POOL
from seeinin.views.matrix import MatrixView

PATIENCE = 2000  # ms that everything else waits; a window that is hidden draws nothing


class MatrixFirst(QObject):
    """Hides the other canvases, each with an OpenGL context to start, and holds back what the pool does *later*.

    That imports numba, which keeps Python's lock for half a second.
    """

    def __init__(self, matrix: MatrixView, others: Sequence[QWidget]) -> None:
        super().__init__()
        self.matrix, self.others, self.waits = matrix, others, True
        POOL.hold()
        for place in others:
            policy = place.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            place.setSizePolicy(policy)
            place.hide()
        matrix.canvas.events.draw.connect(self._drawn, position="last")
        QTimer.singleShot(PATIENCE, self.end)

    def end(self) -> None:
        """Let the others follow."""
        if self.waits:
            self.waits = False
            self.matrix.canvas.events.draw.disconnect(self._drawn)
            for place in self.others:
                place.show()
            POOL.release()

    def stop(self) -> None:
        """Nobody is left to follow."""
        self.waits = False

    def _drawn(self, _: object) -> None:
        if self.matrix.has_begun():
            QTimer.singleShot(0, self.end)  # Qt shows what has been drawn when this handler is over
