"""The table of actions: menus, toolbar, keys and the screen of all keys are built from it."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, cast

import numpy as np

from seeinin.app import files
from seeinin.app.action import Action, always
from seeinin.app.asks import ASKS
from seeinin.app.axes import AXES
from seeinin.app.classes import CLASSES
from seeinin.app.galleries import GALLERY
from seeinin.app.layers import shape_of
from seeinin.app.names import as_item
from seeinin.app.pointed import POINTED
from seeinin.app.saving import save_picture
from seeinin.app.status import switch_link
from seeinin.state.named import Tool
from seeinin.state.selection import How
from seeinin.state.slots import SLOTS
from seeinin.state.state import ViewerState
from seeinin.store.reader import Cache
from seeinin.wording import plain

if TYPE_CHECKING:
    from seeinin.app.window import Window

SIZES = (1.0, 12.0)  # px of a point
STEP = 0.5
OPACITIES = (0.05, 1.0)
OPACITY = 0.05
MENUS = ("File", "Edit", "View", "Select", "Layer", "Ask", "Help")


def actions(cache: Cache) -> list[Action]:
    """Everything that the window of a cache can do, in the order of its menus."""
    every = [*_FIXED, *POINTED, *AXES, *CLASSES, *GALLERY, *ASKS, *_classes(cache), *_layers(cache)]
    return sorted(every, key=lambda a: MENUS.index(a.menu.partition("/")[0]))


def _many_cells(state: ViewerState) -> bool:
    return state.view is not None and len(state.view.rows) > 1


def _selected(state: ViewerState) -> bool:
    return state.selection is not None


def _tool(name: str, text: str, key: str, tip: str, *, apart: bool = False) -> Action:
    def choose(window: "Window") -> None:
        window.state.tool = cast("Tool", name)

    return Action("Select", text, (key,), tip, choose, on=lambda s: s.tool == name, icon=name, apart=apart)


def _is_density(state: ViewerState) -> bool:
    """As chosen, or as the layer asks for where nothing was."""
    if state.style != "auto" or state.drawn is None:
        return state.style == "density"
    return state.drawn.style == "density" and not state.drawn.correlated


def _resize(amount: float, window: "Window") -> None:
    low, high = SIZES
    window.state.point_size = min(max(window.state.point_size + amount, low), high)


def _fade(amount: float, window: "Window") -> None:
    low, high = OPACITIES
    window.state.opacity = min(max(window.state.opacity + amount, low), high)


def _layer(step: int, window: "Window") -> None:
    if window.state.view is not None:
        window.state.show_layer(window.state.view.layer + step)


def _has_layer(step: int, state: ViewerState) -> bool:
    return state.view is not None and 0 <= state.view.layer + step < len(state.cache.layers)


def _step(rows: int, columns: int, window: "Window") -> None:
    window.matrix.steering.step(rows, columns)


def _back(window: "Window") -> None:
    window.state.back()


def _forward(window: "Window") -> None:
    window.state.forward()


def _switch_maps(window: "Window") -> None:
    window.state.maps = "average" if window.state.maps == "difference" else "difference"


def _switch_contrast(window: "Window") -> None:
    window.state.contrast = "layer" if window.state.contrast == "channel" else "channel"


def _switch_motion(window: "Window") -> None:
    window.state.motion = not window.state.motion


def _alone(window: "Window") -> None:
    window.show_alone(alone=not window.sidebar.isHidden())


def _all(window: "Window") -> None:
    window.state.select_images(np.ones(window.state.cache.images, bool))


def _escape(window: "Window") -> None:
    """Take back the gesture under way; without one the pick, and without one the selection."""
    if window.matrix.hands.cancel():
        return
    if window.state.pick is not None:
        window.state.pick = None
    else:
        window.state.clear()


def _classes(cache: Cache) -> Iterator[Action]:
    """The first classes by their keys, with the modifiers that mean the same everywhere; of many classes those that
    have a colour."""
    many = len(cache.classes) > SLOTS
    names = [f"The one in colour {k}" for k in range(SLOTS)] if many else [as_item(plain(n)) for n in cache.classes]
    for menu, how, modifier in (
        ("Select class", "replace", ""),
        ("Add class", "add", "Shift+"),
        ("Subtract class", "subtract", "Ctrl+"),
        ("Keep only class", "intersect", "Ctrl+Shift+"),
    ):
        for number, name in enumerate(names):
            do, ready = partial(_class, number, cast("How", how)), partial(_in_slot, number) if many else always
            yield Action("Select/" + menu, name, (f"{modifier}{number}",), "", do, ready)


def _class(number: int, how: How, window: "Window") -> None:
    """Up to ten classes by their number, of more the one in the slot of that number."""
    slots = window.state.slots
    chosen = number if len(window.state.cache.classes) <= SLOTS else slots[number]
    if chosen is not None:
        window.state.select_class(chosen, how)


def _in_slot(number: int, state: ViewerState) -> bool:
    return state.slots[number] is not None


def _layers(cache: Cache) -> Iterator[Action]:
    for layer in cache.layers:
        yield Action(
            "Layer",
            as_item(f"{plain(layer.name)} · {shape_of(layer)}"),
            (),
            "",
            partial(_show_layer, layer.number),
            on=partial(_shows_layer, layer.number),
            apart=layer.number == 0,
        )


def _show_layer(number: int, window: "Window") -> None:
    window.state.show_layer(number)


def _shows_layer(number: int, state: ViewerState) -> bool:
    return state.view is not None and state.view.layer == number


_FIXED = (
    Action("File", "Open session…", ("Ctrl+O",), "Look again at what was saved", files.open_session),
    Action("File", "Save session…", ("Ctrl+S",), "Layer, camera, selections and looks", files.save_session),
    Action(
        "File",
        "Export selection…",
        ("Ctrl+E",),
        "The selected points of the active layer as a CSV table",
        files.export_selection,
        _selected,
        apart=True,
    ),
    Action(
        "File",
        "Save picture…",
        ("Ctrl+Shift+E",),
        "The window or one of its panels as a PNG, at 1 to 8 times its size, with a caption on request",
        save_picture,
    ),
    Action("File", "Close", ("Ctrl+W", "Ctrl+Q"), "Close the window", lambda w: w.close(), apart=True),
    Action(
        "Edit", "Search…", ("Ctrl+F",), "Any action, layer, class or named selection by its name", lambda w: w.search()
    ),
    Action(
        "Edit",
        "Undo",
        ("Ctrl+Z",),
        "Back to the selection before",
        lambda w: w.state.undo(),
        lambda s: s.can_undo,
        icon="undo",
        apart=True,
    ),
    Action(
        "Edit",
        "Redo",
        ("Ctrl+Shift+Z",),
        "To the selection that was undone",
        lambda w: w.state.redo(),
        lambda s: s.can_redo,
        icon="redo",
    ),
    Action("View", "Fit", ("Home", "H"), "Show the whole matrix", lambda w: w.matrix.steering.fit(), icon="fit"),
    Action(
        "View",
        "Frame selection",
        ("F",),
        "Fill the view with the selected points",
        lambda w: w.matrix.steering.frame_selection(),
        _selected,
    ),
    Action("View", "Back", ("Alt+Left",), "To the view before", _back, lambda s: s.can_go_back, apart=True),
    Action("View", "Forward", ("Alt+Right",), "To the view that Back left", _forward, lambda s: s.can_go_forward),
    Action("View", "Cell to the left", ("Left",), "", partial(_step, 0, -1), _many_cells, apart=True),
    Action("View", "Cell to the right", ("Right",), "", partial(_step, 0, 1), _many_cells),
    Action("View", "Cell above", ("Up",), "", partial(_step, -1, 0), _many_cells),
    Action("View", "Cell below", ("Down",), "", partial(_step, 1, 0), _many_cells),
    Action(
        "View",
        "Density",
        ("D",),
        "Colour each pixel by how many points it has, instead of drawing the points",
        lambda w: w.state.toggle_style(),
        on=_is_density,
        icon="points",
        apart=True,
    ),
    Action("View", "Next colouring", ("C",), "What the colours of the points mean", lambda w: w.channels.next_colour()),
    Action(
        "View",
        "Next best cell",
        ("N",),
        "The plot in which the selection can best be told from the rest, then the next best",
        lambda w: w.arranging.next_cell(),
        _selected,
    ),
    Action("View", "Larger points", ("+", "="), "", partial(_resize, STEP), lambda s: s.point_size < SIZES[1]),
    Action("View", "Smaller points", ("-",), "", partial(_resize, -STEP), lambda s: s.point_size > SIZES[0]),
    Action("View", "More opaque", ("]",), "", partial(_fade, OPACITY), lambda s: s.opacity < OPACITIES[1]),
    Action("View", "Fainter", ("[",), "", partial(_fade, -OPACITY), lambda s: s.opacity > OPACITIES[0]),
    Action(
        "View",
        "Maps: selection − rest",
        (),
        "Feature maps of what is selected less those of what it is compared with, in standard deviations",
        _switch_maps,
        on=lambda s: s.maps == "difference",
        apart=True,
    ),
    Action(
        "View",
        "Maps: scale each channel",
        (),
        "Scale every feature map by itself, and not all of a layer alike",
        _switch_contrast,
        on=lambda s: s.contrast == "channel",
    ),
    Action(
        "View",
        "Animate moves",
        (),
        "Let the picture glide to a far place, so that the eye can follow",
        _switch_motion,
        on=lambda s: s.motion,
        apart=True,
    ),
    Action(
        "View", "Plots alone", ("F9",), "Put the columns at both sides away, or bring them back", _alone, apart=True
    ),
    Action("View", "Dark or light", (), "Change the colours of the window", lambda w: w.switch_theme()),
    _tool("pan", "Pan", "G", "Drag moves the matrix; Shift-drag selects with a lasso"),
    _tool("lasso", "Lasso", "L", "Drag around points to select them"),
    _tool("rectangle", "Rectangle", "R", "Drag from corner to corner to select points"),
    _tool("brush", "Brush", "B", "Drag over points to select them"),
    Action("Select", "All", ("Ctrl+A",), "Every image", _all, apart=True),
    Action("Select", "Invert", ("Ctrl+I",), "What is not selected", lambda w: w.state.invert()),
    Action("Select", "Clear", (), "Select nothing", lambda w: w.state.clear(), _selected),
    Action("Select", "Keep as…", ("Ctrl+K",), "Give the selection a name", files.keep_selection, _selected),
    Action("Select", "Step back", ("Esc",), "Take back the gesture, then the pick, then the selection", _escape),
    Action(
        "Select",
        "Link whole images",
        (),
        "Other layers show every point of an image that is touched, not only those at the same place",
        lambda w: switch_link(w.state),
        on=lambda s: s.link == "image",
        apart=True,
    ),
    Action("Layer", "Next layer", ("PgDown", "Alt+Down"), "", partial(_layer, 1), partial(_has_layer, 1)),
    Action("Layer", "Previous layer", ("PgUp", "Alt+Up"), "", partial(_layer, -1), partial(_has_layer, -1)),
    Action(
        "Help", "All keys", ("F1", "?"), "Everything that mouse and keys do, on one screen", lambda w: w.show_keys()
    ),
)
