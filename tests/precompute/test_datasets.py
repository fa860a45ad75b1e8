"""Images from every source, and what is said when they are not what they should be."""

import gzip
import io
import re
import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sklearn.datasets import load_digits

from seeinin import config
from seeinin.errors import DataError
from seeinin.precompute import datasets
from seeinin.precompute.datasets import unread

ORDER = np.arange(7)[::-1]


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (7, 5, 4), np.uint8)


@pytest.fixture
def labels():
    return np.array([0, 1, 2, 0, 1, 2, 2], np.uint8)


def idx_bytes(array, code=8):
    sizes = np.array(array.shape, ">u4").tobytes()
    return bytes([0, 0, code, array.ndim]) + sizes + array.tobytes()


@pytest.fixture
def idx(tmp_path, pixels, labels):
    """Write images and labels, perhaps spoilt, and read them as the config would."""

    def read(images=idx_bytes(pixels), digits=idx_bytes(labels), classes=()):
        (tmp_path / "images").write_bytes(images)
        (tmp_path / "labels").write_bytes(digits)
        source = config.Idx(
            source="idx", images=str(tmp_path / "images"), labels=str(tmp_path / "labels"), classes=classes
        )
        return datasets.load(source)

    return read


def test_digits_are_those_of_scikit_learn():
    images = datasets.load(config.Digits(source="digits"))
    assert images.pixels.shape == (1797, 8, 8, 1)
    np.testing.assert_array_equal(np.rint(images.pixels[..., 0] * (16 / 255)), load_digits().images)
    assert images.pixels.max() == 255
    assert images.classes == tuple("0123456789")


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_idx_plain_or_gzip(idx, pixels, labels, compress):
    images = idx(compress(idx_bytes(pixels)), compress(idx_bytes(labels)))
    np.testing.assert_array_equal(images.pixels[..., 0], pixels)
    np.testing.assert_array_equal(images.label, labels)
    assert images.classes == ("0", "1", "2")


def test_idx_without_labels(tmp_path, pixels):
    (tmp_path / "images").write_bytes(idx_bytes(pixels))
    images = datasets.load(config.Idx(source="idx", images=str(tmp_path / "images")))
    assert (images.label == -1).all()
    assert images.classes == ()


def test_idx_mistakes(idx, pixels, labels, tmp_path):
    whole = idx_bytes(pixels)
    for spoilt, message in {
        b"": "images is empty",
        b"GIF89a": "does not begin as IDX images do",
        idx_bytes(labels): "does not begin as IDX images do",
        idx_bytes(pixels, code=13): "does not begin as IDX images do",
        whole[:10]: "is cut short",
        whole[:-1]: "is cut short: 139 of 140 bytes of images",
        whole + b"x": "holds more than the 140 bytes",
        gzip.compress(whole)[:-9]: "is cut short or damaged",
        gzip.compress(whole[:-9]): "is cut short: 131 of 140",
        b"\0\0\x08\x03" + b"\xff" * 12: "is cut short: 0 of",
    }.items():
        with pytest.raises(DataError, match=f"{tmp_path}.*{message}"):
            idx(spoilt)
    with pytest.raises(DataError, match="differ in number: 7 images but 6 labels"):
        idx(digits=idx_bytes(labels[:-1]))
    with pytest.raises(DataError, match="label 2 has no name among the 2 of classes"):
        idx(classes=("a", "b"))
    with pytest.raises(DataError, match=r"nowhere is missing; correct dataset\.images"):
        datasets.load(config.Idx(source="idx", images=str(tmp_path / "nowhere")))


def test_npz(tmp_path, pixels, labels):
    path = tmp_path / "a.npz"
    np.savez(path, images=np.stack([pixels] * 3, -1), labels=labels, classes=np.array(["x", "y", "z"]))
    images = datasets.load(config.Npz(source="npz", path=str(path)))
    assert images.pixels.shape == (7, 5, 4, 3)
    assert images.classes == ("x", "y", "z")
    np.savez(path, pictures=pixels)
    with pytest.raises(DataError, match="holds no array called images"):
        datasets.load(config.Npz(source="npz", path=str(path)))
    for content, message in (
        (b"text, no archive", "it is no zip file"),
        (np.array([object()]), "Python objects are refused"),
    ):
        path.write_bytes(content) if isinstance(content, bytes) else np.savez(path, images=content)
        with pytest.raises(DataError, match=message) as refused:
            datasets.load(config.Npz(source="npz", path=str(path)))
        assert "pickle" not in str(refused.value)
    for content in (path.read_bytes(), path.read_bytes()[:50], b"no", b""):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"a\.npz"):
            datasets.load(config.Npz(source="npz", path=str(path)))


def test_python_objects(pixels, labels):
    class Tensors(torch.utils.data.Dataset):
        classes = ("x", "y", "z")

        def __init__(self, of):
            self.of = of

        def __len__(self):
            return len(pixels)

        def __getitem__(self, i):
            return self.of(pixels[i]), int(labels[i])

    wanted = datasets.wrap((pixels, labels), ("x", "y", "z"))
    for of in (
        np.asarray,
        torch.from_numpy,
        lambda p: torch.from_numpy(p)[None],
        lambda p: torch.from_numpy(p)[None].float() / 255,
    ):
        rows = datasets.wrap(Tensors(of)).choose(ORDER, None)
        (batch,) = rows.read([range(7)])
        np.testing.assert_array_equal(batch.pixels, wanted.pixels[ORDER])
        np.testing.assert_array_equal(rows.label, wanted.label[ORDER])
        assert batch.valid.all()
        assert rows.classes == ("x", "y", "z")
        assert rows.names == list("6543210")
    with pytest.raises(DataError, match=r"7 of 7 images .*image 6 has values outside 0\.\.1; leave out its normalis"):
        datasets.wrap(Tensors(lambda p: torch.from_numpy(p)[None].float() - 1)).choose(ORDER, None)
    sizes = iter(range(1, 9))
    with pytest.raises(DataError, match=r"\(image 6 is 1 × 4, image 5 2 × 4\); set preprocess\.size"):
        datasets.wrap(Tensors(lambda p: p[: next(sizes)])).choose(ORDER, None)


class Items(torch.utils.data.Dataset):
    """The same item three times, whatever it is."""

    def __init__(self, item):
        self.item = item

    def __len__(self):
        return 3

    def __getitem__(self, i):
        return self.item


def test_pillow_images_are_converted_as_files_are():
    random = np.random.default_rng(1)
    indices, colours = random.integers(0, 4, (5, 4), np.uint8), random.integers(0, 256, (4, 3), np.uint8)
    palette = Image.fromarray(indices, "P")
    palette.putpalette(colours.tobytes())
    deep = random.integers(0, 2**16, (5, 4), np.uint16)
    see_through = np.zeros((5, 4, 4), np.uint8)  # nothing to be seen but the white below
    see_through[0] = 255, 0, 0, 255
    on_white = np.full((5, 4, 3), 255, np.uint8)
    on_white[0] = 255, 0, 0
    for image, wanted in (
        (palette, colours[indices]),
        (Image.fromarray(deep), (deep >> 8)[..., None]),
        (Image.fromarray(see_through), on_white),
        (Image.fromarray(indices > 1), np.where(indices > 1, 255, 0)[..., None]),
    ):
        rows = datasets.wrap(Items((image, 0))).choose(np.arange(3), None)
        (batch,) = rows.read([range(3)])
        np.testing.assert_array_equal(batch.pixels, np.stack([wanted] * 3))


def test_what_a_dataset_should_not_give(pixels):
    for item, message in (
        ({"image": pixels[0], "label": 1}, "comes as a dict of image, label; give"),
        ((np.zeros((5, 4, 4), np.uint8), 0), r"is uint8 \(5, 4, 4\); give uint8 \(h, w\[, 1 or 3\]\)"),
        ((pixels[0], "cat"), "has str for its label"),
    ):
        with pytest.raises(DataError, match=message):
            datasets.wrap(Items(item)).choose(np.arange(3), None)

    class Endless(torch.utils.data.Dataset):
        def __len__(self):
            raise TypeError("who knows")

        def __getitem__(self, i):
            return pixels[0], 0

    with pytest.raises(DataError, match=r"the dataset has no length \(TypeError: who knows\)"):
        datasets.wrap(Endless())
    Endless.__len__ = lambda _: 10**9
    with pytest.raises(DataError, match=r"holds 1,000,000,000 images, and a cache holds 100,000,000; return a Subset"):
        datasets.wrap(Endless())


def test_how_many_were_looked_at_is_said_meanwhile(pixels, monkeypatch, caplog):
    monkeypatch.setattr(unread, "QUIET", -1)
    items = [(pixels[0], 0)] * 40
    with caplog.at_level("INFO", logger=unread.__name__):
        datasets.wrap(items).choose(np.arange(40), None)
    assert [re.search(r"(\d+) of 40 images looked at", line)[1] for line in caplog.messages] == ["16", "32", "40"]


def test_arrays_that_do_not_fit(pixels, labels):
    for images, label, message in (
        (pixels[0], None, "have the shape"),
        (np.stack([pixels] * 4, -1), None, "have the shape"),
        (np.stack([pixels] * 3, 1), None, r"channels come last: images\.transpose\(0, 2, 3, 1\)"),
        (pixels[:0], labels[:0], "holds no images"),
        (pixels / 255, labels, r"not whole numbers in 0\.\.255"),
        (pixels, labels[:3], "differ in number"),
    ):
        with pytest.raises(DataError, match=message):
            datasets.wrap((images, label))


def test_the_identity_sees_pixels_labels_and_classes(pixels, labels):
    other_pixels, other_labels = pixels.copy(), labels.copy()
    other_pixels[6, 4, 3] ^= 1
    other_labels[6] = 0
    cases = [(pixels, labels, ()), (other_pixels, labels, ()), (pixels, other_labels, ()), (pixels, labels, "xyz")]
    assert len({datasets.wrap((p, y), tuple(c)).identity() for p, y, c in cases}) == 4


@pytest.fixture
def npz(tmp_path):
    """Save arrays and read them as the config would."""

    def read(classes=(), **arrays):
        np.savez(tmp_path / "a.npz", **arrays)
        return datasets.load(config.Npz(source="npz", path=str(tmp_path / "a.npz"), classes=classes))

    return read


def test_labels_of_an_npz(npz, pixels, labels):
    assert npz(images=pixels).label.tolist() == [-1] * 7
    assert npz(images=pixels, labels=labels[:, None]).label.tolist() == labels.tolist()
    assert npz(images=pixels, labels=labels.astype(float)).label.tolist() == labels.tolist()
    named = npz(images=pixels, labels=np.array(list("abcabcc")))
    assert (named.label.tolist(), named.classes) == (labels.tolist(), ("a", "b", "c"))
    assert npz(images=pixels, labels=np.array(list("abcabcc")), classes=("c", "b", "a")).label[0] == 2
    for wrong, message in (
        (labels[:-1], "differ in number: 7 images but 6 labels"),
        (labels + 0.5, "the labels are not whole numbers"),
        (np.full(7, np.nan), "the labels are not whole numbers"),
        (np.full(7, -2), "-2 is no label"),
        (np.full(7, 2**40), "1099511627776 is no label"),
        (labels.astype(complex), "the labels are not whole numbers"),
    ):
        with pytest.raises(DataError, match=message):
            npz(images=pixels, labels=wrong)


ARCHIVE = io.BytesIO()
np.savez_compressed(
    ARCHIVE, images=np.zeros((3, 4, 5), np.uint8), labels=np.arange(3), classes=np.array(["a", "b", "c"])
)


@given(st.randoms(use_true_random=False), st.integers(1, 5), st.booleans())
@pytest.mark.filterwarnings("ignore")  # NumPy's, of odd headers
def test_a_damaged_npz_is_refused_in_one_sentence(tmp_path_factory, chance, flips, cut):
    damaged = bytearray(ARCHIVE.getvalue())
    for _ in range(flips):
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    if cut:
        del damaged[chance.randrange(len(damaged)) :]
    path = tmp_path_factory.getbasetemp() / "damaged.npz"
    path.write_bytes(damaged)
    said = f"{path} "
    try:
        datasets.load(config.Npz(source="npz", path=str(path)))
    except DataError as error:
        said = str(error)
    assert said.startswith(str(path))
    assert "\n" not in said


class Many:
    def __len__(self):
        return 3_000_000

    def __getitem__(self, number):
        return np.full((2, 2), number % 256, np.uint8), 0


def test_only_the_chosen_of_many_get_names():
    tracemalloc.start()
    try:
        rows = datasets.wrap(Many()).choose(np.array([2_999_999, 5]), None)
        assert tracemalloc.get_traced_memory()[1] < 10e6
    finally:
        tracemalloc.stop()
    assert list(rows.names) == ["2999999", "5"]


def test_labels_that_are_none(pixels):
    for label, message in (
        (np.full(7, np.inf), "not whole numbers"),
        (np.full(7, 1e300), r"1e\+300 is no label"),
        (np.zeros((7, 2)), r"the labels have the shape \(7, 2\); give each image one"),
    ):
        with pytest.raises(DataError, match=message):
            datasets.wrap((pixels, label))
