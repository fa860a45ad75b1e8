import numpy as np

from seeinin.state.slots import HIDDEN, REST, colour_of, entered, first_slots, image_slots, lent


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


def test_who_stands_out_in_a_selection_is_lent_a_free_slot():
    totals, counts = np.full(1000, 50), np.zeros(1000, int)
    slots = entered(first_slots(1000), 999)
    counts[[7, 3, 5, 2]] = 40, 45, 1, 2  # of 88 images; a single one does not count
    slots = lent(slots, (), counts, totals)
    assert slots == (999, 3, 7, 2, *[None] * 6)
    counts[:] = 0
    counts[[7, 8]] = 30, 20
    assert lent(slots, {3, 7, 2}, counts, totals) == (999, 8, 7, *[None] * 7), "7 keeps its colour, 999 was asked for"
    assert lent(slots, {3, 7, 2}, totals, totals) == (999, *[None] * 9), "all images: nobody stands out"
    crowd = entered(slots, 1)
    for number in range(100, 120):
        crowd = entered(crowd, number)
    assert lent(crowd, (), counts, totals) == crowd, "what was asked for stays"


def test_without_classes_everything_is_the_rest():
    assert image_slots(np.array([-1, -1]), 0, first_slots(0), ()).tolist() == [REST, REST]
