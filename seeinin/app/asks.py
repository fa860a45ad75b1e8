"""The questions as actions, and right and wrong images as selections."""

from functools import partial
from typing import TYPE_CHECKING

from seeinin.app.action import Action
from seeinin.state.asking import INQUIRIES
from seeinin.state.questions import Order
from seeinin.state.state import ViewerState

if TYPE_CHECKING:
    from seeinin.app.window import Window

MENU = "Ask"


def _ask(name: str, window: "Window") -> None:
    window.asking.ask(name)


def _order(order: Order, window: "Window") -> None:
    window.arranging.order_by(order)


def _selected(state: ViewerState) -> bool:
    return state.selection is not None


ASKS = (
    *(Action(MENU, one.text, (), one.tip, partial(_ask, name), one.ready) for name, one in INQUIRIES.items()),
    Action(
        MENU,
        "Which channel detects the selection?",
        (),
        "Order the channels by how well their value tells the selection from what it is compared with",
        partial(_order, "separates"),
        _selected,
        apart=True,
    ),
    Action(
        MENU,
        "What varies in the selection?",
        (),
        "Order the channels by how much of what varies between the selected images they follow",
        partial(_order, "tells"),
        _selected,
    ),
)
