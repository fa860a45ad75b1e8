"""What is written along the axes."""

import numpy as np
import pytest

from seeinin.geometry.matrix import Camera, Matrix, Rect
from seeinin.views.axes import SIZE, axis_labels
from seeinin.views.theme import DARK
from seeinin.visuals.glyphs import text_width


@pytest.mark.parametrize("side", [450, 700, 1400])
def test_names_and_their_scores_never_touch(side):
    """The longer, the more room: 450 px are 90 for each of five channels."""
    channels = tuple(range(100, 105))
    view = Camera(2.5, 2.5, 5), Rect(80, 0, side, side)
    matrix = Matrix(channels, channels, dict.fromkeys(channels, (0.0, 1.0)), *view)
    labels = axis_labels(matrix, DARK, np.full(200, 0.29))
    names = [label for label in labels if "0.29" in label.text]
    below = sorted((label.x, text_width(label.text, SIZE)) for label in names if not label.upright)
    beside = sorted((label.y, text_width(label.text, SIZE)) for label in names if label.upright)
    for line in (below, beside):
        assert len(line) == len(channels)
        ends, begins = (np.array([at + sign * width / 2 for at, width in line]) for sign in (1, -1))
        assert (begins[1:] - ends[:-1] > 5).all()
    assert ("channel 100 · 0.29" in {label.text for label in names}) == (side > 600)
