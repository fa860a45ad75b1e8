"""What went wrong, said under the plots while the window goes on."""

from collections.abc import Callable
from traceback import format_exception

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPlainTextEdit, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from seeinin.errors import SeeInInError
from seeinin.wording import plain

TALLEST = 160  # px of the details
LONGEST = 600  # characters of a sentence


class Report(QFrame):
    """Hidden until there is a problem, and again when it is closed. `again` is called to try what has failed."""

    def __init__(self, again: Callable[[], object]) -> None:
        super().__init__()
        self.again = again
        self.times = 0
        self.setObjectName("report")
        self.sentence, self.details = QLabel(), QPlainTextEdit()
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.sentence.setWordWrap(True)
        self.sentence.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.details.setReadOnly(True)
        self.details.setMaximumHeight(TALLEST)
        self.more, self.retry, self.done = (_button(text) for text in ("Details", "Try again", "Close"))
        self.more.setCheckable(True)
        self.more.toggled.connect(self.details.setVisible)
        self.retry.clicked.connect(self._try_again)
        self.done.clicked.connect(self.hide)
        self._lay_out()
        self.details.hide()
        self.hide()

    def show_problem(self, error: BaseException) -> None:
        """Say it; the same again only counts."""
        known = isinstance(error, SeeInInError)
        said = str(error) if known else f"Something went wrong, and the window goes on. {type(error).__name__}: {error}"
        self.times = self.times + 1 if self.isVisible() and said == self.toolTip() else 1
        self.setToolTip(said)
        count = f"  ({self.times} times)" if self.times > 1 else ""
        self.sentence.setText(plain(said, LONGEST) + count)
        self.details.setPlainText("" if known else "".join(format_exception(error)))
        self.more.setVisible(not known)
        self.more.setChecked(False)
        self.show()

    def _try_again(self) -> None:
        self.hide()
        self.again()

    def _lay_out(self) -> None:
        down = QVBoxLayout(self)
        down.setContentsMargins(12, 5, 8, 5)
        down.setSpacing(5)
        line = QHBoxLayout()
        line.setSpacing(6)
        line.addWidget(self.sentence, 1)
        for button in (self.more, self.retry, self.done):
            line.addWidget(button, alignment=Qt.AlignmentFlag.AlignTop)
        down.addLayout(line)
        down.addWidget(self.details)


def _button(text: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


def below(panel: QWidget, report: Report) -> QWidget:
    """A panel with its report under it."""
    both = QWidget()
    down = QVBoxLayout(both)
    down.setContentsMargins(0, 0, 0, 0)
    down.setSpacing(0)
    down.addWidget(panel, 1)
    down.addWidget(report)
    return both
