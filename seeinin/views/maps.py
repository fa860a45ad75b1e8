"""The feature maps: all layers of the network at once, of the picked image or averaged over the selection, by
themselves or as they differ from those of the rest."""

from collections.abc import Callable

import numpy as np

from seeinin.geometry.matrix import Rect
from seeinin.state.named import Place
from seeinin.state.state import ViewerState
from seeinin.views.averages import Mean, shape_shown
from seeinin.views.averaging import Averaging
from seeinin.views.browsing import Browsing
from seeinin.views.captions import name_of, titles, value_of
from seeinin.views.foot import HEIGHT, Foot
from seeinin.views.outlines import outlines, shown_channels, spot_outlines, thumb
from seeinin.views.scales import scale_of
from seeinin.views.sheet import Block, Pane, Spot, filling
from seeinin.views.subjects import CROPS, INPUT
from seeinin.views.theme import DARK, Theme
from seeinin.views.tiles import Tiles
from seeinin.visuals.canvas import Canvas
from seeinin.visuals.labels import Labels
from seeinin.visuals.picture import Picture
from seeinin.visuals.strokes import Strokes

MARGIN = 12  # px at the left and the right of the maps
CLOSEST, FARTHEST = 16.0, 0.5  # of the zoom


class MapsView:
    """Paints from the state: the latest of pick and selection, and the average of all images where there is neither.

    `note` says what is shown, and `noted(note)` is called when that changes. The window sets `viewport_aspect`, width /
    height of the matrix's viewport, so that the channels seen there are outlined here.
    """

    def __init__(self, state: ViewerState, canvas: Canvas, theme: Theme = DARK) -> None:
        self.state, self.canvas, self.theme = state, canvas, theme
        self.note = ""
        self.noted: Callable[[str], object] = lambda note: None
        self.scroll, self.zoom = 0.0, 1.0  # px from the top of the sheet; times the size that fills the panel
        self.under: tuple[int, Spot | None] | None = None  # the layer, and its value, under the cursor
        self.averages = Averaging(state, self.refresh)
        self.tiles = Tiles(theme, state.contrast)
        self._aspect = 1.0
        self._heading: tuple[int, int] | None = None  # the layer and the channel that were clicked, until it is there
        self._pending = False  # a repaint is in the inbox
        self.picture, self.strokes, self.titles = Picture(), Strokes(), Labels()
        for order, node in enumerate((self.picture, self.strokes, self.titles)):
            node.parent, node.order = canvas.scene, order
        self.foot = Foot(canvas.scene)
        self.browsing = Browsing(self)
        state.events.view.connect(self._on_view)
        state.events.hover.connect(self._on_hover)
        state.events.contrast.connect(self._on_contrast)
        canvas.events.resize.connect(self.refresh)
        self.refresh()

    @property
    def pane(self) -> Pane:
        """The layout as it is now; scrolling ends where the sheet ends."""
        (width, height), ratio, cache = self.canvas.size, float(self.canvas.pixel_scale), self.state.cache
        subject = self.averages.subject
        crops = [CROPS] if subject is not None and subject.patches is not None else []
        numbers = [INPUT, *crops, *range(len(cache.layers))]
        body = Rect(MARGIN, 0, max(width - 2 * MARGIN, 8), max(height - HEIGHT, 1))
        shapes = tuple((n, shape_shown(cache, subject, n)) for n in numbers)
        sheet = filling(shapes, (round(body.width * ratio), round(body.height * ratio)), ratio, self.zoom)
        self.scroll = min(max(self.scroll, 0.0), max(sheet.height / ratio - body.height, 0.0))
        return Pane(sheet, body, ratio, round(self.scroll * ratio))

    @property
    def viewport_aspect(self) -> float:
        return self._aspect

    @viewport_aspect.setter
    def viewport_aspect(self, aspect: float) -> None:
        self._aspect = aspect
        self.refresh()

    def set_theme(self, theme: Theme) -> None:
        self.theme, self.tiles = theme, Tiles(theme, self.state.contrast)
        self.canvas.bgcolor = theme.panel
        self.refresh()

    def means(self, pane: Pane) -> dict[int, Mean]:
        """What there is to show; the maps of the subject before, which may have other shapes, until then."""
        found = ((b, self.averages.means.get(b.number)) for b in pane.blocks)
        return {b.number: m for b, m in found if m is not None and (m.maps, *m.values.shape[1:]) == b.shape}

    def settled(self) -> bool:
        """Whether the exact maps of the present state are on the canvas."""
        return not self._pending and self.averages.settled()

    def _on_view(self, *_: object) -> None:
        self.refresh()
        if self._heading is not None:
            self.state.inbox.post(self._go_on)

    def _on_hover(self, *_: object) -> None:
        if self.averages.subject is not None and self.averages.subject.image is not None:
            self.refresh()

    def _on_contrast(self, *_: object) -> None:
        self.tiles = Tiles(self.theme, self.state.contrast)
        self.refresh()

    def refresh(self, *_: object) -> None:
        """Paint, once, after all that is in the inbox has been heard."""
        if not self._pending:
            self._pending = True
            self.state.inbox.post(self._paint)

    def _paint(self) -> None:
        self._pending = False
        pane = self.pane
        if self.under is not None and not _has(pane.sheet.by_number.get(self.under[0]), self.under[1]):
            self.under = None  # of the subject before
        self.averages.want(b.number for b in pane.blocks)
        means = self.means(pane)
        self.picture.set_array(self.tiles.picture(pane, means))
        self.picture.place(*pane.body)
        self.strokes.set_strokes(*self._strokes(pane))
        under = self.under[0] if self.under and self.under[1] is None else None
        self.titles.set_labels(titles(pane, self.state.cache, means, self._active(), under, self.theme))
        self.strokes.clip = self.titles.clip = Rect(0, 0, self.canvas.size[0], pane.body.height)
        self._paint_foot(pane, means)
        self._tell()
        self.canvas.update()

    def _active(self) -> int | None:
        return None if self.state.view is None else self.state.view.layer

    def _strokes(self, pane: Pane) -> list[np.ndarray]:
        strokes = [thumb(pane, self.canvas.size[0], self.theme)]
        view, found, theme = self.state.view, self.under, self.theme
        if view is not None and view.layer in self.averages.means:
            block, channels = pane.sheet.by_number[view.layer], shown_channels(view, self._aspect)
            strokes.append(outlines(pane, block, channels, theme))
            for place, colour in ((self.state.pick, theme.accent), (self.state.hover, theme.text)):
                if place is not None and place.layer == view.layer and block.shape[1:] != (1, 1) and self._shows(place):
                    spots = [Spot(channel, *self.state.position_of(place)) for channel in channels]
                    strokes.append(spot_outlines(pane, block, spots, colour, theme))
        if found is not None and found[1] is not None:
            strokes.append(spot_outlines(pane, pane.sheet.by_number[found[0]], [found[1]], theme.text, theme))
        return strokes

    def _shows(self, place: Place) -> bool:
        """Whether the maps are those of that point's image."""
        return self.averages.subject is not None and self.averages.subject.image == self.state.image_of(place)

    def _paint_foot(self, pane: Pane, means: dict[int, Mean]) -> None:
        """The value under the cursor, and the scale of its layer or else of the active one."""
        number, spot = self.under or (self._active(), None)
        mean = None if number is None else means.get(number)
        if mean is None:
            self.foot.clear()
            return
        cache, place = self.state.cache, Rect(pane.body.x, self.canvas.size[1] - HEIGHT, pane.body.width, HEIGHT)
        text = value_of(cache, pane.sheet.by_number[mean.number], spot, mean) if spot else ""
        scale, channel = scale_of(mean, self.theme.dark, self.state.contrast), spot.channel if spot else 0
        name = name_of(cache, mean.number) + (", in standard deviations" if mean.is_difference else "")
        self.foot.show(place, self.theme, text, name, scale, channel)

    def _tell(self) -> None:
        subject = self.averages.subject
        note = "" if subject is None else subject.title
        if subject is not None and not self.averages.settled():
            note += f" · {self.averages.progress():,} of {subject.size:,}"
        if note != self.note:
            self.note = note
            self.noted(note)

    def scroll_by(self, pixels: float) -> None:
        self.scroll += pixels
        self.refresh()

    def zoom_at(self, factor: float, x: float, y: float) -> None:
        """Maps `factor` times as large; the layer at the pixel stays there."""
        before = self.pane
        self.zoom = min(max(self.zoom * factor, FARTHEST), CLOSEST)
        after, block = self.pane, before.block_at(x, y)
        if block is not None:
            share = (y - before.y(block.top)) / (block.size[1] / before.ratio)
            now = after.sheet.by_number[block.number]
            self.scroll += after.y(now.top + share * now.size[1]) - y
        self.refresh()

    def hover_at(self, x: float, y: float) -> None:
        """Name the value under the pixel; where one image is shown, its point is under the cursor in every view."""
        block = self.pane.block_at(x, y)
        spot = None if block is None else self.pane.spot_at(block, x, y)
        named = block is not None and (spot is not None or y < self.pane.y(block.top))
        under = (block.number, spot) if block is not None and named else None
        if under != self.under:
            self.under = under
            self.state.hover = self._place()
            self.refresh()

    def click_at(self, x: float, y: float) -> None:
        """On a name: make the layer active. On a value: go to its channel, and pick its point if one image is shown."""
        self.hover_at(x, y)
        if self.under is None or self.under[0] < 0:
            return
        number, spot = self.under
        self.state.show_layer(number)
        if spot is None:
            return
        if (place := self._place()) is not None:
            self.state.pick = place
        self._heading = number, spot.channel
        self._go_on()

    def _go_on(self) -> None:
        """To the diagonal plot of the channel that was clicked, once its layer is the active one."""
        view, heading = self.state.view, self._heading
        if view is None or heading is None or view.layer != heading[0]:
            return
        self._heading = None
        if view.rows == view.columns:  # else it is one scatter plot, which has no diagonal
            self.state.open_cell(heading[1], heading[1])

    def _place(self) -> Place | None:
        """The point under the cursor, where the maps are those of one image."""
        subject, (number, spot) = self.averages.subject, self.under or (INPUT, None)
        if number < 0 or spot is None or subject is None or subject.image is None:
            return None
        _, height, width = self.state.cache.layers[number].shape
        return Place(number, (subject.image * height + spot.y) * width + spot.x)


def _has(block: Block | None, spot: Spot | None) -> bool:
    return block is not None and (spot is None or all(v < n for v, n in zip(spot, block.shape, strict=True)))
