"""All 65,536 float16 codes against numpy."""

import numpy as np
import pytest

from seeinin.geometry.halves import TABLE, codes, decode

EVERY = np.arange(65536, dtype=np.uint16).view(np.float16)


def test_every_code():
    with np.errstate(invalid="ignore"):
        expected = EVERY.astype(np.float32)
    np.testing.assert_array_equal(TABLE, expected)
    np.testing.assert_array_equal(decode(EVERY), expected)


def test_shapes_and_strides():
    column = EVERY[:24].reshape(2, 3, 4)
    assert codes(column[0, 0]).base is not None, "no copy"
    for view in (column, column[:, 1:, ::2], column.T):
        np.testing.assert_array_equal(decode(view), view.astype(np.float32))


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_into_a_buffer(dtype):
    column, out = np.linspace(-3, 3, 7).astype(dtype), np.empty(7, np.float32)
    assert decode(column, out) is out
    np.testing.assert_array_equal(out, column.astype(np.float32))


def test_float32_is_not_copied():
    column = np.ones(3, np.float32)
    assert decode(column) is column
