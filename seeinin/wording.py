"""Words around numbers."""

LONGEST = 40  # characters of what somebody typed that a sentence repeats


def count_of(count: int, noun: str) -> str:
    """1 image, 10,000 images; `noun` in the singular, whose plural ends in -s or -es."""
    ending = "" if count == 1 else "es" if noun.endswith("s") else "s"
    return f"{count:,} {noun}{ending}"


def about(value: float) -> str:
    """Two digits that count, 0.012 or 3.4, all digits before the point, 1,234, and a minus sign that is one; powers of
    ten only where there are very many digits."""
    digits = f"{value:,.0f}" if 10 <= abs(value) < 1e6 else f"{value:.2g}"
    return digits.replace("-", "\N{MINUS SIGN}")


def shortened(text: str) -> str:
    """What somebody typed, no longer than a sentence can bear."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
