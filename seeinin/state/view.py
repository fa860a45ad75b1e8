"""What of a layer is seen."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from seeinin.geometry.matrix import Camera, Matrix, Rect, Upper
from seeinin.geometry.orders import Ranking
from seeinin.geometry.warp import LINEAR, Warp
from seeinin.state.channels import channels_of
from seeinin.state.ranges import Limits, Ranges, Warps

OPENING = 5  # cells a side that a many-dimensional layer opens with
WIDEST = 1.3  # cells across the view up to which one fills it
MANY, FEW = 64, 16  # a layer of more channels than MANY opens with the FEW best of its order


@dataclass(frozen=True)
class Arrangement:
    """Why these channels are shown, in this order: what was typed, what is pinned, and how they were ranked.

    `order` is a name of `state.questions.Order`; `ranking` its answer, None for the network's own order.
    """

    order: str = "network"
    text: str = ""
    pinned: tuple[int, ...] = ()
    ranking: Ranking | None = None

    @property
    def is_pending(self) -> bool:
        """Whether the answer of the order is still to come, as in a layer that has just been opened."""
        return self.order != "network" and self.ranking is None

    def channels(self, count: int, silent: Collection[int]) -> list[int]:
        """The channels shown, of `count`. Raises ChannelError where the text names none."""
        order: Sequence[int] = range(count) if self.ranking is None else self.ranking.channels.tolist()
        return channels_of(self.text, order, self.pinned, silent)


@dataclass(frozen=True)
class View:
    """Which plots of which layer are seen, and from where. `rows` and `columns` are channels in the order shown.

    `whole`: axes are reset to all values of a channel, and not to what lies between its quantiles.
    """

    layer: int
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    ranges: Ranges
    camera: Camera
    arrangement: Arrangement = Arrangement()
    warps: Warps = field(default_factory=dict)
    whole: bool = False

    def warp(self, channel: int) -> Warp:
        """How the values of a channel are spread along its axis."""
        return self.warps.get(channel, LINEAR)

    def matrix(self, viewport: Rect, camera: Camera | None = None, upper: Upper = "same") -> Matrix:
        """The layout of its plots in a part of a canvas."""
        return Matrix(self.rows, self.columns, self.ranges, camera or self.camera, viewport, self.warps, upper)

    @property
    def focus(self) -> int:
        """The channel that is looked at: that on x of the plot that fills the view, else the first one shown."""
        if self.camera.span > WIDEST:
            return self.columns[0]
        return self.columns[min(max(int(self.camera.x), 0), len(self.columns) - 1)]

    def opened(self, row: int, column: int) -> "View":
        """Filled with the plot of two channels, which join those shown if they are not among them."""
        rows, columns = (
            known if channel in known else (*known, channel)
            for known, channel in ((self.rows, row), (self.columns, column))
        )
        camera = Camera(columns.index(column) + 0.5, rows.index(row) + 0.5, 1.0)
        return replace(self, rows=rows, columns=columns, camera=camera)

    def ordered_by(self, order: str) -> "View":
        """To be ordered likewise, where there is more than the one plot of two channels."""
        return self if len(self.ranges) <= 2 else replace(self, arrangement=replace(self.arrangement, order=order))

    def arranged(self, arrangement: Arrangement, count: int, silent: Collection[int]) -> "View":
        """With other channels, of `count`, from the first cell on. Raises ChannelError where it names none."""
        shown = tuple(arrangement.channels(count, silent))
        return replace(self, rows=shown, columns=shown, camera=opening_camera(len(shown)), arrangement=arrangement)


def opening_view(number: int, limits: Limits, silent: Collection[int]) -> View:
    """How a layer is first seen: two channels as one plot of equal units, else the first cells of the matrix."""
    ranges = limits.ranges({})
    channels = len(ranges)
    if channels == 2:
        return View(number, (1,), (0,), ranges, Camera(0.5, 0.5, 1.0))
    arrangement = Arrangement(text=f"top {FEW}") if channels > MANY else Arrangement()
    return View(number, (), (), ranges, opening_camera(1)).arranged(arrangement, channels, silent)


def opening_camera(channels: int) -> Camera:
    """The first cells of a matrix of so many channels."""
    side = min(channels, OPENING)
    return Camera(side / 2, side / 2, float(side))
