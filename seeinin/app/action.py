"""One action of the window, as the table in `actions` lists them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

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


def choices(menu: str, field: str, words: Mapping[Any, tuple[str, str]], following: str, key: str) -> list[Action]:
    """An action for each value of a field of the state, with its text and tip, and one for the `following` value."""
    values = list(words)

    def choose(value: Any, window: "Window") -> None:
        setattr(window.state, field, value)

    def chosen(value: Any, state: ViewerState) -> bool:
        return bool(getattr(state, field) == value)

    def step(window: "Window") -> None:
        choose(values[(values.index(getattr(window.state, field)) + 1) % len(values)], window)

    each = [Action(menu, text, (), tip, partial(choose, v), on=partial(chosen, v)) for v, (text, tip) in words.items()]
    return [*each, Action(menu, following, (key,), "One after the other", step, apart=True)]
