"""The digits that scikit-learn ships with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seeinin.precompute.datasets.memory import Images, images


def digits(classes: Sequence[str] = ()) -> Images:
    """scikit-learn's 1,797 handwritten digits, 8 × 8, their 17 levels spread over 0..255."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return images(np.rint(bunch.images * (255 / 16)), bunch.target, classes, "digits")
