"""The selections that have names, as a menu: recall one, combined by the modifiers that mean the same
everywhere, or forget it."""

from functools import partial

from PyQt6.QtWidgets import QApplication, QMenu

from seeinin.app.legend import how_of
from seeinin.app.names import as_item
from seeinin.state.state import ViewerState
from seeinin.wording import plain


class KeptMenu:
    """Fills a menu with what the state has kept."""

    def __init__(self, state: ViewerState, menu: QMenu) -> None:
        self.state, self.menu = state, menu
        state.events.kept.connect(self.refresh)
        self.refresh()

    def refresh(self, *_: object) -> None:
        self.menu.clear()
        self.menu.menuAction().setEnabled(bool(self.state.kept))  # type: ignore[union-attr]  # a menu always has one
        for kept in self.state.kept:
            action = self.menu.addAction(as_item(f"{plain(kept.name)} · {kept.selection.count:,}"))
            assert action is not None
            action.setToolTip("Shift adds, Ctrl subtracts, both intersect")
            action.triggered.connect(partial(self._recall, kept.name))

        if self.state.kept:
            self.menu.addSeparator()
            forget = self.menu.addMenu("Forget")
            assert forget is not None
            for kept in self.state.kept:
                action = forget.addAction(as_item(plain(kept.name)))
                assert action is not None
                action.triggered.connect(partial(self._forget, kept.name))

    def _forget(self, name: str, *_: object) -> None:
        self.state.forget(name)

    def _recall(self, name: str, *_: object) -> None:
        self.state.recall(name, how_of(QApplication.keyboardModifiers()))
