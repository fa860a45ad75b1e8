from pathlib import Path
from types import SimpleNamespace

import numpy as np

from seeinin.state.columns import Columns
from seeinin.store.access import DamageError
from seeinin.store.holes import Holes


class Reads(SimpleNamespace):
    """A layer that counts its reads."""

    points, nonfinite = 10, np.zeros(9, np.int64)

    def read_column(self, channel: int, start: int, stop: int, holes: Holes) -> np.ndarray:
        self.read.append(channel)
        values = np.full(stop - start, channel, np.float32)  # 40 bytes
        if channel == 8:
            holes.note(3, 5, DamageError(Path("x.h5"), ["a piece"]))
            values[3:5] = np.nan
        return values


def test_a_column_is_read_once_and_the_least_recently_used_leaves_first():
    layer, columns = Reads(number=3, read=[]), Columns(budget=80)
    for channel in (0, 1, 0):
        assert columns.get(layer, channel)[0] == channel
    assert layer.read == [0, 1]
    columns.get(layer, 2)  # over the budget: 1 is the older
    assert columns.held == 80
    assert columns.held_column(layer, 0) is not None
    assert columns.held_column(layer, 1) is None
    assert layer.read == [0, 1, 2]


def test_a_column_larger_than_the_budget_is_still_usable():
    columns = Columns(budget=1)
    assert columns.get(Reads(number=0, read=[]), 5).sum() == 50
    assert columns.held == 40


def test_what_is_damaged_is_remembered_with_the_column():
    columns, layer = Columns(), Reads(number=0, read=[])
    for channel in (7, 8):
        columns.get(layer, channel)
    assert (len(columns.holes(layer, 7)), columns.all_finite(layer, 7)) == (0, True)
    assert (len(columns.holes(layer, 8)), columns.all_finite(layer, 8)) == (2, False)
    assert columns.holes(layer, 8).among(np.arange(10)).tolist() == [False] * 3 + [True] * 2 + [False] * 5
