"""What is done with the classes as a whole: the order of the legend, and which of many have a colour."""

from typing import TYPE_CHECKING

from seeinin.app.action import Action, choices
from seeinin.app.headings import ListHeading
from seeinin.app.legend import Legend
from seeinin.state.legend import LegendOrder
from seeinin.state.slots import SLOTS

if TYPE_CHECKING:
    from seeinin.app.commands import Commands
    from seeinin.app.window import Window

MENU = "View/Classes"
WORDS: dict[LegendOrder, tuple[str, str]] = {
    "name": ("As in the cache", "By number"),
    "count": ("Most images", "Those with the most selected images first, without a selection with the most images"),
    "lift": ("Most over-represented", "Those that are more frequent in the selection than in all images first"),
}
SHORT: dict[LegendOrder, str] = {"name": "in order", "count": "by count", "lift": "by lift"}


def _colour_first(window: "Window") -> None:
    """Those that the legend has at its top now."""
    first = window.legend.classes.order[:SLOTS].tolist()
    window.state.slots = tuple(first) + (None,) * (SLOTS - len(first))


CLASSES = (
    *choices(MENU, "legend", WORDS, "Next order", "Shift+L"),
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
