"""What is done with the classes as a whole: the order of the legend, and which of many have a colour."""

from functools import partial
from typing import TYPE_CHECKING

from seeinin.app.action import Action
from seeinin.app.headings import ListHeading
from seeinin.app.legend import Legend
from seeinin.state.legend import LegendOrder
from seeinin.state.slots import SLOTS
from seeinin.state.state import ViewerState

if TYPE_CHECKING:
    from seeinin.app.commands import Commands
    from seeinin.app.window import Window

MENU = "View/Classes"
WORDS: dict[LegendOrder, str] = {"name": "as in the cache", "count": "most images", "lift": "most over-represented"}
SHORT: dict[LegendOrder, str] = {"name": "in order", "count": "by count", "lift": "by lift"}
_TIPS: dict[LegendOrder, str] = {
    "name": "By number",
    "count": "Those with the most selected images first, without a selection with the most images",
    "lift": "Those that are more frequent in the selection than in all images first",
}


def _order(by: LegendOrder, window: "Window") -> None:
    window.state.legend = by


def _is_order(by: LegendOrder, state: ViewerState) -> bool:
    return state.legend == by


def _next(window: "Window") -> None:
    orders = list(WORDS)
    window.state.legend = orders[(orders.index(window.state.legend) + 1) % len(orders)]


def _colour_first(window: "Window") -> None:
    """Those that the legend has at its top now."""
    first = window.legend.classes.order[:SLOTS].tolist()
    window.state.slots = tuple(first) + (None,) * (SLOTS - len(first))


CLASSES = (
    *(
        Action(MENU, words[0].upper() + words[1:], (), _TIPS[by], partial(_order, by), on=partial(_is_order, by))
        for by, words in WORDS.items()
    ),
    Action(MENU, "Next order", ("Shift+L",), "Order the legend by something else", _next, apart=True),
    Action(MENU, "Colour the first ten", (), "Of more than ten classes, those at the top of the legend", _colour_first),
)


class LegendHeading(ListHeading):
    """CLASSES   selected / total            in order ▾"""

    def __init__(self, legend: Legend, commands: "Commands") -> None:
        super().__init__("Classes", commands.of(MENU), "What the legend has first (Shift+L)")
        self.viewer = legend.viewer
        self.order.setVisible(len(legend.classes.names) > 1)
        self.viewer.events.legend.connect(self._refresh)
        self._refresh()

    def _refresh(self, *_: object) -> None:
        self.set_order(SHORT[self.viewer.legend])
