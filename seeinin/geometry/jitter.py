"""The height of the dots in a dot plot, which says nothing and keeps them apart."""

import numpy as np
from numpy.typing import NDArray

GOLDEN = 0.6180339887498949  # of its multiples any run is spread evenly over 0..1


class Jitter:
    """Looks like a column: `jitter[start:stop]` are the heights 0..1 of some points, float32."""

    dtype = np.dtype(np.float32)

    def __init__(self, points: int) -> None:
        self.size = points

    def __getitem__(self, part: slice) -> NDArray[np.float32]:
        return ((np.arange(part.start, part.stop) + 0.5) * GOLDEN % 1).astype(np.float32)
