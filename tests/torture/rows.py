"""A row of the table: one way to torture the program, as often as one likes."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import tests.torture


@dataclass(frozen=True)
class Outcome:
    """What came of `tried` cases: how often what happened, and a line for each that went wrong."""

    tried: int
    figures: Mapping[str, int]
    failures: Sequence[str] = ()


@dataclass(frozen=True)
class Row:
    """`run(count, seed)` tries at least `count` cases: `full` of them by `make torture`, `few` in the test suite."""

    test: str
    run: Callable[[int, int], Outcome]
    full: int
    few: int


def rows() -> list[Row]:
    """The `ROWS` of all modules in this folder."""
    names = sorted(module.name for module in pkgutil.iter_modules(tests.torture.__path__))
    modules = [importlib.import_module(f"tests.torture.{name}") for name in names if name != "__main__"]
    return [row for module in modules for row in getattr(module, "ROWS", ())]
