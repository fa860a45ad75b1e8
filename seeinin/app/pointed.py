"""Actions on what is under the cursor: its place, its plot, its channels, its image, its class."""

from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtWidgets import QApplication, QInputDialog

from seeinin.app.action import Action
from seeinin.app.images import image_of
from seeinin.errors import DataError
from seeinin.state.arranging import ORDERS
from seeinin.state.colouring import ColourBy
from seeinin.state.gallery import GalleryBy
from seeinin.state.questions import Order
from seeinin.state.state import ViewerState

if TYPE_CHECKING:
    from seeinin.app.window import Window

NEAREST = "Select/Nearest here"
ORDER = "Layer/Order of the channels"
FIRST = 100  # that are offered when another number is asked for


def _in_plot(state: ViewerState) -> bool:
    return state.cell is not None


def _over_image(state: ViewerState) -> bool:
    return state.hover is not None or state.pick is not None


def _over_class(state: ViewerState) -> bool:
    return _class_of(state) is not None


def _class_of(state: ViewerState) -> int | None:
    """The class of the image under the cursor."""
    label = -1 if state.hover is None else int(state.cache.label[state.image_of(state.hover)])
    return None if label < 0 else label


def channels_under(state: ViewerState) -> tuple[int, ...]:
    """The channels of the plot under the cursor, that on x first."""
    return () if state.cell is None else tuple(dict.fromkeys((state.cell.column, state.cell.row)))


def _nearest(count: int, images: bool, window: "Window") -> None:
    window.matrix.hits.select_nearest(*window.matrix.hits.at, count, images=images)


def _nearest_of(window: "Window") -> None:
    at = window.matrix.hits.at
    most = window.state.cache.images
    count, given = QInputDialog.getInt(window, "Nearest here", "How many images:", min(FIRST, most), 1, most)
    if given:
        window.matrix.hits.select_nearest(*at, count, images=True)


def _open(window: "Window") -> None:
    if window.state.cell is not None:
        window.state.open_cell(window.state.cell.row, window.state.cell.column)


def _pin(window: "Window") -> None:
    """All channels of the plot, or, where all are pinned, none of them any more."""
    channels, pinned = channels_under(window.state), window.arranging.arrangement.pinned
    window.arranging.pin_all(channels, pinned=not set(channels) <= set(pinned))


def _is_pinned(state: ViewerState) -> bool:
    view = state.view
    return view is not None and state.cell is not None and set(channels_under(state)) <= set(view.arrangement.pinned)


def _colour(window: "Window") -> None:
    if window.state.cell is not None:
        window.state.colour_by = ColourBy("channel", window.state.cell.column)


def _gallery(window: "Window") -> None:
    if window.state.cell is not None:
        window.state.gallery = GalleryBy("highest", window.state.cell.column)


def _select_class(window: "Window") -> None:
    if (number := _class_of(window.state)) is not None:
        window.state.select_class(number)


def _hide_class(window: "Window") -> None:
    if (number := _class_of(window.state)) is not None:
        window.state.hidden = window.state.hidden | {number}


def _solo_class(window: "Window") -> None:
    if (number := _class_of(window.state)) is not None:
        window.state.solo(number)


def _show_classes(window: "Window") -> None:
    window.state.hidden = frozenset()


def _copy_image(window: "Window") -> None:
    """As the details show it, so that nothing has to be read."""
    shown = window.details.shown
    if shown is None or shown.pixels is None:
        raise DataError("There is no image under the cursor that could be copied: hover or click a point first.")
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    clipboard.setImage(image_of(shown.pixels))


def _copy_picture(window: "Window") -> None:
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    clipboard.setImage(image_of(window.matrix.canvas.render()))


def _order(order: Order, window: "Window") -> None:
    window.arranging.order_by(order)


def _is_order(order: Order, state: ViewerState) -> bool:
    return state.view is not None and state.view.arrangement.order == order


POINTED = (
    *(
        Action(NEAREST, f"{n:,} {kind}", keys, "", partial(_nearest, n, kind == "images"), _in_plot, apart=apart)
        for n, kind, keys, apart in (
            (10, "points", (), False),
            (100, "points", ("W",), False),
            (1000, "points", (), False),
            (10, "images", (), True),
            (100, "images", ("Shift+W",), False),
        )
    ),
    Action(NEAREST, "Another number…", (), "How many images", _nearest_of, _in_plot),
    Action("Select", "Select its class", ("Q",), "Of the image under the cursor", _select_class, _over_class),
    Action(
        "View", "Open this plot", ("E",), "Fill the view with the plot under the cursor", _open, _in_plot, apart=True
    ),
    Action("View", "Hide its class", ("Shift+H",), "Of the image under the cursor", _hide_class, _over_class),
    Action("View", "Show only its class", ("Shift+S",), "And again: show all", _solo_class, _over_class),
    Action("View", "Show all classes", ("Shift+A",), "", _show_classes, lambda s: bool(s.hidden)),
    Action(
        "Layer",
        "Pin its channels",
        ("P",),
        "Keep the channels of the plot in front",
        _pin,
        _in_plot,
        _is_pinned,
        apart=True,
    ),
    Action("Layer", "Colour by its channel", ("Shift+C",), "By the value of the channel on x", _colour, _in_plot),
    Action("Layer", "Gallery by its channel", ("Shift+O",), "By the value of the channel on x", _gallery, _in_plot),
    *(
        Action(ORDER, words[0].upper() + words[1:], (), "", partial(_order, order), on=partial(_is_order, order))
        for order, words in ORDERS.items()
    ),
    Action(
        "Edit",
        "Copy image",
        ("Ctrl+C",),
        "The image under the cursor, or the picked one",
        _copy_image,
        _over_image,
        apart=True,
    ),
    Action("Edit", "Copy the plots", ("Ctrl+Shift+C",), "The picture in the middle of the window", _copy_picture),
)
