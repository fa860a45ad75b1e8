"""One action of the window, as the table in `actions` lists them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seeinin.state.state import ViewerState

if TYPE_CHECKING:
    from seeinin.app.window import Window

Do = Callable[["Window"], object]
Ask = Callable[[ViewerState], bool]


def always(_: ViewerState) -> bool:
    return True


@dataclass(frozen=True)
class Action:
    """One thing that the window can do. `ready`: when it is enabled; `on`: when it is ticked, for choices."""

    menu: str  # "Menu" or "Menu/Submenu"
    text: str
    keys: tuple[str, ...]
    tip: str
    do: Do
    ready: Ask = always
    on: Ask | None = None
    icon: str = ""
    apart: bool = False  # begins a new group of its menu

    @property
    def full_text(self) -> str:
        """'Nearest here: 100 points' for what stands in a menu within a menu."""
        within = self.menu.partition("/")[2]
        return f"{within}: {self.text}" if within else self.text
