"""The one mutable truth of the viewer: what is shown, where, what is under the cursor, picked and selected.

Three laws keep every view in step: an equal write emits nothing; a handler never writes; a view repaints from the
signal even when it caused it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import ClassVar, NamedTuple

import numpy as np
from psygnal import SignalGroupDescriptor

from seeinin.geometry.matrix import Camera, Upper
from seeinin.geometry.warp import Kind
from seeinin.pool import POOL
from seeinin.state.answers.answer import Answers
from seeinin.state.colouring import ColourBy
from seeinin.state.gallery import GalleryBy
from seeinin.state.history import History
from seeinin.state.inbox import Inbox
from seeinin.state.legend import LegendOrder
from seeinin.state.linking import Rule
from seeinin.state.named import Auto, Cell, Contrast, Drawn, Maps, Pile, Place, Style, Tool
from seeinin.state.questions import silent
from seeinin.state.ranges import Limits, Ranges, layer_limits
from seeinin.state.selection import How, Kept, Selection, chosen, combined
from seeinin.state.slots import Slots, entered, first_slots
from seeinin.state.sources import Sources
from seeinin.state.view import Arrangement, View, opening_view
from seeinin.store.reader import Cache, Layer


class Selected(NamedTuple):
    """A step of the history."""

    selection: Selection | None
    kept: tuple[Kept, ...]


@dataclass(eq=False)
class ViewerState:
    """Write to the fields or call the intents; listen with `state.events.FIELD.connect(...)`. One thread owns it."""

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()

    view: View | None = None
    hover: Place | None = None
    cell: Cell | None = None  # under the cursor
    pile: Pile | None = None  # under the cursor, where it is more than one point
    pick: Place | None = None
    selection: Selection | None = None
    draft: Selection | None = None  # what a lasso on its way would select; never undone
    kept: tuple[Kept, ...] = ()  # selections with names
    against: Kept | None = None  # what the selection is compared with; without it all that is not selected
    link: Rule = "place"
    tool: Tool = "pan"
    style: Style | Auto = "auto"  # points where they can be told apart, their density where not
    upper: Upper = "same"  # what the plots above the diagonal are, which mirror those below
    point_size: float = 3.0
    opacity: float = 0.6
    hidden: frozenset[int] = field(default_factory=frozenset)  # classes that the legend's eye has closed
    legend: LegendOrder = "name"
    slots: Slots = ()  # the classes that have a colour
    colour_by: ColourBy = field(default_factory=ColourBy)
    gallery: GalleryBy = field(default_factory=GalleryBy)
    maps: Maps = "average"  # the feature maps of what is selected, or how they differ from those of the rest
    contrast: Contrast = "layer"  # what the feature maps are scaled by
    answers: Answers | None = None  # to the question that was asked last
    motion: bool = False  # whether the picture glides to a far camera
    drawn: Drawn | None = None
    busy: str = ""  # what the window is waiting for, in words

    def __post_init__(self) -> None:
        self.inbox = Inbox()
        self._selections: History[Selected] = History(
            lambda s: 0 if s.selection is None else s.selection.strength.nbytes
        )
        self._views: History[View] = History()
        self._remembered: dict[int, View] = {}
        self._limits: dict[int, Limits] = {}  # of the axes of each layer that was looked at
        self._wanted = -1
        self.leaps = 0  # counts the changes of the view that `back` returns from

    def attach(self, cache: Cache) -> "ViewerState":
        """Look at `cache`; `show_layer` comes next."""
        cache.preload()
        self.cache = cache
        self.sources = Sources.of(cache)
        self.linker = self.sources.linker
        if not cache.classes:
            self.colour_by = ColourBy("nothing")
        self.slots = first_slots(len(cache.classes))
        return self

    @property
    def layer(self) -> Layer | None:
        """The active layer; None until the first has been read."""
        return None if self.view is None else self.cache.layers[self.view.layer]

    @property
    def is_arriving(self) -> bool:
        """Whether another layer than the active one was asked for, and is being read."""
        return self._wanted != (-1 if self.view is None else self.view.layer)

    def show_layer(self, number: int) -> None:
        """Make a layer active, at the view that it was left with. Its ranges are read off this thread first."""
        if not 0 <= number < len(self.cache.layers) or number == self._wanted:
            return
        if number in self._remembered:
            self._enter(self._remembered[number])
        else:
            order = "network" if self.view is None else self.view.arrangement.order
            self.show_view(number, lambda limits: self._opening(number, limits).ordered_by(order))

    def show_view(self, number: int, make: Callable[[Limits], View]) -> None:
        """Show the view of a layer that `make` gives when it is told the limits of the layer's axes."""
        self._wanted = number
        if number in self._limits:
            self._enter(make(self._limits[number]))
        else:
            limits = POOL.now(layer_limits, self.cache.layers[number])
            self.inbox.deliver(limits, partial(self._arrived, number, make), partial(self._stay, number))

    def _stay(self, number: int) -> None:
        if number == self._wanted:
            self._wanted = -1 if self.view is None else self.view.layer

    def _arrived(self, number: int, make: Callable[[Limits], View], limits: Limits) -> None:
        self._limits[number] = limits
        if number == self._wanted:
            self._enter(make(limits))

    def _opening(self, number: int, limits: Limits) -> View:
        return opening_view(number, limits, self.silent(number))

    def silent(self, number: int) -> frozenset[int]:
        """The silent channels of a layer whose ranges have been read."""
        return frozenset(np.flatnonzero(silent(self.cache.layers[number])).tolist())

    def arrange(self, arrangement: Arrangement) -> None:
        """Show other channels, or in another order. Raises ChannelError where the text names none."""
        if self.view is None or self.layer is None or arrangement == self.view.arrangement:
            return
        view = self.view.arranged(arrangement, self.layer.shape[0], self.silent(self.layer.number))
        if self.view.arrangement.is_pending:
            self._go(view)  # nobody wants to go back to where a layer waited for its order
        else:
            self._enter(view)

    def open_cell(self, row: int, column: int, layer: int | None = None) -> None:
        """Fill the view with the plot of two channels of a layer, of the active one where none is named."""
        if self.view is not None and layer in (None, self.view.layer):
            self._enter(self.view.opened(row, column))
        elif layer is not None:
            self.show_view(layer, lambda limits: self._opening(layer, limits).opened(row, column))

    def _enter(self, view: View) -> None:
        if self.view is not None:
            self._views.leave(self.view)
        self._go(view)

    def _go(self, view: View) -> None:
        if self.view is not None:
            self._remembered[self.view.layer] = self.view
        self._wanted = view.layer
        self.leaps += 1
        self.hover = self.cell = None
        self.view = view

    def jump(self, camera: Camera) -> None:
        """Move the camera far, so that `back` returns to where it was."""
        if self.view is not None and camera != self.view.camera:
            self._enter(replace(self.view, camera=camera))

    def move(self, camera: Camera) -> None:
        """Move the camera by a small step of a pan or a zoom."""
        if self.view is not None:
            self.view = replace(self.view, camera=camera)

    def stretch(self, channel: int, low: float, high: float) -> None:
        """Give one channel another axis range."""
        if self.view is not None and high > low and np.isfinite([low, high]).all():
            self.view = replace(self.view, ranges={**self.view.ranges, channel: (low, high)})

    def frame(self, ranges: Ranges) -> None:
        """Give several channels new axis ranges at once, so that `back` returns to the old ones."""
        if self.view is not None:
            self._enter(replace(self.view, ranges={**self.view.ranges, **ranges}))

    def fit(self, camera: Camera) -> None:
        """The whole matrix, with the axis ranges that it usually has."""
        if self.view is not None:
            self._enter(replace(self.view, ranges=self._usual(self.view), camera=camera))

    def reset_range(self, channel: int) -> None:
        """Give one channel the axis range again that such axes have."""
        if self.view is not None:
            self.stretch(channel, *self._usual(self.view)[channel])

    def warp(self, kind: Kind, channels: Iterable[int] | None = None) -> None:
        """Give some channels, or all, axes of another kind, with the range that such axes have."""
        view = self.view
        if view is None:
            return
        limits, chosen = self._limits[view.layer], set(view.ranges if channels is None else channels)
        warps = {c: w for c, w in view.warps.items() if c not in chosen}
        warps |= {c: limits.warp(c, kind) for c in chosen if kind != "linear"}
        usual = limits.ranges(warps, whole=view.whole)
        ranges = {c: usual[c] if c in chosen else range_ for c, range_ in view.ranges.items()}
        if warps != view.warps:
            self._enter(replace(view, warps=warps, ranges=ranges))

    def show_whole(self, whole: bool) -> None:
        """Let all axes span all values of their channels, or what lies between the quantiles."""
        if self.view is not None and whole != self.view.whole:
            ranges = self._limits[self.view.layer].ranges(self.view.warps, whole=whole)
            self._enter(replace(self.view, whole=whole, ranges=ranges))

    def _usual(self, view: View) -> Ranges:
        return self._limits[view.layer].ranges(view.warps, whole=view.whole)

    @property
    def can_go_back(self) -> bool:
        return bool(self._views.past)

    @property
    def can_go_forward(self) -> bool:
        return bool(self._views.future)

    def back(self) -> None:
        """To the view before."""
        if self.view is not None and self._views.past:
            self._go(self._views.back(self.view))

    def forward(self) -> None:
        """To the view that `back` left."""
        if self.view is not None and self._views.future:
            self._go(self._views.forward(self.view))

    def toggle_style(self) -> None:
        """Points instead of density, or density instead of points, from what is drawn now."""
        now = self.style if self.style != "auto" or self.drawn is None else self.drawn.style
        self.style = "points" if now == "density" else "density"

    def select(self, new: Selection, how: How = "replace") -> None:
        """Combine with the selection; exact in the layer of the newer, of the older where the newer is of images."""
        self._choose(self.combined(new, how))

    def combined(self, new: Selection, how: How) -> Selection | None:
        """What `select` would select."""
        old = self.selection
        if how != "replace" and old is not None:
            layer = old.layer if new.layer is None else new.layer
            before, now = (self.linker.points(s, self.link, layer) for s in (old, new))
            new = Selection(layer, combined(before, now, how))
        elif how in ("subtract", "intersect"):
            return None
        return new if new.count else None

    def select_images(self, mask: np.ndarray, how: How = "replace") -> None:
        """`mask` bool (N): whole images."""
        self.select(chosen(None, mask), how)

    def select_class(self, number: int, how: How = "replace") -> None:
        """The images of a class; one of many classes gets a colour with it."""
        self.slots = entered(self.slots, number)
        self.select_images(self.cache.label == number, how)

    def solo(self, number: int) -> None:
        """Hide all other classes; where they are hidden already, show all."""
        others = frozenset(range(len(self.cache.classes))) - {number}
        self.hidden = frozenset() if self.hidden == others else others

    def invert(self) -> None:
        """Select what is not selected, in the layer where the selection is exact."""
        if self.selection is None:
            self.select_images(np.ones(self.cache.images, bool))
        else:
            rest = chosen(self.selection.layer, self.selection.strength == 0)
            self._choose(rest if rest.count else None)

    def clear(self) -> None:
        self._choose(None)

    @property
    def can_undo(self) -> bool:
        return bool(self._selections.past)

    @property
    def can_redo(self) -> bool:
        return bool(self._selections.future)

    def undo(self) -> None:
        """Back to what was selected, and to the names that selections had, before."""
        self._show(self._selections.back(Selected(self.selection, self.kept)))

    def redo(self) -> None:
        self._show(self._selections.forward(Selected(self.selection, self.kept)))

    def _show(self, selected: Selected) -> None:
        self.selection, self.kept = selected

    def keep(self, name: str) -> None:
        """Give the selection a name, under which it stays; a name that is taken gets the new one."""
        if self.selection is not None:
            others = tuple(kept for kept in self.kept if kept.name != name)
            self._name((*others, Kept(name, self.selection)))

    def forget(self, name: str) -> None:
        self._name(tuple(kept for kept in self.kept if kept.name != name))

    def _name(self, kept: tuple[Kept, ...]) -> None:
        if kept != self.kept:
            self._selections.leave(Selected(self.selection, self.kept))
            self.kept = kept

    def recall(self, name: str, how: How = "replace") -> None:
        """Select what was kept under a name."""
        for kept in self.kept:
            if kept.name == name:
                self.select(kept.selection, how)

    def compare_with_class(self, number: int) -> None:
        """Compare the selection with the images of a class, instead of all that is not selected."""
        self.slots = entered(self.slots, number)
        self.against = Kept(self.cache.classes[number], chosen(None, self.cache.label == number))

    def _choose(self, selection: Selection | None) -> None:
        if selection != self.selection:
            self._selections.leave(Selected(self.selection, self.kept))
            self.selection = selection

    def image_of(self, place: Place) -> int:
        """The row of the image that a point belongs to."""
        return place.point // self.cache.layers[place.layer].positions

    def position_of(self, place: Place) -> tuple[int, int]:
        """The (y, x) position of a point in its layer."""
        _, height, width = self.cache.layers[place.layer].shape
        y, x = divmod(place.point % (height * width), width)
        return y, x
