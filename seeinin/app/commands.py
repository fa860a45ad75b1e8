"""The actions as Qt has them: in menus, on the toolbar, with their keys, enabled and ticked as the state says."""

from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction, QKeySequence
from PyQt6.QtWidgets import QMenu, QMenuBar

from seeinin.app.action import Action
from seeinin.app.actions import actions
from seeinin.app.icons import icon
from seeinin.views.theme import Theme

if TYPE_CHECKING:
    from seeinin.app.window import Window

DECIDE = (  # what enabling and ticking depend on
    *(
        "view",
        "selection",
        "tool",
        "style",
        "drawn",
        "point_size",
        "link",
        "maps",
        "contrast",
        "gallery",
        "hidden",
        "slots",
        "legend",
        "upper",
        "opacity",
        "motion",
        "pick",
    ),
)


class Commands:
    """`made[text]` is the QAction of an action outside the submenus."""

    def __init__(self, window: "Window") -> None:
        self.window = window
        self.pairs = [(action, self._made(action)) for action in actions(window.state.cache)]
        self.made = {a.text: q for a, q in self.pairs if "/" not in a.menu}
        for name in DECIDE:
            getattr(window.state.events, name).connect(self.refresh)
        self.menus: dict[str, QMenu] = {}
        self._pointed = (False, False)
        for name in ("cell", "hover"):
            getattr(window.state.events, name).connect(self._point)
        self.refresh()

    def refresh(self, *_: object) -> None:
        state = self.window.state
        for action, made in self.pairs:
            made.setEnabled(action.ready(state))
            if action.on is not None:
                made.setChecked(action.on(state))

    def _point(self, *_: object) -> None:
        """What is done to what is under the cursor needs something there; the cursor moves too often for more."""
        pointed = self.window.state.cell is not None, self.window.state.hover is not None
        if pointed != self._pointed:
            self._pointed = pointed
            self.refresh()

    def of(self, menu: str) -> list[QAction]:
        """The actions of one menu, "Menu" or "Menu/Submenu"."""
        return [made for action, made in self.pairs if action.menu == menu]

    def fill(self, bar: QMenuBar) -> None:
        """Give each action its place in a menu; `menus` by their names."""
        for action, made in self.pairs:
            menu = self._menu(bar, self.menus, action.menu)
            if action.apart:
                menu.addSeparator()
            menu.addAction(made)

    def paint(self, theme: Theme) -> None:
        """Give the icons the theme's colour."""
        for action, made in self.pairs:
            if action.icon:
                made.setIcon(icon(action.icon, theme.text, theme.line))

    def _made(self, action: Action) -> QAction:
        made = QAction(action.text, self.window)
        made.setShortcuts([QKeySequence(key) for key in action.keys])
        made.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        made.setToolTip(tip_of(action))
        made.setCheckable(action.on is not None)
        made.setIconVisibleInMenu(False)
        made.triggered.connect(partial(self._run, action))
        self.window.addAction(made)
        return made

    def _run(self, action: Action, *_: object) -> None:
        action.do(self.window)
        self.refresh()  # Qt has ticked it by itself; what the state says counts

    def _menu(self, bar: QMenuBar, menus: dict[str, QMenu], path: str) -> QMenu:
        """The menu "Menu" or "Menu/Submenu", made where it is not there yet."""
        if path not in menus:
            parent, _, name = path.rpartition("/")
            made = self._menu(bar, menus, parent).addMenu(name) if parent else bar.addMenu(name)
            assert made is not None
            menus[path] = made
        return menus[path]


def tip_of(action: Action) -> str:
    """'Lasso (L): drag around points to select them'."""
    keys = f" ({', '.join(action.keys)})" if action.keys else ""
    return f"{action.text}{keys}" + (f": {action.tip}" if action.tip else "")
