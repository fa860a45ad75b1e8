"""What the state has words for: places, plots, piles, pictures, and the choices between them."""

from typing import Literal, NamedTuple

Tool = Literal["pan", "lasso", "rectangle", "brush"]
Style = Literal["points", "density"]
Auto = Literal["auto"]
Maps = Literal["average", "difference"]
Contrast = Literal["layer", "channel"]


class Place(NamedTuple):
    """One point of one layer: point = (image * H + y) * W + x."""

    layer: int
    point: int


class Cell(NamedTuple):
    """One plot of the active layer and a place in it, in the coordinates of its axes."""

    row: int  # channel on y
    column: int  # channel on x
    y: float
    x: float


class Pile(NamedTuple):
    """So many points are drawn on the pixel under the cursor; `which` of them was picked, from 1, or none (0)."""

    points: int
    which: int = 0


class Drawn(NamedTuple):
    """What the last picture shows: `points` of `total` a cell. Of the values of the channels in sight: how many lie
    `outside` the axes, how many are `nonfinite`, and how many are not there because the file is `damaged`, and `why`.

    Where cells are too small for that, one value each: how strongly their channels are correlated, over so many images.
    """

    points: int
    total: int
    cells: int
    outside: int
    nonfinite: int
    style: Style
    damaged: int = 0
    why: str = ""
    correlated: int = 0  # images
    above: int = 0  # images, where only the cells above the diagonal show that
