"""Memory is given again only when nobody sees it any more."""

import threading

import numpy as np

from seeinin.geometry import spare


def place(array):
    return array.ctypes.data


def test_the_memory_of_an_array_is_used_again_after_its_last_view():
    array = spare.empty((1000, 300), np.int64)
    first, part = place(array), array[3:5, ::2]
    del array
    other = spare.empty((1000, 300), np.int64)
    assert place(other) != first, "a part of it is still seen"
    del part
    again = spare.full((999, 300), -1, np.int64)  # about as large
    assert place(again) == first
    assert again.shape == (999, 300)
    assert (again == -1).all()
    assert again.flags.c_contiguous
    assert again.flags.writeable


def test_small_ones_and_more_than_enough_are_left_to_numpy(monkeypatch):
    monkeypatch.setattr(spare, "MOST", 3 << 20)
    monkeypatch.setattr(spare, "_waiting", spare.defaultdict(list))
    assert spare.empty(10, np.uint8).shape == (10,)
    arrays = [spare.empty(1 << 20, np.uint8) for _ in range(5)]
    arrays.clear()
    assert {size: len(blocks) for size, blocks in spare._waiting.items()} == {1 << 20: 3}


def test_threads_do_not_get_the_same():
    wrong = []

    def work(number):
        for _ in range(200):
            array = spare.full(1 << 18, number, np.int64)
            array[::4096] += 1
            wrong.extend(array[array > number + 1])
            if (array[::4096] != number + 1).any():
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(100 * k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
