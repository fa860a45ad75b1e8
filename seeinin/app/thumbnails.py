"""The small pictures of a gallery: read by worker threads, and kept while there is room."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import partial

import numpy as np
from PyQt6.QtGui import QImage

from seeinin.app.images import hatched, image_of
from seeinin.pool import POOL
from seeinin.state.inbox import Inbox
from seeinin.store.holes import Holes
from seeinin.store.reader import Cache

KEPT = 1 << 26  # bytes of pictures


class Thumbnails:
    """One read at a time: what is wanted when it arrives is read next, so that fast scrolling reads what it shows."""

    def __init__(self, cache: Cache, inbox: Inbox, arrived: Callable[[], object]) -> None:
        """`arrived` is called on the inbox's thread when there is more to show."""
        self.cache, self.inbox, self.arrived = cache, inbox, arrived
        self.most = max(KEPT // int(np.prod(cache.thumbnail_shape)), 1000)
        self._held: OrderedDict[int, QImage] = OrderedDict()
        self._wanted: list[int] = []
        self._reading = False

    def want(self, rows: Iterable[int]) -> None:
        """The images in sight."""
        self._wanted = list(rows)
        self._read()

    def get(self, row: int) -> QImage | None:
        """The picture of an image, None until it has been read."""
        if row in self._held:
            self._held.move_to_end(row)
        return self._held.get(row)

    def settled(self) -> bool:
        return not self._reading and all(row in self._held for row in self._wanted)

    def _read(self) -> None:
        missing = [row for row in self._wanted if row not in self._held]
        if missing and not self._reading:
            self._reading = True
            read = POOL.now(_read, self.cache, missing)
            read.add_done_callback(lambda _: self.inbox.post(self._done))
            self.inbox.deliver(read, partial(self._take, missing))

    def _done(self) -> None:
        """Also where the disk does not answer, which is reported once and not tried again."""
        self._reading = False

    def _take(self, rows: list[int], pictures: list[QImage]) -> None:
        self._reading = False
        self._held.update(zip(rows, pictures, strict=True))
        while len(self._held) > self.most:
            self._held.popitem(last=False)
        self._read()
        self.arrived()


def _read(cache: Cache, rows: list[int]) -> list[QImage]:
    order, holes = np.argsort(rows), Holes()
    pictures = cache.thumbnails(np.asarray(rows)[order], holes)
    height, width, _ = cache.thumbnail_shape
    damaged = holes.among(np.asarray(rows)).tolist()
    images = zip(damaged, np.argsort(order), strict=True)
    return [hatched(width, height) if lost else image_of(pictures[k]) for lost, k in images]
