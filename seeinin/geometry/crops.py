"""Sums of the parts of images that points look at."""

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.fields import Field
from seeinin.geometry.jit import kernel

NO_GROUP = 255


def crop_of(field: Field, pixel_shape: tuple[int, int, int]) -> Field:
    """The box around a point that a crop shows: its receptive field; along an axis where that is no smaller than the
    image, the whole image, whichever point it is."""
    size, stride, first = (list(pair) for pair in (field.size, field.stride, field.first))
    for axis in (0, 1):
        if field.size[axis] >= pixel_shape[axis]:
            size[axis], stride[axis], first[axis] = pixel_shape[axis], 0, 0
    return Field((size[0], size[1]), (stride[0], stride[1]), (first[0], first[1]))


class Crops:
    """Sums of the crops of groups of points: integers, the same in whatever order they are added.

    total  int64 (groups, height, width, c)
    seen   int64 (groups, height, width): crops that had the pixel; at the border of an image not all do
    """

    def __init__(self, groups: int, crop: Field, colours: int) -> None:
        self.crop = crop
        self.total = np.zeros((groups, *crop.size, colours), np.int64)
        self.seen = np.zeros((groups, *crop.size), np.int64)

    def add(self, pixels: NDArray[np.uint8], group: NDArray[np.uint8]) -> None:
        """Add images (n, h, w, c), with the group of each of their points (n, H, W), NO_GROUP for none."""
        groups, height, width, colours = self.total.shape
        lines = self.total.reshape(groups, height, width * colours), pixels.reshape(*pixels.shape[:2], -1)
        _add(*lines, self.seen, colours, group, *self.crop.stride, *self.crop.first)

    @property
    def averages(self) -> NDArray[np.float32]:
        """(groups, height, width, c); NaN where no crop of the group had the pixel."""
        with np.errstate(invalid="ignore"):
            return (self.total / self.seen[..., None]).astype(np.float32)


@kernel
def _add(total, pixels, seen, colours, group, step_y, step_x, first_y, first_x):  # type: ignore[no-untyped-def]
    high, wide = seen.shape[1:]
    height, width = pixels.shape[1], pixels.shape[2] // colours
    for i in range(group.shape[0]):
        for y in range(group.shape[1]):
            top = first_y + y * step_y
            for x in range(group.shape[2]):
                if group[i, y, x] >= total.shape[0]:
                    continue
                g, left = group[i, y, x], first_x + x * step_x
                start, stop = max(0, -left), min(wide, width - left)
                for v in range(max(0, -top), min(high, height - top)):
                    for u in range(start, stop):
                        seen[g, v, u] += 1
                    for k in range(start * colours, stop * colours):  # a whole line, several at a time
                        total[g, v, k] += pixels[i, top + v, left * colours + k]
