from dataclasses import replace

import pytest

from seeinin.app.names import as_file, as_item, as_tip
from seeinin.app.window import Window
from seeinin.state.state import ViewerState
from seeinin.store.reader import open_cache
from seeinin.wording import LONGEST, plain
from tests.app.caches import LAYERS


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


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("block1.conv2", "block1.conv2"),
        ("a/b\\c:d", "a-b-c-d"),
        ("c\x1b[31m\n\u202eonv", "c-31m-onv"),
        ("..", "selection"),
        ("é" * 9000, "é" * 48),
    ],
)
def test_a_layer_names_a_file(name, file):
    assert as_file(name) == file


def test_no_menu_is_wider_than_half_the_window(tmp_path, qtbot, write_cache):
    """With the longest names in all places that have one."""
    names = tuple("n" * 10_000 + str(n) for n in range(3))
    layers = tuple(replace(one, name=name) for one, name in zip(LAYERS, names, strict=True))
    with open_cache(write_cache(tmp_path / "long.h5", classes=names, layers=layers)) as cache:
        window = Window(ViewerState().attach(cache), (1200, 700))
        qtbot.addWidget(window)
        window.state.select_class(0)
        window.state.keep("k" * 10_000)
        window.appear()
        for name, menu in window.commands.menus.items():
            assert menu.sizeHint().width() <= 600, name
        row = window.legend.visualRect(window.legend.model().index(0, 0)).center()
        window.legend.customContextMenuRequested.emit(row)
        assert window.panel_menus.shown.sizeHint().width() <= 600
        texts = [action.text() for action in window.commands.of("Layer") if "…" in action.text()]
        assert [text.partition(" · ")[2] for text in texts] == ["4 × 8 × 8", "6 channels", "2 channels"]
        window.panel_menus.shown.close()
