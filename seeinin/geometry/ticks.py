"""Round numbers along an axis."""

import math

STEPS = (1.0, 2.0, 5.0, 10.0, 20.0)


def ticks(low: float, high: float, most: int) -> list[tuple[float, str]]:
    """At most `most` round values within [low, high], each with its label; all labels have equally many decimals."""
    if not (math.isfinite(low) and math.isfinite(high) and high > low and most > 0):
        return []
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    for step in (s * power for s in STEPS):
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first < most:
            break
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return [(k * step, label(k * step, decimals)) for k in range(first, last + 1)]


def label(value: float, decimals: int) -> str:
    """A fixed number of decimals with a true minus sign; very large and very small values in powers of ten."""
    extreme = value and not 1e-4 <= abs(value) < 1e6
    text = f"{value:.3g}" if extreme else f"{value + 0.0:.{decimals}f}"
    return text.replace("-", "\N{MINUS SIGN}")
