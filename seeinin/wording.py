"""Words around numbers, and names that strangers wrote: never control characters, never without end."""

import re

LONGEST = 200  # characters; a longer name is cut, since nobody reads on
REPEATED = 40  # characters of what somebody typed that a sentence repeats


def count_of(count: int, noun: str) -> str:
    """1 image, 10,000 images; `noun` in the singular, whose plural ends in -s or -es."""
    ending = "" if count == 1 else "es" if noun.endswith("s") else "s"
    return f"{count:,} {noun}{ending}"


def about(value: float) -> str:
    """Two digits that count, 0.012 or 3.4, all digits before the point, 1,234, and a minus sign that is one; powers of
    ten only where there are very many digits."""
    digits = f"{value:,.0f}" if 10 <= abs(value) < 1e6 else f"{value:.2g}"
    return digits.replace("-", "\N{MINUS SIGN}")


def plain(name: str, longest: int = LONGEST) -> str:
    """One printable line: control and direction-changing characters are shown by their number."""
    cut = name if len(name) <= longest else name[: longest - 1] + "…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)


def shortened(sentence: str) -> str:
    """With the middle left out of its longest words, such as paths: both of their ends say what they are."""
    half = LONGEST // 2
    return re.sub(rf"\S{{{LONGEST + 1},}}", lambda word: f"{word[0][:half]}…{word[0][-half:]}", sentence)
