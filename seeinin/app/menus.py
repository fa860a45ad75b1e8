"""Right-click menus: for each panel what can be done there, with the keys beside the actions."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QMenu, QWidget

from seeinin.app.axes import ALL, TRIANGLE, UNDER, WORDS
from seeinin.app.classes import MENU as LEGEND
from seeinin.app.galleries import MENU as GALLERY
from seeinin.app.names import as_item
from seeinin.app.pointed import NEAREST, ORDER
from seeinin.state.selection import How
from seeinin.state.slots import SLOTS, colour_of
from seeinin.wording import plain

if TYPE_CHECKING:
    from seeinin.app.window import Window

RULE = ""
MATRIX = (
    *("Open this plot", "Select its class", NEAREST, RULE),
    *("Pin its channels", "Colour by its channel", "Gallery by its channel", UNDER, ORDER, "Next best cell", RULE),
    *("Hide its class", "Show only its class", "Show all classes", RULE),
    *("Copy image", "Copy the plots", "Save picture…", RULE, "Frame selection", "Fit", "Back"),
)
OVERVIEW = ("Fit", "Frame selection", RULE, "Back", "Forward", RULE, ORDER, ALL, TRIANGLE, "Density")
AXIS = (RULE, ALL, ORDER)
MAPS = (RULE, "Maps: selection − rest", "Maps: scale each channel", RULE, "Copy image")
IMAGES = (RULE, GALLERY, RULE, "Select its class", "Hide its class", "Show only its class", RULE, "Copy image")
CLASSES = (RULE, LEGEND, "Show all classes")
KEPT = (RULE, "Keep as…", "Undo")
WHAT: dict[How, str] = {"replace": "Select", "add": "Add", "subtract": "Subtract", "intersect": "Keep only"}
MODIFIERS: dict[How, str] = {"replace": "", "add": "Shift+", "subtract": "Ctrl+", "intersect": "Ctrl+Shift+"}


class Own(NamedTuple):
    """An entry of one menu alone. `keys` are said, and belong to an action of the table."""

    text: str
    do: Callable[[], object]
    keys: str = ""


class PanelMenus:
    """Listens for the right button on every panel; `shown` is the last menu."""

    def __init__(self, window: "Window") -> None:
        self.window = window
        self.shown: QMenu | None = None
        matrix, overview, maps = window.places
        for panel, show in (
            (matrix, self._on_matrix),
            (overview, self._on_overview),
            (maps, self._on_maps),
            (window.gallery, self._on_gallery),
            (window.legend, self._on_legend),
            (window.sidebar.kept.list, self._on_kept),
        ):
            panel.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            panel.customContextMenuRequested.connect(show)

    def _on_matrix(self, at: QPoint) -> None:
        window = self.window
        channel = window.matrix.steering.axis_at(at.x(), at.y())
        if channel is not None:
            own = [Own(words, partial(window.state.warp, kind, (channel,))) for kind, words in WORDS.items()]
            own += [
                Own("Reset", partial(window.state.reset_range, channel), "double-click"),
                Own("Pin", partial(window.arranging.pin, channel)),
            ]
            self._show(window.places[0], at, f"channel {channel}", own, AXIS)
        elif window.matrix.hands.gesture is None:
            window.matrix.hits.hover_at(at.x(), at.y())
            cell = window.state.cell
            title = "" if cell is None else f"channel {cell.column}"
            title += "" if cell is None or cell.row == cell.column else f" × {cell.row}"
            self._show(window.places[0], at, title, (), MATRIX)

    def _on_overview(self, at: QPoint) -> None:
        self._show(self.window.places[1], at, "", (), OVERVIEW)

    def _on_maps(self, at: QPoint) -> None:
        window, maps = self.window, self.window.maps
        maps.hover_at(at.x(), at.y())
        own, title = [], ""
        if maps.under is not None and maps.under[0] >= 0:
            number, spot = maps.under
            title = plain(window.state.cache.layers[number].name)
            own.append(Own("Make it the active layer", partial(window.state.show_layer, number)))
            if spot is not None:
                title += f" · channel {spot.channel}"
                own.append(Own("Go to this channel", partial(maps.click_at, at.x(), at.y())))
        self._show(window.places[2], at, title, own, MAPS)

    def _on_gallery(self, at: QPoint) -> None:
        window, gallery = self.window, self.window.gallery
        gallery.go_over(gallery.place_at(QPointF(at)))
        own, title = [], ""
        if (hover := window.state.hover) is not None:
            image = window.state.image_of(hover)
            title = f"image #{window.state.cache.index[image]}"
            mask = np.arange(window.state.cache.images) == image
            own = [Own("Keep in the details", partial(setattr, window.state, "pick", hover))]
            own += [Own(WHAT[how], partial(window.state.select_images, mask, how)) for how in WHAT]
        self._show(gallery.port, at, title, own, IMAGES)

    def _on_legend(self, at: QPoint) -> None:
        window, legend = self.window, self.window.legend
        number = legend.class_at(at)
        own, title = [], ""
        if number is not None:
            title = legend.classes.names[number]
            digit = colour_of(window.state.slots, number)  # of up to ten classes their number
            for how, words in WHAT.items():
                keys = f"{MODIFIERS[how]}{digit}" if digit < SLOTS else ""
                own.append(Own(words, partial(window.state.select_class, number, how), keys))
            eye = "Show" if number in window.state.hidden else "Hide"
            own.append(Own(eye, partial(setattr, window.state, "hidden", window.state.hidden ^ {number})))
            own.append(Own("Show only this", partial(window.state.solo, number)))
        self._show(legend, at, title, own, CLASSES)

    def _on_kept(self, at: QPoint) -> None:
        state, panel = self.window.state, self.window.sidebar.kept.list
        own, title = [], ""
        if (kept := panel.kept_at(at)) is not None:
            title = plain(kept.name)
            own = [Own(words, partial(state.recall, kept.name, how)) for how, words in WHAT.items()]
            own.append(Own("Compare the selection with it", partial(setattr, state, "against", kept)))
            own.append(Own("Forget", partial(state.forget, kept.name)))
        self._show(panel, at, title, own, KEPT)

    def _show(self, panel: QWidget, at: QPoint, title: str, own: Sequence[Own], shared: Sequence[str]) -> None:
        menu = self.shown = QMenu(self.window)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if title:
            heading = menu.addAction(as_item(title))
            assert heading is not None
            heading.setEnabled(False)
            menu.addSeparator()
        for entry in own:
            action = QAction(as_item(entry.text) + (f"\t{entry.keys}" if entry.keys else ""), menu)
            action.triggered.connect(lambda _, do=entry.do: do())
            menu.addAction(action)
        for name in shared:
            self._add(menu, name)
        menu.popup(panel.mapToGlobal(at))

    def _add(self, menu: QMenu, name: str) -> None:
        """An action of the table, a menu of the menu bar, or a rule."""
        commands = self.window.commands
        if name == RULE:
            menu.addSeparator()
        elif name in commands.menus:
            menu.addMenu(commands.menus[name])
        else:
            menu.addAction(commands.made[name])
