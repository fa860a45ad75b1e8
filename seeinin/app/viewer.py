"""Everything that the mouse can do, from Python."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np

from seeinin.app.opening import class_number
from seeinin.app.stage import Look, Panel, Stage
from seeinin.geometry.matrix import Camera, Upper
from seeinin.geometry.warp import Kind
from seeinin.state import session
from seeinin.state.answers.answer import Answers
from seeinin.state.colouring import ColourBy, Meaning
from seeinin.state.export import write_selection
from seeinin.state.gallery import GalleryBy, GalleryOrder
from seeinin.state.legend import LegendOrder
from seeinin.state.linking import Rule
from seeinin.state.named import Place
from seeinin.state.questions import Order
from seeinin.state.selection import How, Selection, chosen
from seeinin.state.state import ViewerState
from seeinin.state.view import View
from seeinin.store.reader import Cache

if TYPE_CHECKING:
    from seeinin.app.window import Window


class Viewer:
    """The window of a cache, in the hands of a program.

    It needs no display: without `headless=False` nothing appears on a screen. All its calls belong to the thread that
    made it. Close it, or use it in a `with` statement.
    """

    def __init__(
        self,
        cache: Cache | Path | str,
        size: tuple[int, int] = (1600, 1000),
        *,
        headless: bool = True,
        state: ViewerState | None = None,
        theme: Look = "dark",
        scale: int = 1,
    ) -> None:
        """`size` (width, height) of the window in points; without a screen, `scale` pixels (1 to 8) to a point.

        Raises CacheError and DisplayError.
        """
        self.stage = Stage(cache, size, headless=headless, state=state, theme=theme, scale=scale)
        self.cache, self.state = self.stage.cache, self.stage.state

    @property
    def window(self) -> "Window":
        return self.stage.window

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def show_layer(self, name: str) -> None:
        """Make a layer active; opened for the first time, its channels are ordered as those of the one before.

        Raises CacheError, with the nearest name, for one that is not there.
        """
        number = self.cache.layer(name).number
        self.state.show_layer(number)
        self._wait_for_layer(number)
        self.stage.wait(lambda: not self._view().arrangement.is_pending)

    def axes(self, kind: Kind | None = None, *channels: int, whole: bool | None = None) -> None:
        """Spread the values of some channels of the active layer, or of all, "linear", by their "log" on both sides of
        zero, or by "rank". `whole`: from the lowest to the highest, or between the 0.1 and the 99.9 % quantile.

        Raises ValueError for a channel that the layer has not.
        """
        known = self._view().ranges
        if unknown := [channel for channel in channels if channel not in known]:
            raise ValueError(f"channels {unknown} are not among 0 to {len(known) - 1}")
        if kind is not None:
            self.state.warp(kind, channels or None)
        if whole is not None:
            self.state.show_whole(whole)

    def channels(self, text: str) -> None:
        """Show the channels that a text names, such as "812, 4-9, top 20". Raises ChannelError where it names none."""
        self._view()
        self.window.arranging.write(text)

    def order(self, name: Order) -> None:
        """Order the channels of the active layer, and wait for it; with a selection "separates" and "tells" too.

        Raises DataError where there is nothing to order by.
        """
        self._view()
        self.window.arranging.order_by(name)
        self.stage.wait(lambda: not self.state.busy)

    def next_cell(self) -> None:
        """Go to the plot in which the selection can best be told from what it is compared with, then the next best."""
        self._view()
        self.window.arranging.next_cell()
        self.stage.wait(lambda: not self.state.busy)

    def upper(self, what: Upper) -> None:
        """What is above the diagonal: the "same" plots mirrored, their "density", or one "correlation" a cell."""
        self.state.upper = what

    def frame(self, channel_x: int, channel_y: int | None = None) -> None:
        """Fill the view with the plot of two channels of the active layer, or with the diagonal plot of one."""
        view = self._view()
        wanted = {"columns": channel_x, "rows": channel_x if channel_y is None else channel_y}
        for side, channel in wanted.items():
            if channel not in getattr(view, side):
                raise ValueError(f"channel {channel} is not among those shown: {getattr(view, side)}")
        x, y = view.columns.index(wanted["columns"]), view.rows.index(wanted["rows"])
        self.state.jump(Camera(x + 0.5, y + 0.5, 1.0))

    def fit(self) -> None:
        """Show the whole matrix of the active layer, with the axes that it opened with."""
        self._view()
        self.window.matrix.steering.fit()

    def zoom(self, factor: float, channel_x: int, channel_y: int, at: tuple[float, float]) -> None:
        """Go `factor` times closer to a place (x, y) of the plot of two channels, as the wheel there does."""
        self._framed(channel_x, channel_y)
        self.window.matrix.steering.zoom(factor, *self._pixel(channel_x, channel_y, at))

    def stretch(self, channel: int, low: float, high: float) -> None:
        """Give the axis of a channel of the active layer other ends, as the wheel over it does."""
        self._view()
        self.state.stretch(channel, low, high)

    def alone(self, alone: bool = True) -> None:
        """Show the plots without the columns at their sides, or bring these back."""
        self.window.show_alone(alone=alone)

    def widths(self, left: int, right: int) -> None:
        """Make the left and the right column so many points wide, as dragging their edges does."""
        self.window.splitter.setSizes([left, self.window.width() - left - right, right])

    def select(
        self, what: Selection | int | str | np.ndarray | None, *, layer: str | None = None, how: How = "replace"
    ) -> None:
        """Select a class (its number or name), images (bool (N)), or points of `layer` (bool (P), or their numbers).

        None clears. Raises CacheError for an unknown name, ValueError for a mask of another length.
        """
        if what is None:
            self.state.clear()
        elif isinstance(what, Selection):
            self.state.select(what, how)
        elif isinstance(what, int | str):
            number = class_number(self.cache, what) if isinstance(what, str) else what
            self.state.select_class(number, how)
        else:
            where = None if layer is None else self.cache.layer(layer)
            size = self.cache.images if where is None else where.points
            self.state.select(chosen(None if where is None else where.number, _mask(np.asarray(what), size)), how)

    def lasso(
        self, channel_x: int, channel_y: int, corners: Sequence[tuple[float, float]], how: How = "replace"
    ) -> None:
        """Select the points inside a polygon of values (x, y) in the plot of two channels, which fills the view."""
        cell = self._framed(channel_x, channel_y)
        polygon = np.array([self._pixel(channel_x, channel_y, corner) for corner in corners])
        plot = self.window.matrix.hits.plot(cell)
        if plot is not None:
            self.state.select(plot.in_polygon(polygon), how)

    def select_nearest(
        self, channel_x: int, channel_y: int, at: tuple[float, float], count: int, *, images: bool = False
    ) -> None:
        """Select the points, or so many whole images, nearest to a place (x, y) of the plot of two channels, which then
        fills the view: in values, or in ranks where its axes are such."""
        plot = self.window.matrix.hits.plot(self._framed(channel_x, channel_y))
        if plot is not None:
            self.state.select(plot.nearest(*self._pixel(channel_x, channel_y, at), count, images=images))

    def select_band(self, channel: int, band: int, how: How = "replace") -> None:
        """Select one of the eight bands (0 to 7) of a channel's axis, as a click in the strip under its plot does."""
        from seeinin.state.bands import band_points  # kernels

        view, layer = self._view(), self.cache.layers[self._view().layer]
        low, high = view.ranges[channel]
        asked = layer, channel, view.warp(channel), low, high, band, self.state.hidden
        self.state.select(band_points(self.state.sources, *asked), how)

    def hide(self, *classes: int | str) -> None:
        """Hide the points of these classes, by number or name, and show all others."""
        numbers = (class_number(self.cache, one) if isinstance(one, str) else one for one in classes)
        self.state.hidden = frozenset(numbers)

    def legend(self, order: LegendOrder = "name") -> list[str]:
        """Order the legend: as in the cache, by "count" or by "lift" of the selection; the classes as it has them."""
        self.state.legend = order
        self.stage.wait(lambda: self.window.tallied is self.state.selection)
        return [self.cache.classes[number] for number in self.window.legend.classes.order]

    def hover(self, layer: str, image: int, y: int = 0, x: int = 0) -> None:
        """Put the cursor on the point of a row of the cache, at position (y, x) of a layer."""
        self._view()  # entering a layer forgets the cursor
        self.state.hover = self._place(layer, image, y, x)

    def pick(self, image: int, layer: str | None = None, y: int = 0, x: int = 0) -> None:
        """Pin a row of the cache, by its point in `layer` (the active one without it)."""
        self.state.pick = self._place(layer or self.cache.layers[self._view().layer].name, image, y, x)

    def link(self, rule: Rule) -> None:
        """How other layers show the selection: by "place" or by "image"."""
        self.state.link = rule

    def gallery(self, order: GalleryOrder = "rows", channel: int | None = None) -> np.ndarray:
        """Order the gallery, and wait for it: the rows of the cache as it shows them, int64 (n).

        "unlike": least like its class first; "highest", "lowest": by a channel of the active layer, the one in focus
        without a number; "rows": as in the cache. Raises ValueError for a channel that the layer has not.
        """
        channels = self.cache.layers[self._view().layer].shape[0]
        if channel is not None and not 0 <= channel < channels:
            raise ValueError(f"channel {channel} is not one of 0 to {channels - 1}")
        self.state.gallery = GalleryBy(order, channel)
        self.stage.wait(self.window.gallery.settled)
        assert self.window.gallery.listing is not None
        return self.window.gallery.listing.rows

    def compare(self, what: int | str | None) -> None:
        """Compare the selection with a class, by number or name, with what was kept under a name, or with all the rest.

        Raises CacheError for an unknown name.
        """
        kept = {one.name: one for one in self.state.kept}
        if what is None or what in kept:
            self.state.against = None if what is None else kept[str(what)]
        else:
            self.state.compare_with_class(class_number(self.cache, what) if isinstance(what, str) else what)

    def ask(self, name: str) -> Answers:
        """The answers to a question about the active layer, the selection and the pick, which the window shows too.

        `name`: "mistakes", "wrong", "parting", "place", "odd", "tight", "silent" or "duplicates".
        `go(viewer.state, "replace")` of a line does what a click on it does. Raises DataError where there is no answer.
        """
        self.state.answers = None
        self._view()
        self.window.asking.ask(name)
        self.stage.wait(lambda: self.state.answers is not None)
        assert self.state.answers is not None
        return self.state.answers

    def picture(self, path: Path | str | None = None, panel: Panel = "window", *, caption: bool = False) -> np.ndarray:
        """The window, settled, or one of its panels: uint8 (height, width, 4); also written to `path` as a PNG.

        `caption`: with a line below that says what it shows.
        """
        return self.stage.picture(path, panel, caption=caption)

    def save_session(self, path: Path | str) -> None:
        """Layer, camera, order, selections, pick and looks, to be seen again."""
        session.save(self.state, Path(path))

    def open_session(self, path: Path | str) -> None:
        """Look again at what was saved. Raises SessionError, and changes nothing, where it is not of this cache."""
        session.restore(self.state, Path(path))
        self.stage.wait(lambda: not self.state.is_arriving)

    def export(self, path: Path | str) -> int:
        """The selected points of the active layer as CSV, with the values of the channels shown; how many they are.

        Raises ValueError where nothing is selected.
        """
        view = self._view()
        if self.state.selection is None:
            raise ValueError("nothing is selected that could be exported")
        layer, channels = self.cache.layers[view.layer], list(dict.fromkeys((*view.columns, *view.rows)))
        return write_selection(Path(path), self.state.sources, self.state.selection, self.state.link, layer, channels)

    def keep(self, name: str) -> None:
        """Give the selection a name, under which `recall` finds it."""
        self.state.keep(name)

    def recall(self, name: str, how: How = "replace") -> None:
        """Select what was kept under a name. Raises ValueError where nothing was."""
        if name not in (kept.name for kept in self.state.kept):
            raise ValueError(f"no selection was kept as {name!r}: there are {[k.name for k in self.state.kept]}")
        self.state.recall(name, how)

    def colour(self, meaning: Meaning, which: int | str = 0) -> None:
        """What colours mean, see `ColourBy`: "class", "prediction", "channel" number `which`, …"""
        self.state.colour_by = ColourBy(meaning, which)

    def settle(self) -> None:
        """Wait until every panel shows the present state, exactly. Raises DisplayError when that does not happen."""
        self.stage.wait(self.window.settled)

    def run(self) -> None:
        """Leave the window to the mouse until it is closed (for `headless=False`)."""
        self.stage.run()

    def close(self) -> None:
        """Close the window, and the cache where it was opened here."""
        self.stage.close()

    def _place(self, layer: str, image: int, y: int, x: int) -> Place:
        found = self.cache.layer(layer)
        _, height, width = found.shape
        if not (0 <= image < self.cache.images and 0 <= y < height and 0 <= x < width):
            raise ValueError(f"{layer} has no point at image {image}, y {y}, x {x}")
        return Place(found.number, (image * height + y) * width + x)

    def _framed(self, channel_x: int, channel_y: int) -> tuple[int, int]:
        """The cell (i, j) of two channels, which fills the view."""
        self.frame(channel_x, channel_y)
        view = self._view()
        return view.rows.index(channel_y), view.columns.index(channel_x)

    def _pixel(self, channel_x: int, channel_y: int, at: tuple[float, float]) -> tuple[float, float]:
        """Where a place (x, y), in values, is drawn in the plot of two channels."""
        matrix = self.window.matrix.matrix
        assert matrix is not None
        x_axis, y_axis = matrix.x_axis(matrix.columns.index(channel_x)), matrix.y_axis(matrix.rows.index(channel_y))
        x, y = matrix.warp(channel_x).coordinate(at[0]), matrix.warp(channel_y).coordinate(at[1])
        return float(x_axis.scale * x + x_axis.offset), float(y_axis.scale * y + y_axis.offset)

    def _view(self) -> View:
        """The view of the active layer, once its ranges have been read."""
        self.stage.wait(lambda: self.state.view is not None)
        assert self.state.view is not None
        return self.state.view

    def _wait_for_layer(self, number: int) -> None:
        self.stage.wait(lambda: self.state.view is not None and self.state.view.layer == number)


def _mask(chosen: np.ndarray, size: int) -> np.ndarray:
    """bool (size) from a mask of that length or from numbers below it."""
    if chosen.dtype == bool:
        if chosen.shape != (size,):
            raise ValueError(f"a mask of {chosen.shape} values for {size} points")
        return chosen
    mask = np.zeros(size, bool)
    mask[chosen] = True
    return mask
