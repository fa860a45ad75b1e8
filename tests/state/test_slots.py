import numpy as np

from seeinin.state.slots import HIDDEN, REST, colour_of, entered, first_slots, image_slots


def test_up_to_ten_classes_have_a_colour_each():
    assert first_slots(10) == tuple(range(10))
    labels = np.array([0, 9, -1, 3, 3])
    assert image_slots(labels, 10, first_slots(10), {3}).tolist() == [0, 9, REST, HIDDEN, HIDDEN]


def test_of_many_classes_only_those_in_slots_have_one():
    slots = first_slots(1000)
    assert image_slots(np.array([0, 999, -1]), 1000, slots, ()).tolist() == [REST] * 3
    slots = entered(slots, 999)
    assert image_slots(np.array([0, 999, -1]), 1000, slots, ()).tolist() == [REST, 0, REST]
    assert (colour_of(slots, 999), colour_of(slots, 5)) == (0, REST)


def test_the_class_that_came_first_gives_way():
    slots = first_slots(1000)
    for number in range(20, 31):
        slots = entered(slots, number)
    assert sorted(slots) == list(range(21, 31))
    assert entered(slots, 25) == slots


def test_without_classes_everything_is_the_rest():
    assert image_slots(np.array([-1, -1]), 0, first_slots(0), ()).tolist() == [REST, REST]
