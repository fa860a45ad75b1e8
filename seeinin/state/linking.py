"""One selection, seen in every layer."""

import threading
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from seeinin.state.selection import SELECTED, Selection
from seeinin.store.reader import Layer

Rule = Literal["place", "image"]


class Share(NamedTuple):
    """How strongly each point is selected: uint8 0..255, entry `point // repeat`."""

    strength: np.ndarray
    repeat: int


class Linker:
    """Carries a selection from the layer where it is exact to the others. Thread safe.

    *place*: in layers with positions, the points whose home centre lies in a selected point's home; in layers without,
    the image, by the share of its points that are selected. *image*: every point of a touched image.
    """

    def __init__(self, layers: Sequence[Layer], images: int) -> None:
        self.layers, self.number_of_images = layers, images
        self._lock = threading.Lock()
        self._selection: Selection | None = None
        self._known: dict[tuple[Rule, int | None], Share] = {}

    def share(self, selection: Selection, rule: Rule, layer: int | None) -> Share:
        """The selection as seen in `layer`, or in the images themselves (None)."""
        with self._lock:
            if selection is not self._selection:
                self._selection, self._known = selection, {}
            if (rule, layer) not in self._known:
                self._known[rule, layer] = self._linked(selection, rule, layer)
            return self._known[rule, layer]

    def images(self, selection: Selection) -> np.ndarray:
        """uint8 (N): the share of each image that is selected, at least 1 where any of it is."""
        return self.share(selection, "place", None).strength

    def points(self, selection: Selection, rule: Rule, layer: int | None) -> np.ndarray:
        """uint8, 0 or 255, one per point of `layer` (per image for None): where the selection is seen at all."""
        strength, repeat = self.share(selection, rule, layer)
        whole = np.where(strength > 0, np.uint8(SELECTED), np.uint8(0))
        return whole if repeat == 1 else np.repeat(whole, repeat)

    def _linked(self, selection: Selection, rule: Rule, layer: int | None) -> Share:
        if selection.layer == layer:
            return Share(selection.strength, 1)
        home = None if selection.layer is None else self.layers[selection.layer]
        there = None if layer is None else self.layers[layer]
        if rule == "place" and home is not None and there is not None and home.positions > 1 and there.positions > 1:
            from seeinin.geometry.linking import by_place, home_map  # kernels, which the first picture does without

            maps = home_map(home.home_y, there.home_y), home_map(home.home_x, there.home_x)
            return Share(by_place(selection.strength, home.shape[1:], *maps), 1)
        positions = 1 if home is None else home.positions
        share = selection.strength
        if positions > 1:
            from seeinin.geometry.linking import share_of_images

            share = share_of_images(selection.strength, positions)
        if rule == "image":
            share = np.where(share > 0, np.uint8(SELECTED), np.uint8(0))
        return Share(share, 1 if there is None else there.positions)
