"""The toolbar: groups of actions and widgets with a rule between them."""

from collections.abc import Iterable

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QAction, QResizeEvent
from PyQt6.QtWidgets import QFrame, QToolBar, QToolButton, QWidget

from seeinin.app.icons import SIDE

WORDY = 1100  # px of the toolbar, from which on its tools have room for their names


class Toolbar(QToolBar):
    """Stays where it is; what it holds is in the menus too."""

    def __init__(self, tools: Iterable[QAction]) -> None:
        super().__init__("Tools")
        self.setMovable(False)
        self.setIconSize(QSize(SIDE, SIDE))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.tools = list(tools)
        self.addActions(self.tools)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """In a narrow window the tools leave their words to the tool tips."""
        super().resizeEvent(event)
        style = (
            Qt.ToolButtonStyle.ToolButtonTextBesideIcon
            if self.width() >= WORDY
            else Qt.ToolButtonStyle.ToolButtonIconOnly
        )
        for tool in self.tools:
            button = self.widgetForAction(tool)
            if isinstance(button, QToolButton):
                button.setToolButtonStyle(style)

    def add_actions(self, actions: Iterable[QAction], *, bare: bool = False) -> None:
        """`bare`: without their words, which the tool tip says."""
        self._add_rule()
        for action in actions:
            self.addAction(action)
            button = self.widgetForAction(action)
            if bare and isinstance(button, QToolButton):
                button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)

    def add_widgets(self, *widgets: QWidget) -> None:
        self._add_rule()
        for widget in widgets:
            self.addWidget(widget)

    def _add_rule(self) -> None:
        rule = QFrame()
        rule.setObjectName("rule")
        rule.setFixedWidth(11)
        self.addWidget(rule)
