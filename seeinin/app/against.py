"""What a selection is compared with, as a menu: all the rest, one of the first classes, or a selection that was kept.

Orders, the next best cell, the layers at which it parts and the feature maps' difference all follow this choice.
"""

from collections.abc import Callable
from functools import partial

from PyQt6.QtWidgets import QMenu

from seeinin.app.names import as_item
from seeinin.state.state import ViewerState
from seeinin.wording import plain

OFFERED = 10  # classes; the search finds all


class AgainstMenu:
    """Fills a menu with what there is now, and ticks what holds."""

    def __init__(self, state: ViewerState, menu: QMenu) -> None:
        self.state, self.menu = state, menu
        menu.aboutToShow.connect(self.refresh)  # not when an entry is chosen: Qt still holds what that would delete

    def refresh(self) -> None:
        state, now = self.state, self.state.against
        self.menu.clear()
        self._add("All the rest", now is None, partial(setattr, state, "against", None))
        self.menu.addSeparator()
        for number, name in enumerate(state.cache.classes[:OFFERED]):
            ticked = now is not None and now.name == name
            self._add(as_item(plain(name)), ticked, partial(state.compare_with_class, number))
        self.menu.addSeparator()
        for kept in state.kept:
            self._add(as_item(plain(kept.name)), now == kept, partial(setattr, state, "against", kept))

    def _add(self, text: str, ticked: bool, do: Callable[[], object]) -> None:
        action = self.menu.addAction(text)
        assert action is not None
        action.setCheckable(True)
        action.setChecked(ticked)
        action.triggered.connect(lambda _: do())
