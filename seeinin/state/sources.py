"""What pictures are made from, beside what they show."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seeinin.state.colouring import Colours
from seeinin.state.columns import Columns
from seeinin.state.correlations import Correlating
from seeinin.state.linking import Linker
from seeinin.store.reader import Cache


class Sources(NamedTuple):
    """Thread safe, and shared by all views of a cache: what one has read, no other reads again."""

    cache: Cache
    linker: Linker
    columns: Columns
    colours: Colours
    oddness: dict[int, NDArray[np.float32]]  # of the layers where it was asked for, see `state.oddness`
    correlating: Correlating

    @classmethod
    def of(cls, cache: Cache) -> "Sources":
        columns = Columns()
        return cls(cache, Linker(cache.layers, cache.images), columns, Colours(cache, columns), {}, Correlating())
