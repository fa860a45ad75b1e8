import pytest

from seeinin.wording import about, count_of, shortened


@pytest.mark.parametrize(
    ("count", "noun", "words"),
    [(0, "image", "0 images"), (1, "image", "1 image"), (2, "class", "2 classes"), (1, "class", "1 class")],
)
def test_one_is_not_many(count, noun, words):
    assert count_of(count, noun) == words
    assert count_of(1000 * count, "point") == (f"{count},000 points" if count else "0 points")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"),
        (0.0123, "0.012"),
        (1, "1"),
        (3.44, "3.4"),
        (120, "120"),
        (-1234.5, "−1,234"),
        (2e7, "2e+07"),
    ],
)
def test_two_digits_that_count(value, words):
    assert about(value) == words


def test_a_long_word_keeps_both_ends():
    path = "/begin/" + "x" * 10_000 + "/end.npz"
    said = shortened(f"{path} is missing; correct dataset.path")
    assert said.startswith("/begin/xx")
    assert said.endswith("xx/end.npz is missing; correct dataset.path")
    assert len(said) < 250
    assert shortened(path[:200]) == path[:200]
