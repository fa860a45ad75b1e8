"""What the gallery shows first: its actions, and the line above it."""

from functools import partial
from typing import TYPE_CHECKING

from seeinin.app.action import Action
from seeinin.app.gallery import Gallery
from seeinin.app.headings import ListHeading
from seeinin.state.gallery import GalleryBy, GalleryOrder
from seeinin.state.state import ViewerState

if TYPE_CHECKING:
    from seeinin.app.commands import Commands
    from seeinin.app.window import Window

MENU = "View/Gallery"
WORDS: dict[GalleryOrder, str] = {
    "rows": "as in the cache",
    "unlike": "least like its class",
    "highest": "highest value first",
    "lowest": "lowest value first",
}


def in_words(by: GalleryBy, channel: int | None) -> str:
    """Short enough for the line above the gallery."""
    if by.order in ("highest", "lowest") and channel is not None:
        return f"{by.order} channel {channel}"
    return WORDS[by.order]


def _order(order: GalleryOrder, window: "Window") -> None:
    window.state.gallery = GalleryBy(order)


def _orders(order: GalleryOrder, state: ViewerState) -> bool:
    return state.gallery.order == order


def _has(order: GalleryOrder, state: ViewerState) -> bool:
    """Images without classes are like none."""
    return order != "unlike" or bool(state.cache.classes)


def _next(window: "Window") -> None:
    orders = [order for order in WORDS if _has(order, window.state)]
    now = orders.index(window.state.gallery.order)
    window.state.gallery = GalleryBy(orders[(now + 1) % len(orders)])


_TIPS: dict[GalleryOrder, str] = {
    "rows": "Images in the order of the cache, which is a random one",
    "highest": "Images by the value of the channel in focus, at their highest point",
    "lowest": "Images by the value of the channel in focus, at their lowest point",
    "unlike": "Images by their distance from the mean of their class in this layer, relative to what is usual there",
}
GALLERY = (
    *(
        Action(
            MENU,
            text[0].upper() + text[1:],
            (),
            _TIPS[kind],
            partial(_order, kind),
            partial(_has, kind),
            partial(_orders, kind),
        )
        for kind, text in WORDS.items()
    ),
    Action(MENU, "Next order", ("O",), "Order the gallery by something else", _next, apart=True),
)


class GalleryHeading(ListHeading):
    """GALLERY   974            least like its class ▾"""

    def __init__(self, gallery: Gallery, commands: "Commands") -> None:
        super().__init__("Gallery", commands.of(MENU), "What the gallery shows first (O)")
        self.gallery = gallery
        gallery.changed = self.refresh
        self.refresh()

    def refresh(self) -> None:
        gallery = self.gallery
        waits = gallery.listing is None or gallery.listed != gallery.wanted
        self.set_note("ordering …" if waits or gallery.listing is None else f"{len(gallery.listing.rows):,}")
        by = gallery.viewer.gallery if gallery.listed is None else gallery.listed[1]
        self.set_order(in_words(by, by.channel))
