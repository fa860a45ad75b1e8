"""Compile the kernels of the orders, before somebody asks for one; numba keeps the result on disk."""

import numpy as np

from seeinin.geometry.crops import Crops
from seeinin.geometry.fields import Field
from seeinin.geometry.information import bins_of, class_counts, information, pair_counts, pair_information
from seeinin.geometry.pictures import image_values
from seeinin.geometry.ranking import tally
from seeinin.geometry.regions import region
from seeinin.geometry.similarity import seriation


def compile_orders() -> None:
    """Call each kernel once with the types that it will get. Seconds at first, then about a tenth of one."""
    weights, label = np.ones((4, 2), np.uint8), np.zeros(4, np.int32)
    for dtype in (np.float16, np.float32):
        column = np.zeros(4, dtype)
        tally(column, weights)
        bins = bins_of(column, np.arange(3.0))
        image_values(column, weights[:, 1].reshape(4, 1))
    information(class_counts(bins, label, 3, 1))
    region(pair_counts(bins, bins, 3, weights))
    pair_information(bins[None], 0, np.zeros(1, np.int64), 3, weights, 1)
    seriation(np.eye(3))
    Crops(1, Field((1, 1), (1, 1), (0, 0)), 1).add(np.zeros((1, 1, 1, 1), np.uint8), np.zeros((1, 1, 1), np.uint8))
