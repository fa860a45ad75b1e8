import pytest

from seeinin.app.names import LONGEST, as_item, as_tip, plain


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("zero", "zero"),
        ("Δ größer 犬", "Δ größer 犬"),
        ("a\nb\tc\x1b[31m", "a\\nb\\tc\\x1b[31m"),
        ("left\u202eright", "left\\u202eright"),  # it would turn the rest of the line around
        ("", ""),
    ],
)
def test_a_name_is_one_printable_line(name, shown):
    assert plain(name) == shown


def test_a_name_without_end_is_cut():
    assert plain("x" * 10_000) == "x" * (LONGEST - 1) + "…"


def test_qt_takes_nothing_in_a_name_for_markup():
    assert as_tip("<b>&") == "<qt>&lt;b&gt;&amp;</qt>"
    assert as_item("cats & dogs") == "cats && dogs"
