"""Work in steps, as the pool does it."""

from collections.abc import Generator
from typing import Any


def result(steps: Generator[Any, Any, Any]) -> Any:
    """What a generator returns."""
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value
