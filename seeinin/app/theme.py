"""How Qt's widgets look: the window's colours as a palette and a style sheet."""

from string import Template

from PyQt6.QtGui import QColor, QPalette

from seeinin.views.scales import NO_NUMBER
from seeinin.views.theme import Theme

SHEET = Template("""
* { font-size: 9pt; }
QWidget { color: $text; }
QMainWindow, QMenuBar, QToolBar, QStatusBar { background: $panel; }
QMenuBar { border-bottom: 1px solid $line; padding: 2px 4px; }
QMenuBar::item { padding: 4px 9px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected, QMenu::item:selected { background: $raised; }
QMenu { background: $panel; border: 1px solid $line; padding: 4px; }
QMenu::item { padding: 4px 28px 4px 24px; border-radius: 3px; }
QMenu::item:disabled { color: $muted; }
QMenu::separator { height: 1px; background: $line; margin: 4px 6px; }
QToolBar { border: none; border-bottom: 1px solid $line; padding: 5px 8px; spacing: 5px; }
QFrame#rule { background: $line; margin: 6px 5px; max-width: 1px; border: none; }
QToolButton, QComboBox, QPushButton {
    background: $raised; border: 1px solid transparent; border-radius: 5px; padding: 4px 8px;
}
QToolButton:hover, QComboBox:hover, QPushButton:hover { border-color: $line; }
QToolButton#flat { background: transparent; color: $muted; font-size: 8pt; padding: 0 12px 0 4px; min-height: 0; }
QToolButton#flat:hover { color: $text; }
QToolButton::menu-indicator { width: 8px; }
QToolButton:checked { background: $chosen; }
QToolButton:disabled { color: $muted; }
QToolButton:focus, QComboBox:focus, QPushButton:focus, QLineEdit:focus { border-color: $accent; }
QComboBox::drop-down { border: none; width: 20px; }
QListView { background: $panel; border: none; outline: none; }
QComboBox QAbstractItemView {
    border: 1px solid $line; selection-background-color: $raised; selection-color: $text;
}
QLineEdit { background: $background; border: 1px solid $line; border-radius: 4px; padding: 3px 6px; }
QSlider { min-height: 20px; }
QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: $line; }
QSlider::sub-page:horizontal { height: 4px; border-radius: 2px; background: $accent; }
QSlider::handle:horizontal { width: 10px; height: 10px; margin: -3px 0; border-radius: 5px; background: $text; }
QSlider::handle:horizontal:focus { background: $accent; }
QSplitter::handle { background: $line; }
QStatusBar { border-top: 1px solid $line; min-height: 24px; }
QStatusBar::item { border: none; }
QStatusBar QToolButton { background: transparent; padding: 1px 6px; min-height: 0; }
QStatusBar QToolButton:hover { background: $raised; }
QScrollBar:vertical { background: transparent; width: 8px; margin: 0; }
QScrollBar::handle:vertical { background: $line; border-radius: 4px; min-height: 24px; }
QScrollBar::handle:vertical:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {
    height: 0; background: transparent;
}
QScrollArea, QScrollArea > QWidget > QWidget { background: $panel; border: none; }
QToolTip { background: $raised; color: $text; border: 1px solid $line; padding: 4px; }
QLabel#heading { color: $muted; font-size: 8pt; font-weight: bold; letter-spacing: 1px; }
QLabel#note { color: $muted; font-size: 8pt; }
QLabel#muted { color: $muted; }
QLabel#strange { color: $strange; }
QLabel#lost { color: $damage; }
QLabel#corner { color: $muted; padding: 5px 12px; }
QLabel#failed { background: $background; color: $damage; padding: 12px; }
QFrame#report { background: $raised; border-top: 2px solid $damage; }
QFrame#report QPlainTextEdit { background: $background; border: 1px solid $line; font-family: monospace; }
""")


def style_sheet(theme: Theme) -> str:
    """Qt style sheet of the whole window."""
    raised, strange = blend(theme.panel, theme.text, 0.08), "#{:02x}{:02x}{:02x}".format(*NO_NUMBER)
    return SHEET.substitute(vars(theme), raised=raised, strange=strange, chosen=chosen(theme))


def palette(theme: Theme) -> QPalette:
    """For what style sheets do not reach, and for widgets that paint themselves."""
    role = QPalette.ColorRole
    colours = {
        role.Window: theme.panel,
        role.WindowText: theme.text,
        role.Base: theme.background,
        role.AlternateBase: blend(theme.panel, theme.text, 0.08),
        role.Text: theme.text,
        role.Button: theme.panel,
        role.ButtonText: theme.text,
        role.BrightText: theme.text,
        role.PlaceholderText: theme.muted,
        role.Mid: theme.line,
        role.Highlight: chosen(theme),
        role.HighlightedText: theme.text,
        role.ToolTipBase: theme.panel,
        role.ToolTipText: theme.text,
        role.Link: theme.accent,
    }
    made = QPalette()
    for place, colour in colours.items():
        made.setColor(place, QColor(colour))
    for place in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, place, QColor(theme.muted))
    return made


def chosen(theme: Theme) -> str:
    """The ground of what is switched on."""
    return blend(theme.panel, theme.accent, 0.35)


def blend(ground: str, colour: str, share: float) -> str:
    """Two "#rrggbb" mixed, `share` of the second."""
    pairs = ((int(ground[k : k + 2], 16), int(colour[k : k + 2], 16)) for k in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)
