"""A drop-down list that is too narrow for its words."""

import pytest
from PyQt6.QtWidgets import QStyleOptionComboBox

from seeinin.app.choice import Choice

WORDS = "value of channel 2"


@pytest.mark.parametrize(("width", "whole"), [(110, False), (280, True)])
def test_words_without_room_lose_their_middle(qtbot, width, whole):
    choice, option = Choice("colour by", "colour"), QStyleOptionComboBox()
    qtbot.addWidget(choice)
    choice.addItem(WORDS)
    choice.resize(width, 30)
    choice.initStyleOption(option)
    begin, dots, end = option.currentText.partition("…")
    assert (option.currentText == WORDS) == whole
    assert [bool(part) for part in (begin, dots, end)] == [True, not whole, not whole]
    assert WORDS.startswith(begin)
    assert WORDS.endswith(end)
    assert choice.currentText() == WORDS
