"""What is written on the sheet of maps: the name and size of every layer, the value under the cursor, the scale."""

from collections.abc import Iterator, Mapping

import numpy as np

from seeinin.geometry.ticks import label
from seeinin.store.reader import Cache
from seeinin.views.averages import Mean
from seeinin.views.scales import NO_NUMBER
from seeinin.views.sheet import BESIDE, TITLE, Block, Pane, Spot
from seeinin.views.subjects import CROPS, INPUT
from seeinin.views.theme import Theme, rgba
from seeinin.visuals.glyphs import text_width
from seeinin.visuals.labels import Label
from seeinin.wording import count_of, plain

SIZE, SMALL = 11.5, 10.5  # px of names, and of what is there to be looked up
GAP = 10  # px between two texts on a line


def titles(
    pane: Pane, cache: Cache, means: Mapping[int, Mean], active: int | None, under: int | None, theme: Theme
) -> Iterator[Label]:
    """Above the maps of each layer in sight: its name at the left, its size at the right."""
    left, right = pane.body.x, pane.body.x + pane.body.width
    for block in pane.blocks:
        y, mean = pane.y(block.title) + TITLE - 6, means.get(block.number)
        if block.number == CROPS:
            yield from _beside(pane, block, cache, mean, theme)
            continue
        note = elided(size_of(cache, block.number, mean), 0.8 * pane.body.width, SMALL)
        yield Label(note, right, y, rgba(theme.muted), "right", size=SMALL)
        room = pane.body.width - text_width(note, SMALL, ratio=pane.ratio) - GAP
        for text, shade in () if mean is None else _missed(mean, theme):
            lost = elided(text, room, SMALL)
            yield Label(lost, left + room, y, shade, "right", size=SMALL)
            room -= text_width(lost, SMALL, ratio=pane.ratio) + GAP
        colour = theme.accent if block.number in (active, under) else theme.text
        name = elided(name_of(cache, block.number), room, SIZE, bold=True)
        yield Label(name, left, y, rgba(colour), size=SIZE, bold=True)


def _missed(mean: Mean, theme: Theme) -> Iterator[tuple[str, tuple[float, float, float, float]]]:
    """What the maps do not show, and the colour that stands for it."""
    if mean.nonfinite:
        red, green, blue = (c / 255 for c in NO_NUMBER)
        yield f"{mean.nonfinite:,} not a number", (red, green, blue, 1.0)
    if mean.missing:
        yield f"without {count_of(mean.missing, 'value')} not finite", rgba(theme.muted)
    if mean.lost:
        images = "" if mean.images == 1 else f"{min(mean.lost, mean.images):,} of {count_of(mean.images, 'image')} "
        yield f"{images}damaged", rgba(theme.damage)


def _beside(pane: Pane, block: Block, cache: Cache, mean: Mean | None, theme: Theme) -> Iterator[Label]:
    """At the right of the crops: how many, of which layer they are, and how large."""
    patches = None if mean is None else mean.subject.patches
    if patches is None or patches.layer is None:
        return
    rect = pane.tile_rect(block, block.shape[0] - 1)
    left = rect.x + rect.width + BESIDE
    room = pane.body.x + pane.body.width - left
    yield Label(
        elided("crops", rect.width, SIZE, bold=True),
        rect.x,
        pane.y(block.title) + TITLE - 6,
        rgba(theme.text),
        size=SIZE,
        bold=True,
    )
    name, size = name_of(cache, patches.layer), " × ".join(map(str, block.shape[1:]))
    lines = f"average of {patches.count:,}", f"patches of {name}", size
    for k, line in enumerate(lines):
        yield Label(elided(line, room, SMALL), left, rect.y + 11 + 15 * k, rgba(theme.muted), size=SMALL)


def name_of(cache: Cache, number: int) -> str:
    """The layer's name on one line."""
    return plain({INPUT: "input", CROPS: "crops"}.get(number) or cache.layers[number].name)


def size_of(cache: Cache, number: int, mean: Mean | None) -> str:
    """ "20 × 24 × 24 · field 5": shape and receptive field if there are any; of how many images if not of all."""
    if number == INPUT:
        height, width, channels = cache.pixel_shape
        words = [f"{channels} × {height} × {width}"]
    else:
        layer = cache.layers[number]
        high, wide = layer.field.size
        words = [" × ".join(map(str, layer.shape if layer.positions > 1 else layer.shape[:1]))]
        words.append(f"field {high}" if high == wide else f"field {high} × {wide}")
    if mean is not None and mean.complete and mean.images < mean.subject.size:
        words.append(f"first {count_of(mean.images, 'image')}")
    return " · ".join(words)


def value_of(cache: Cache, block: Block, spot: Spot, mean: Mean) -> str:
    """ "conv1 · channel 7 · (3, 12) = 0.482", the place as (y, x)."""
    colour = mean.values.shape[0] != block.shape[0]
    values = mean.values[:, *_part(spot, block.shrink)].mean(axis=(1, 2))
    words = [name_of(cache, block.number)]
    if not colour and (mean.values.shape[0] > 1 or block.number >= 0):
        words.append(f"channel {spot.channel}")
    if mean.values.shape[1:] != (1, 1):
        words.append(f"({spot.y}, {spot.x})")
    shown = values if colour else values[[spot.channel]]
    unit = " σ" if mean.is_difference else ""
    words[-1] += " = " + ("damaged" if mean.gone else ", ".join(figure(float(v)) for v in shown) + unit)
    if block.shrink > 1:
        words.append(f"mean of {block.shrink} × {block.shrink}")
    return " · ".join(words)


def _part(spot: Spot, size: int) -> tuple[slice, slice]:
    return np.s_[spot.y : spot.y + size, spot.x : spot.x + size]


def figure(value: float) -> str:
    """Three figures that count, or three decimals, with a true minus sign."""
    if not np.isfinite(value):
        return "not a number" if np.isnan(value) else "∞" if value > 0 else "\N{MINUS SIGN}∞"
    if value == round(value) and abs(value) < 1e6:
        return label(value, 0)
    return label(value, 3 if abs(value) < 10 else 1)


def elided(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """The text, cut with … where it is wider than `room` canvas pixels."""
    if text_width(text, size, bold=bold) <= room:
        return text
    while text and text_width(text + "…", size, bold=bold) > room:
        text = text[:-1]
    return text + "…" if text else ""
