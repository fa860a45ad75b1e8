"""The window: overview, legend, details and gallery at the left, the matrix in the middle, the maps at the right."""

from collections.abc import Callable
from functools import partial

from PyQt6.QtCore import QSettings, Qt
from PyQt6.QtGui import QCloseEvent, QImage
from PyQt6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QMenu,
    QSplitter,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from seeinin.app.actions import OPACITIES, OPACITY, SIZES, STEP
from seeinin.app.against import AgainstMenu
from seeinin.app.answers import AnswerPanel
from seeinin.app.channelbar import ChannelBar
from seeinin.app.colourkey import ColourLine
from seeinin.app.commands import Commands
from seeinin.app.details import Details
from seeinin.app.first import MatrixFirst
from seeinin.app.gallery import Gallery
from seeinin.app.headings import Heading
from seeinin.app.kept import KeptMenu
from seeinin.app.keys import KeyScreen
from seeinin.app.layers import LayerChoice, shape_of
from seeinin.app.legend import Legend
from seeinin.app.menus import PanelMenus
from seeinin.app.picture import Painted, painted
from seeinin.app.report import Report, below
from seeinin.app.search import Search
from seeinin.app.sidebar import Sidebar
from seeinin.app.sliders import StateSlider
from seeinin.app.status import Status
from seeinin.app.tally import Tally, tally
from seeinin.app.theme import palette, style_sheet
from seeinin.app.toolbar import Toolbar
from seeinin.app.trackpad import Trackpad
from seeinin.pool import POOL, Latest
from seeinin.state.arranging import Arranging
from seeinin.state.asking import Asking
from seeinin.state.selection import Selection
from seeinin.state.state import ViewerState
from seeinin.views.maps import MapsView
from seeinin.views.matrix import MatrixView
from seeinin.views.overview import OverviewView
from seeinin.views.theme import DARK, LIGHT, Theme
from seeinin.visuals.canvas import Canvas
from seeinin.wording import count_of, plain

SIDES = (276, 346)  # px of the left and the right column, and more in a window of more than
LARGE = 1600  # px
NARROW = (260, 216)  # px of them in a window of less than
WIDE = 1300  # px
MIDDLE = 362  # px of the middle column at least: what the channel bar needs without its words


class Window(QMainWindow):
    """Shows a state. `headless`: canvases are drawn by EGL and painted where they would stand on a screen."""

    state: ViewerState
    matrix: MatrixView
    arranging: Arranging
    asking: Asking
    channels: ChannelBar

    def __init__(
        self,
        state: ViewerState,
        size: tuple[int, int] = (1600, 1000),
        *,
        headless: bool = False,
        theme: Theme = DARK,
        scale: int = 1,
    ) -> None:
        """`scale`: pixels to a point, where there is no screen that says so."""
        super().__init__()
        self.state, self.headless, self.theme, self.scale = state, headless, theme, scale
        self.counting: Latest = Latest(POOL.now)
        self.tallied: Selection | None = None
        self.settings: QSettings | None = None
        self.places: list[QWidget] = []
        self.first: MatrixFirst | None = None
        self.lost: Callable[[str], object] = self.give_up  # hears that OpenGL has failed, and how
        self.matrix = MatrixView(state, self._canvas(), theme)
        self.overview = OverviewView(state, self._canvas(), theme)
        self.maps = MapsView(state, self._canvas(), theme)
        self.legend = Legend(state, theme)
        self.details = Details(state, self.legend.classes)
        self.gallery = Gallery(state, self.legend.classes)
        self.answers = AnswerPanel(state, self.legend.classes)
        self.arranging, self.asking = Arranging(state), Asking(state)
        self.channels = ChannelBar(state, self.arranging)
        self.colour_line = ColourLine(state, theme)
        self.trackpads = [Trackpad(self.places[k], view) for k, view in ((0, self.matrix), (2, self.maps))]
        self.status = Status(state)
        self.commands = Commands(self)
        self.setStatusBar(self.status)
        self._add_menus()
        self._add_toolbar()
        self._add_panels(size[0])
        self.panel_menus = PanelMenus(self)
        self._paint_in(theme)
        self.maps.noted = self.maps_heading.set_note
        self.matrix.canvas.events.resize.connect(self._tell_aspect)
        state.events.selection.connect(self._count)
        state.events.view.connect(self._name_layer)
        state.events.tool.connect(self._shape_cursor)
        self._shape_cursor()
        self._name_layer()
        self._count()
        self.resize(*size)
        self.places[0].setFocus()

    def settled(self) -> bool:
        """Whether every panel shows the present state, exactly."""
        views = (self.matrix, self.overview, self.maps, self.details, self.gallery)
        complete = self.first is None or not self.first.waits
        return complete and self.tallied is self.state.selection and all(v.settled() for v in views)

    def picture(self, panel: str = "window") -> QImage:
        """The content as it is now, of the window or of one of its panels."""
        shown = self.panels()[panel]
        if not self.headless:
            return shown.grab().toImage()
        for place in self.places:
            if isinstance(place, Painted):
                place.draw()
        return painted(shown, self.scale)

    def panels(self) -> dict[str, QWidget]:
        matrix, overview, maps = self.places
        panels = {"window": self, "matrix": matrix, "overview": overview, "maps": maps, "legend": self.legend}
        return {**panels, "image": self.details, "gallery": self.gallery, "answers": self.answers}

    def give_up(self, why: str) -> None:
        """Say on every canvas that there is nothing to be seen any more; all else goes on."""
        said = f"OpenGL has failed ({why}).\nSave the session (Ctrl+S), update the graphics driver, and open it again."
        for place in self.places:
            panel = QLabel(said, place)
            panel.setObjectName("failed")
            panel.setWordWrap(True)
            panel.setAlignment(Qt.AlignmentFlag.AlignCenter)
            panel.resize(place.size())
            panel.show()

    def ask_again(self) -> None:
        """Ask for all that is in sight and not there."""
        for part in (self.matrix, self.overview, self.maps, self.details, self.gallery):
            part.refresh()
        self.maps.averages.ask_again()

    def show_keys(self) -> None:
        KeyScreen([action for action, _ in self.commands.pairs], self).show()

    def search(self) -> None:
        Search(self).show()

    def switch_theme(self) -> None:
        self._paint_in(LIGHT if self.theme is DARK else DARK)

    def show_alone(self, *, alone: bool) -> None:
        """The plots without the columns at their sides, or with them."""
        for column in (self.splitter.widget(0), self.splitter.widget(2)):
            assert column is not None
            column.setVisible(not alone)

    def appear(self) -> None:
        """On the screen; without one, laid out as if it were on one."""
        self.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen, self.headless)
        if not self.headless:
            self.first = MatrixFirst(self.matrix, self.places[1:])
        self.show()

    def remember(self, *, colours: bool = True) -> None:
        """Open with the geometry, and the `colours`, that the user left last time, and keep the next ones."""
        self.settings = QSettings("seeinin", "window")
        for restore, key in ((self.restoreGeometry, "geometry"), (self.splitter.restoreState, "columns")):
            if (kept := self.settings.value(key)) is not None:
                restore(kept)
        animated = self.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) > 0  # type: ignore[union-attr]
        self.state.motion = self.settings.value("motion", animated, bool)
        self.gallery.side = self.settings.value("gallery", self.gallery.side, float)
        if colours and self.settings.value("dark", self.theme.dark, bool) != self.theme.dark:
            self.switch_theme()

    def closeEvent(self, event: QCloseEvent | None) -> None:
        self.counting.cancel()
        if self.first is not None:
            self.first.end()
        if self.settings is not None:
            self.settings.setValue("geometry", self.saveGeometry())
            self.settings.setValue("columns", self.splitter.saveState())
            for key, value in (
                ("motion", self.state.motion),
                ("gallery", self.gallery.side),
                ("dark", self.theme.dark),
            ):
                self.settings.setValue(key, value)
            self.settings.sync()
        super().closeEvent(event)

    def _canvas(self) -> Canvas:
        canvas = Canvas("egl" if self.headless else "pyqt6", (400, 400), pixel_ratio=self.scale)
        canvas.lost = self._lose
        place = Painted(canvas) if self.headless else canvas.native
        place.setMinimumSize(60, 60)
        place.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.places.append(place)
        return canvas

    def _lose(self, why: str) -> None:
        self.lost(why)

    def _add_menus(self) -> None:
        bar = self.menuBar()
        assert bar is not None
        self.commands.fill(bar)
        menus = self.commands.menus
        kept = QMenu("Kept", bar)
        menus["Select"].insertMenu(self.commands.made["Step back"], kept)
        self.kept = KeptMenu(self.state, kept)
        against = QMenu("Compare with", bar)
        menus["Select"].insertMenu(self.commands.made["Step back"], against)
        self.against = AgainstMenu(self.state, against)
        cache = self.state.cache
        self.setWindowTitle(f"{plain(cache.path.name)} — Seein' In")
        size = f"{count_of(cache.images, 'image')} · {count_of(len(cache.layers), 'layer')}"
        about = QLabel(f"{plain(cache.path.name)} — {size}")
        about.setTextFormat(Qt.TextFormat.PlainText)
        about.setObjectName("corner")
        bar.setCornerWidget(about)

    def _add_toolbar(self) -> None:
        made, state = self.commands.made, self.state
        bar = Toolbar([made[name] for name in ("Pan", "Lasso", "Rectangle", "Brush")])
        bar.add_widgets(LayerChoice(state))
        bar.add_actions([made["Density"]])
        bar.add_actions([made[name] for name in ("Fit", "Undo", "Redo")], bare=True)
        bar.add_widgets(
            StateSlider(state, "point_size", *SIZES, STEP, name="size", tip="Size of the points (+ −)"),
            StateSlider(state, "opacity", *OPACITIES, OPACITY, name="opacity", tip="Opacity of the points ([ ])"),
        )
        self.addToolBar(bar)

    def _add_panels(self, width: int) -> None:
        self.sidebar = Sidebar(self.places[1], self.legend, self.details, self.gallery, self.commands)
        self.maps_heading = Heading("Feature maps")
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 10, 0, 0)
        column.setSpacing(6)
        self.maps_heading.setContentsMargins(12, 0, 12, 0)  # as far in as the maps
        column.addWidget(self.answers)
        column.addWidget(self.maps_heading)
        column.addWidget(self.places[2], 1)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        middle = QWidget()
        stack = QVBoxLayout(middle)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(0)
        stack.addWidget(self.channels)
        line = QHBoxLayout()
        line.setContentsMargins(12, 0, 12, 0)
        line.addWidget(self.colour_line)
        stack.addLayout(line)
        stack.addWidget(self.places[0], 1)
        for panel in (self.sidebar, middle, right):
            self.splitter.addWidget(panel)
        self.sidebar.setMinimumWidth(196)
        middle.setMinimumWidth(MIDDLE)
        right.setMinimumWidth(160)
        self.splitter.setStretchFactor(1, 1)
        sides = NARROW if width < WIDE else [side * max(width, LARGE) // LARGE for side in SIDES]
        self.splitter.setSizes([sides[0], width - sum(sides), sides[1]])
        self.report = Report(self.ask_again)
        self.setCentralWidget(below(self.splitter, self.report))

    def _paint_in(self, theme: Theme) -> None:
        self.theme = theme
        QApplication.setPalette(palette(theme))
        self.setStyleSheet(style_sheet(theme))
        self.commands.paint(theme)
        self.legend.set_theme(theme)
        self.colour_line.set_theme(theme)
        for view in (self.matrix, self.overview, self.maps):
            view.set_theme(theme)

    def _tell_aspect(self, *_: object) -> None:
        """What part of the matrix is seen depends on the shape of its canvas."""
        viewport = self.matrix.viewport
        self.overview.viewport_aspect = self.maps.viewport_aspect = viewport.width / viewport.height

    def _shape_cursor(self, *_: object) -> None:
        """A hand moves the matrix, a cross selects."""
        shape = Qt.CursorShape.OpenHandCursor if self.state.tool == "pan" else Qt.CursorShape.CrossCursor
        self.places[0].setCursor(shape)

    def _name_layer(self, *_: object) -> None:
        if (layer := self.state.layer) is not None:
            self.sidebar.over.set_note(f"{plain(layer.name)}, {shape_of(layer)}")

    def _count(self, *_: object) -> None:
        selection, cache = self.state.selection, self.state.cache
        if selection is None:
            self.counting.cancel()
            self._counted(None, None)
            return
        counted = self.counting.request(tally, selection, self.state.linker, cache)
        self.state.inbox.deliver(counted, partial(self._counted, selection))

    def _counted(self, selection: Selection | None, counts: Tally | None) -> None:
        if selection is self.state.selection:
            self.tallied = selection
            self.status.show_tally(counts)
            self.sidebar.show_counts(None if counts is None else counts.classes)
