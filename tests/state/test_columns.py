from types import SimpleNamespace

import numpy as np

from seeinin.state.columns import Columns


class Reads(SimpleNamespace):
    """A layer that counts its reads."""

    def column(self, channel: int) -> np.ndarray:
        self.read.append(channel)
        return np.full(10, channel, np.float32)  # 40 bytes


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
