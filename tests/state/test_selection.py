import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seeinin.state.selection import Selection, chosen, combined

MASKS = st.lists(st.booleans(), min_size=12, max_size=12)
SETS = {"add": set.union, "subtract": set.difference, "intersect": set.intersection, "replace": lambda old, new: new}


@given(MASKS, MASKS, st.sampled_from(sorted(SETS)))
def test_combining_is_the_algebra_of_sets(old, new, how):
    a, b = chosen(0, np.array(old)), chosen(0, np.array(new))
    result = Selection(0, combined(a.strength, b.strength, how))
    expected = SETS[how](set(np.flatnonzero(old)), set(np.flatnonzero(new)))
    assert set(np.flatnonzero(result.strength)) == expected
    assert result.count == len(expected)
    assert set(np.unique(result.strength)) <= {0, 255}


def test_selections_are_equal_by_what_they_select():
    mask = np.arange(5) > 2
    assert chosen(1, mask) == chosen(1, mask.copy())
    assert chosen(1, mask) != chosen(2, mask)
    assert chosen(1, mask) != chosen(1, ~mask)
    with pytest.raises(TypeError):
        hash(chosen(1, mask))
