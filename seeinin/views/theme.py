"""The colours of the window, in one place; classes and scales have theirs in geometry/colours.py."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Theme:
    """Colours as "#rrggbb"."""

    background: str  # behind plots
    panel: str  # behind everything else
    line: str  # frames and gridlines
    text: str
    muted: str  # what is there to be looked up, not read
    accent: str  # what is active
    damage: str  # what is not there because the file is damaged

    @property
    def dark(self) -> bool:
        """Whether what stands out is lighter than the ground."""
        return self.background < self.text


DARK = Theme("#101216", "#15181e", "#2a2f38", "#e6e8eb", "#8b93a1", "#6ea8ff", "#ff8a4c")
LIGHT = Theme("#ffffff", "#f4f5f7", "#d5d9df", "#1b1e24", "#626b79", "#1f63d6", "#c04a08")


def rgba(colour: str, opacity: float = 1.0) -> tuple[float, float, float, float]:
    """ "#rrggbb" as four numbers of 0..1."""
    red, green, blue = (int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))
    return red, green, blue, opacity
