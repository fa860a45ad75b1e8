import numpy as np

from seeinin.geometry.orders import in_order, neighbours, ranked


def test_highest_first_silent_last_and_the_lower_channel_of_equals():
    ranking = ranked(np.array([1.0, 3, 9, 3, 2]), np.array([False, False, True, False, False]), 7)
    assert ranking.channels.tolist() == [1, 3, 4, 0, 2]
    np.testing.assert_array_equal(ranking.score, [1, 3, np.nan, 3, 2])
    assert (ranking.silent, ranking.images) == (1, 7)


def test_a_given_order_keeps_but_the_silent():
    ranking = in_order(np.array([3, 1, 0, 2]), np.arange(4.0), np.array([False, True, False, False]), 7)
    assert ranking.channels.tolist() == [3, 0, 2, 1]
    np.testing.assert_array_equal(ranking.score, [0, np.nan, 2, 3])


def test_correlation_with_the_one_before():
    r = np.arange(9.0).reshape(3, 3)
    np.testing.assert_array_equal(neighbours(np.array([2, 0, 1]), r), [6, 1, 6])
    np.testing.assert_array_equal(neighbours(np.array([1]), r), [np.nan] * 3)
