import pytest

from seeinin.state.channels import ChannelError, channels_of

ORDER = [3, 1, 4, 0, 5, 9, 2, 6, 8, 7]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8, 4-6, top 2", [8, 4, 5, 6, 3, 1]),
        ("", ORDER),
        ("all", ORDER),
        ("bottom 3", [6, 8, 7]),
        ("TOP 99", ORDER),
        ("2–3; 3, 2", [2, 3]),
        ("0", [0]),
    ],
)
def test_what_is_typed_names_channels(text, expected):
    assert channels_of(text, ORDER) == expected


def test_pinned_channels_come_first():
    assert channels_of("top 2", ORDER, pinned=[9, 1]) == [9, 1, 3]


def test_silent_channels_are_folded_until_they_are_asked_for():
    quiet = {4, 7}
    assert channels_of("", ORDER, silent=quiet) == [3, 1, 0, 5, 9, 2, 6, 8]
    assert channels_of("top 3, bottom 1", ORDER, silent=quiet) == [3, 1, 0, 8]
    assert channels_of("silent", ORDER, silent=quiet) == channels_of("4, 7", ORDER, silent=quiet) == [4, 7]
    assert channels_of("all", ORDER, silent=range(10)) == ORDER
    with pytest.raises(ChannelError, match="no channel of this layer is silent"):
        channels_of("silent", ORDER)


LONG = "9" * 5000
NONE = ["10", "4-10", "7-3", "minus one", "-1", "1.5", "top", "²", "9" * 30, "1-9999999"]


@pytest.mark.parametrize("text", [*NONE, "top 0", f"top {LONG}", f"1-{LONG}"])
def test_what_names_no_channel_is_said(text):
    with pytest.raises(ChannelError, match="0 to 9") as said:
        channels_of(text, ORDER)
    assert len(str(said.value)) < 120
