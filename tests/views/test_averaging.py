"""Averages that are lost on their way, as by a disk that fails, and asked for again."""

import pytest

from seeinin.errors import CacheError
from seeinin.views import averaging
from seeinin.views.averaging import Averaging


def fail(*_):
    raise CacheError("the disk does not answer")


@pytest.mark.parametrize("lost", ["growing", "subject_of"])
def test_what_was_lost_is_asked_for_again(state, monkeypatch, lost):
    with monkeypatch.context() as broken:
        broken.setattr(averaging, lost, fail)
        averages = Averaging(state, lambda: None)
        averages.want([0, 1])
        failed = 0
        while failed < (2 if lost == "growing" else 1):
            assert state.inbox.wait(20)
            try:
                state.inbox.run()
            except CacheError:
                failed += 1
    assert not averages.settled()
    averages.ask_again()
    assert state.inbox.run_until(averages.settled, 20)
    assert set(averages.means) == {0, 1}
