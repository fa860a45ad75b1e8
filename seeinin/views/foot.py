"""The foot of the feature maps: the value under the cursor, and the colours of one layer with their limits."""

import numpy as np

from seeinin.geometry.matrix import Rect
from seeinin.views.captions import GAP, SIZE, SMALL, elided, figure
from seeinin.views.scales import Scale
from seeinin.views.theme import Theme, rgba
from seeinin.visuals.glyphs import text_width
from seeinin.visuals.labels import Label, Labels
from seeinin.visuals.picture import Picture

HEIGHT = 46  # px
BAR, BAR_TOP = (80, 7), 29  # px of the colours
BASELINE = 18  # of the value


class Foot:
    """Two lines: "conv1 · channel 7 · (3, 12) = 0.482", and "conv1      −1.2 [colours] 1.2"."""

    def __init__(self, scene: object) -> None:
        self.text = ""
        self.bar, self.labels = Picture(parent=scene), Labels(parent=scene)
        self.bar.order = self.labels.order = 10

    def clear(self) -> None:
        self.text = ""
        self.bar.visible = False
        self.labels.set_labels([])

    def show(self, place: Rect, theme: Theme, text: str, name: str, scale: Scale, channel: int) -> None:
        """`text` is the value; `name` that of the layer whose `scale` is shown, with its limits for `channel`."""
        self.text = text
        low, high = map(figure, scale.limits(channel))
        end = place.x + place.width
        bar = Rect(end - text_width(high, SMALL) - 6 - BAR[0], place.y + BAR_TOP, *BAR)
        self.bar.visible = True
        self.bar.set_array(np.ascontiguousarray(scale.table[None, :-1]))
        self.bar.place(*bar)
        y, muted = bar.y + bar.height / 2, rgba(theme.muted)
        left = bar.x - 6 - text_width(low, SMALL)
        self.labels.set_labels(
            [
                Label(_fitted(text, place.width), place.x, place.y + BASELINE, rgba(theme.text), size=SIZE),
                Label(elided(name, left - GAP - place.x, SMALL), place.x, y, muted, "left", "centre", SMALL),
                Label(low, left, y, muted, "left", "centre", SMALL),
                Label(high, end, y, muted, "right", "centre", SMALL),
            ]
        )


def _fitted(text: str, room: float) -> str:
    """Where there is too little room, the place of the value is cut and not the value."""
    place, equals, value = text.rpartition(" = ")
    return elided(place, room - text_width(equals + value, SIZE), SIZE) + equals + value
