"""Names that strangers wrote, where Qt or the disk would take them for something else."""

import re
from html import escape

WIDEST = 48  # characters of a menu entry, or of a file name


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
