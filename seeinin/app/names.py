"""Names that strangers wrote, shown as what they are: never markup, never control characters, never without end."""

from html import escape

LONGEST = 200  # characters; a longer name is cut, since nobody reads on


def plain(name: str, longest: int = LONGEST) -> str:
    """One printable line: control and direction-changing characters are shown by their number."""
    cut = name if len(name) <= longest else name[: longest - 1] + "…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)


def as_tip(text: str) -> str:
    """A tool tip that shows `text` to the letter: Qt would read markup in a bare one."""
    return f"<qt>{escape(text)}</qt>"


def as_item(text: str) -> str:
    """A menu entry or label that shows `text` to the letter: Qt would take an ampersand for a key."""
    return text.replace("&", "&&")
