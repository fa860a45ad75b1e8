"""The way from one camera to a far one, so that the eye can follow: short, and over as soon as a hand moves.

What the state says holds at once; only the picture lags.
"""

import time
from collections.abc import Callable

from vispy.app import Timer

from seeinin.geometry.matrix import Camera

LONG = 0.18  # seconds
FRAME = 1 / 60


def between(start: Camera, end: Camera, share: float) -> Camera:
    """The camera at a share 0..1 of the way: the zoom even to the eye, and what is aimed at on a straight line."""
    span = start.span ** (1 - share) * end.span**share
    even = abs(end.span - start.span) < 1e-9 * start.span
    gone = share if even else (span - start.span) / (end.span - start.span)
    return Camera(start.x + (end.x - start.x) * gone, start.y + (end.y - start.y) * gone, span)


def eased(share: float) -> float:
    """Fast at first, and slower towards the end."""
    return 1 - (1 - min(max(share, 0.0), 1.0)) ** 3


class Glide:
    """`camera` is where the picture is on its way, None where it has arrived."""

    def __init__(self, app: object, moved: Callable[[], object], now: Callable[[], float] = time.perf_counter) -> None:
        """`moved` is called at every step."""
        self.moved, self.now = moved, now
        self.camera: Camera | None = None
        self._way: tuple[Camera, Camera] | None = None
        self._begun: float | None = None  # with the first step, since what a leap asks for holds up the first frame
        self._timer = Timer(FRAME, connect=self.step, app=app)

    def begin(self, start: Camera, end: Camera) -> None:
        self._way, self._begun = (start, end), None
        self.camera = start
        self._timer.start()

    def stop(self) -> None:
        """Be at the end."""
        if self._way is not None:
            self._timer.stop()
        self._way = self.camera = None

    def step(self, _: object = None) -> None:
        if self._way is None:
            return
        (start, end), now = self._way, self.now()
        self._begun = now if self._begun is None else self._begun
        share = (now - self._begun) / LONG
        if share >= 1:
            self.stop()
        else:
            self.camera = between(start, end, eased(share))
        self.moved()
