"""Words around numbers."""


def count_of(count: int, noun: str) -> str:
    """1 image, 10,000 images; `noun` in the singular, whose plural ends in -s or -es."""
    ending = "" if count == 1 else "es" if noun.endswith("s") else "s"
    return f"{count:,} {noun}{ending}"
