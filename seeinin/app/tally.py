"""How much of what is selected, counted once for the legend and the status bar."""

from dataclasses import dataclass

import numpy as np

from seeinin.pool import Token
from seeinin.state.linking import Linker
from seeinin.state.selection import Selection
from seeinin.store.reader import Cache
from seeinin.wording import count_of


@dataclass(frozen=True, eq=False)
class Tally:
    """`points` of `total` of the selection's own layer (None where whole images are selected); `classes` int64 (K)."""

    points: int
    total: int
    layer: int | None
    images: int
    classes: np.ndarray

    def words(self, name: str, all_images: int) -> str:
        """'98,000 points of conv1 (1 %) · 46,500 of 50,000 images (93 %)'; `name` of the selection's layer."""
        images = f"{self.images:,} of {count_of(all_images, 'image')}"
        if self.layer is None:
            return f"{images} selected"
        points = f"{count_of(self.points, 'point')} of {name} ({percent(self.points, self.total)})"
        return f"{points} · {images} ({percent(self.images, all_images)}) selected"


def tally(token: Token, selection: Selection, linker: Linker, cache: Cache) -> Tally:
    """Count a selection. An image without a label has -1 for it."""
    touched = linker.images(selection) > 0
    token.check()
    label = np.asarray(cache.label)
    counts = np.bincount(label[touched & (label >= 0)], minlength=len(cache.classes))
    return Tally(selection.count, selection.strength.size, selection.layer, int(touched.sum()), counts)


def percent(part: int, whole: int) -> str:
    """'0 %' and '100 %' only where that is exact."""
    share = 100 * part / max(whole, 1)
    if 0 < share < 0.1:
        return "< 0.1 %"
    if 99.9 < share < 100:
        return "> 99.9 %"
    return f"{min(share, 99):.0f} %" if 10 <= share < 100 else f"{share:.2g} %" if share < 10 else "100 %"
