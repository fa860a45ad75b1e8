import pytest

from seeinin.wording import count_of


@pytest.mark.parametrize(
    ("count", "noun", "words"),
    [(0, "image", "0 images"), (1, "image", "1 image"), (2, "class", "2 classes"), (1, "class", "1 class")],
)
def test_one_is_not_many(count, noun, words):
    assert count_of(count, noun) == words
    assert count_of(1000 * count, "point") == (f"{count},000 points" if count else "0 points")
