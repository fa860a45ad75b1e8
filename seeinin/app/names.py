"""Names that strangers wrote, shown as what they are: never markup, never control characters, never without end."""

import re
from html import escape

LONGEST = 200  # characters; a longer name is cut, since nobody reads on
WIDEST = 48  # characters of a menu entry, or of a file name


def plain(name: str, longest: int = LONGEST) -> str:
    """One printable line: control and direction-changing characters are shown by their number."""
    cut = name if len(name) <= longest else name[: longest - 1] + "…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)


def as_tip(text: str) -> str:
    """A tool tip that shows `text` to the letter: Qt would read markup in a bare one."""
    return f"<qt>{escape(text)}</qt>"


def as_item(text: str) -> str:
    """A menu entry that shows `text` to the letter: Qt would take an ampersand for a key. A menu is as wide as its
    longest entry, so a long one loses its middle: what tells it from others is mostly at its end."""
    cut = text if len(text) <= WIDEST else f"{text[: WIDEST // 2]}…{text[-WIDEST // 2 + 1 :]}"
    return cut.replace("&", "&&")


def as_file(name: str) -> str:
    """A file name that every system takes."""
    return re.sub(r"[^\w.-]+", "-", name)[:WIDEST].strip("-.") or "selection"
