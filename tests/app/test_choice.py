"""A drop-down list that is too narrow for its words."""

import pytest
from PyQt6.QtWidgets import QStyleOptionComboBox

from seeinin.app.choice import Choice


@pytest.mark.parametrize(("width", "whole"), [(110, False), (280, True)])
def test_words_without_room_lose_their_middle(qtbot, width, whole):
    choice, option = Choice("colour by", "colour"), QStyleOptionComboBox()
    qtbot.addWidget(choice)
    choice.addItem("value of channel 2")
    choice.resize(width, 30)
    choice.initStyleOption(option)
    assert (option.currentText == "value of channel 2") == whole
    begin, end = option.currentText.split("…") if not whole else ("value", "2")
    assert "value of channel 2".startswith(begin)
    assert "value of channel 2".endswith(end)
    assert begin
    assert end
    assert choice.currentText() == "value of channel 2"
