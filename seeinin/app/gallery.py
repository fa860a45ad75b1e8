"""The gallery: the images of the selection as small pictures, as many as there are."""

from collections.abc import Callable
from functools import partial

import numpy as np
from PyQt6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, QTimer
from PyQt6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PyQt6.QtWidgets import QAbstractScrollArea, QFrame

from seeinin.app.details import number
from seeinin.app.focus import OwnKeys
from seeinin.app.grid import BAR, Grid
from seeinin.app.legend import Classes, how_of
from seeinin.app.names import as_tip
from seeinin.app.thumbnails import Thumbnails
from seeinin.pool import POOL, Latest
from seeinin.state.gallery import GalleryBy, Listing
from seeinin.state.named import Place
from seeinin.state.selection import Selection
from seeinin.state.state import ViewerState
from seeinin.wording import plain

SIDE, SMALLEST, LARGEST = 36.0, 16.0, 256.0  # px of a picture's longer side, about
THIN = 6.0  # px of the shorter side at least, where the longer one has room then
PATIENCE = 100  # ms after which it is said that the images are being ordered
ZOOM = 1.25  # a notch of the wheel
Wanted = tuple[int, GalleryBy, Selection | None, str, frozenset[int]]
STEPS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}


class Gallery(QAbstractScrollArea):
    """Hover shows an image in every view, a click picks it; Shift adds it to the selection, Ctrl takes it away, both
    intersect. Ctrl-wheel changes the size. Pictures in sight are read, no others."""

    def __init__(self, state: ViewerState, classes: Classes) -> None:
        super().__init__()
        self.viewer, self.classes = state, classes
        self.listing: Listing | None = None
        self.listed: Wanted | None = None
        self.wanted: Wanted | None = None
        self.over: int | None = None  # place in the list of what is under the cursor
        self.side = SIDE
        self.changed: Callable[[], object] = lambda: None  # called when another list is shown, or takes long to come
        self.thumbnails = Thumbnails(state.cache, state.inbox, self._repaint)
        self._latest = Latest(POOL.later)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(PATIENCE)
        self._patience.timeout.connect(lambda: self.changed())
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Gallery")
        port, bar = self.viewport(), self.verticalScrollBar()
        assert port is not None
        assert bar is not None
        self.port, self.bar = port, bar
        self.port.setMouseTracking(True)
        OwnKeys(self)
        for name in ("view", "selection", "link", "hidden", "gallery"):
            getattr(state.events, name).connect(self.refresh)
        for name in ("hover", "pick", "slots"):
            getattr(state.events, name).connect(self._repaint)
        self.refresh()

    def settled(self) -> bool:
        return self.listed == self.wanted and self.thumbnails.settled()

    def refresh(self, *_: object) -> None:
        """Ask for the list of the present state."""
        state, view = self.viewer, self.viewer.view
        if view is None:
            return
        by = state.gallery
        if by.order in ("highest", "lowest") and (by.channel is None or by.channel >= len(view.ranges)):
            by = by._replace(channel=view.focus)
        wanted = view.layer, by, state.selection, state.link, state.hidden
        if wanted == self.wanted:
            return
        self.wanted = wanted
        self._patience.start()
        found = self._latest.request(_listing, state.sources, state.cache.layers[view.layer], *wanted[1:])
        self.viewer.inbox.deliver(found, partial(self._arrived, wanted), partial(self._lose, wanted))

    def _lose(self, wanted: Wanted) -> None:
        if wanted == self.wanted:
            self.wanted = self.listed

    def _arrived(self, wanted: Wanted, found: Listing) -> None:
        if wanted == self.wanted:
            again = self.listed is not None and self.listed[:2] == wanted[:2]
            self._patience.stop()
            self.listed, self.listing, self.over = wanted, found, None
            self._lay_out(keep=again)
            self.changed()

    @property
    def grid(self) -> Grid:
        """The layout as it is now: pictures of whole multiples of their pixels where that is possible."""
        height, width, _ = self.viewer.cache.thumbnail_shape
        ratio = self.devicePixelRatioF()
        room = min(self.port.width() / width, self.port.height() / height)
        thin = min(THIN * self.side / SIDE / min(height, width), room)
        times = max(self.side / max(height, width), thin) * ratio
        times = (int(times) if times >= 1 else times) / ratio
        count = 0 if self.listing is None else len(self.listing.rows)
        return Grid(count, max(round(width * times), 1), max(round(height * times), 1), self.port.width())

    def box(self, place: int) -> QRect:
        """Where a picture of the list stands in the viewport."""
        grid = self.grid
        left, top = grid.corner(place)
        return QRect(left, top - self.bar.value(), grid.width, grid.height)

    def in_sight(self) -> range:
        return self.grid.between(self.bar.value(), self.bar.value() + self.port.height())

    def place_at(self, at: QPointF) -> int | None:
        """The picture at a place of the viewport."""
        return self.grid.at(at.x(), at.y() + self.bar.value())

    def _lay_out(self, *, keep: bool = True) -> None:
        grid = self.grid
        self.bar.setPageStep(self.port.height())
        self.bar.setSingleStep(grid.pitch_y)
        self.bar.setRange(0, max(grid.tall - self.port.height(), 0))
        if not keep:
            self.bar.setValue(0)
        self._repaint()

    def _repaint(self, *_: object) -> None:
        if self.listing is not None:
            self.thumbnails.want(self.listing.rows[k] for k in self.in_sight())
        self.port.update()

    def minimumSizeHint(self) -> QSize:
        """A row of pictures of the usual size; larger ones must not make the window larger than the screen."""
        return QSize(60, min(self.grid.pitch_y, round(SIDE) + BAR))

    def sizeHint(self) -> QSize:
        return QSize(200, 3 * self.grid.pitch_y)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        self._lay_out()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self._repaint()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self.port)
        palette, colours = self.palette(), self.classes.colours
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._shrinks())
        hover, pick = (self._image(place) for place in (self.viewer.hover, self.viewer.pick))
        for place in self.in_sight():
            assert self.listing is not None
            row, box = int(self.listing.rows[place]), self.box(place)
            image = self.thumbnails.get(row)
            if image is None:
                painter.fillRect(box, palette.alternateBase())
            else:
                painter.drawImage(QRectF(box), image)
            label = int(self.viewer.cache.label[row])
            if 0 <= label < len(colours):
                painter.fillRect(box.left(), box.bottom() + 2, box.width(), BAR, colours[label])
            if row in (hover, pick):
                _frame(painter, box, palette.link().color() if row == pick else palette.text().color())

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        self.go_over(self.place_at(event.position()))

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        place = self.place_at(event.position())
        self.go_over(place)
        if place is not None and event.button() == Qt.MouseButton.LeftButton:
            self._press(place, event.modifiers())

    def viewportEvent(self, event: QEvent | None) -> bool:
        if event is not None and event.type() == QEvent.Type.Leave:
            self.go_over(None)
        return super().viewportEvent(event)

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        assert event is not None
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            first = self.in_sight().start  # stays the first
            self.side = min(max(self.side * ZOOM ** (event.angleDelta().y() / 120), SMALLEST), LARGEST)
            self._lay_out()
            self.bar.setValue(self.grid.corner(first)[1])
        else:
            super().wheelEvent(event)
        self.go_over(self.place_at(event.position()))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """The arrows go from picture to picture, Enter and Space click."""
        assert event is not None
        grid = self.grid
        if event.key() in STEPS and grid.pictures:
            across, down = STEPS[Qt.Key(event.key())]
            now = -1 if self.over is None else self.over
            place = min(max(now + across + down * grid.across, 0), grid.pictures - 1)
            self._show(place)
            self.go_over(place)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Space) and self.over is not None:
            self._press(self.over, event.modifiers())
        else:
            super().keyPressEvent(event)

    def _show(self, place: int) -> None:
        """Scroll until the picture is in sight."""
        grid = self.grid
        top = grid.corner(place)[1]
        self.bar.setValue(min(max(self.bar.value(), top + grid.pitch_y - self.port.height()), top))

    def go_over(self, place: int | None) -> None:
        """Put the cursor on a picture of the list, or on none."""
        if place == self.over:
            return
        self.over = place
        self.viewer.cell = None
        self.viewer.hover = None if place is None else self._place(place)
        self.port.setToolTip("" if place is None else self._tip(place))

    def _press(self, place: int, modifiers: Qt.KeyboardModifier) -> None:
        assert self.listing is not None
        how = how_of(modifiers)
        if how == "replace":
            self.viewer.pick = self._place(place)
            return
        mask = np.zeros(self.viewer.cache.images, bool)
        mask[self.listing.rows[place]] = True
        self.viewer.select_images(mask, how)

    def _place(self, place: int) -> Place:
        assert self.listing is not None
        assert self.listed is not None
        return Place(self.listed[0], int(self.listing.points[place]))

    def _tip(self, place: int) -> str:
        assert self.listing is not None
        assert self.listed is not None
        cache, row, by = self.viewer.cache, int(self.listing.rows[place]), self.listed[1]
        label, score = int(cache.label[row]), float(self.listing.score[place])
        words = [f"image #{cache.index[row]}"]
        words += [self.classes.names[label]] if 0 <= label < len(self.classes.names) else []
        if by.order in ("highest", "lowest"):
            words.append(f"channel {by.channel}: {number(score)}")
        elif by.order == "unlike" and np.isfinite(score):
            words.append(f"{number(score)} times as far from its class's mean as usual")
        return as_tip(plain(" · ".join(words)))

    def _image(self, place: Place | None) -> int | None:
        return None if place is None else self.viewer.image_of(place)

    def _shrinks(self) -> bool:
        return self.grid.width * self.devicePixelRatioF() < self.viewer.cache.thumbnail_shape[1]


def _frame(painter: QPainter, box: QRect, colour: QColor) -> None:
    """Around a picture, with a dark line inside so that it is seen on any."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for around, shade, width in ((box.adjusted(0, 0, -1, -1), QColor("#000000"), 3), (box, colour, 2)):
        painter.setPen(QPen(shade, width))
        painter.drawRect(around)


def _listing(*job: object) -> object:
    from seeinin.state.gallery import listing

    return listing(*job)  # type: ignore[arg-type]
