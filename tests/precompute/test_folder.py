"""Folders and CSV files of images: which images, labels and columns they give, and what is said of odd ones."""

import os

import numpy as np
import pytest

from seeinin import config
from seeinin.errors import DataError
from seeinin.precompute import datasets


def ppm(value, height=3, width=2):
    return b"P6 %d %d 255\n" % (width, height) + bytes([value]) * (3 * height * width)


@pytest.fixture
def tree(tmp_path):
    """Make files below a folder: text, bytes, or a colour that fills an image."""

    def make(files):
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            content = ppm(content) if isinstance(content, int) else content
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return tmp_path

    return make


@pytest.fixture
def rows():
    """All rows of what a config names, in its order, read in this process; and their colours."""
    opened = []

    def read(source, size=None, **options):
        dataset = datasets.load(source.model_copy(update={"workers": 0, **options}))
        opened.append(dataset)
        chosen = dataset.choose(np.arange(len(dataset)), size)
        (batch,) = chosen.read([range(len(chosen))])
        return chosen, batch.pixels[:, 0, 0, 0].tolist(), batch.valid.tolist()

    yield read
    for dataset in opened:
        dataset.close()


def folder(path, **options):
    return config.Folder(source="folder", path=str(path), **options)


def table(path, **options):
    return config.Csv(source="csv", path=str(path), **options)


def test_a_class_per_sub_folder(tree, rows, caplog):
    root = tree(
        {
            "dog/2.ppm": 2,
            "dog/1.PPM": 1,
            "cat/deep/er/5.ppm": 5,
            "cat/ü b.ppm": 4,
            "bird/readme.txt": "no image",
            ".git/9.ppm": 9,
            "cat/.hidden.ppm": 9,
        }
    )
    chosen, colours, valid = rows(folder(root))
    assert chosen.classes == ("bird", "cat", "dog")
    assert chosen.names == ["cat/ü b.ppm", "cat/deep/er/5.ppm", "dog/1.PPM", "dog/2.ppm"]
    assert chosen.label.tolist() == [1, 1, 2, 2]
    assert colours == [4, 5, 1, 2]
    assert all(valid)
    assert chosen.shape == (3, 2, 3)
    assert "no images of bird" in caplog.text
    assert "1 files are no images by their names and passed over, as readme.txt" in caplog.text


def test_a_flat_folder_and_images_beside_classes(tree, rows, caplog):
    chosen, colours, _ = rows(folder(tree({"b.ppm": 2, "a.ppm": 1})))
    assert chosen.classes == ()
    assert chosen.label.tolist() == [-1, -1]
    assert colours == [1, 2]
    chosen, _, _ = rows(folder(tree({"x/c.ppm": 3})))
    assert chosen.label.tolist() == [-1, -1, 0]
    assert "2 images lie beside the folders of the classes" in caplog.text


def test_classes_fix_the_numbers(tree, rows):
    root = tree({"dog/1.ppm": 1, "cat/2.ppm": 2})
    chosen, _, _ = rows(folder(root, classes=("dog", "eel", "cat")))
    assert chosen.label.tolist() == [2, 0]
    with pytest.raises(DataError, match=r"dog is not among dataset\.classes; .* \(the nearest is god\)"):
        rows(folder(root, classes=("god", "cat")))


def test_a_folder_of_nothing(tree, rows, tmp_path):
    with pytest.raises(DataError, match=r"holds no images; their names end in \.bmp"):
        rows(folder(tree({"a/x.txt": "x"})))
    with pytest.raises(DataError, match="nowhere is missing"):
        rows(folder(tmp_path / "nowhere"))
    with pytest.raises(DataError, match="is a file, not a folder"):
        rows(folder(tmp_path / "a" / "x.txt"))


def test_a_name_that_is_not_utf8(tree, rows):
    root = tree({"a.ppm": 1})
    (root / "a.ppm").rename(os.fsdecode(os.fsencode(root) + b"/\xe4.ppm"))
    chosen, colours, _ = rows(folder(root))
    assert chosen.names == ["\ufffd.ppm"]
    assert colours == [1]


def test_images_of_different_sizes_need_a_size(tree, rows):
    root = tree({"a.ppm": 1, "b.ppm": ppm(2, 7, 5)})
    with pytest.raises(DataError, match=r"\(a\.ppm is 3 × 2, b\.ppm 7 × 5\); set preprocess\.size: \[height, width\]"):
        rows(folder(root))
    chosen, colours, _ = rows(folder(root), size=(4, 6))
    assert chosen.shape == (4, 6, 3)
    assert colours == [1, 2]


def test_what_cannot_be_read_is_marked_up_to_a_share(tree, rows, caplog):
    root = tree({"a.ppm": 1, "text.png": "no image\n", "cut.ppm": ppm(9)[:-4], "z.ppm": 4})
    with pytest.raises(DataError, match=r"1 of 4 images cannot be read \(text\.png is none of PNG.*share of 0\.01"):
        rows(folder(root))
    with pytest.raises(DataError, match=r"2 of 4 images cannot be read \(cut\.ppm .*; text\.png .*share of 0\.25"):
        rows(folder(root), max_bad=0.25)
    chosen, colours, valid = rows(folder(root), max_bad=0.5)
    assert colours == [1, 0, 0, 4]
    assert valid == [True, False, False, True]
    assert "text.png: is none of PNG" in caplog.text
    assert chosen.unread(np.array(valid)).startswith("2 of 4 images cannot be read (cut.ppm")
    assert chosen.unread(np.ones(4, bool)) == ""


def test_the_identity_is_paths_sizes_times_and_labels(tree, rows):
    root = tree({"x/a.ppm": 1, "x/b.ppm": 2})
    seen = [rows(folder(root))[0].identity]
    assert rows(folder(root), max_bad=0.5)[0].identity == seen[0]
    os.utime(root / "x" / "a.ppm", ns=(0, 0))
    seen.append(rows(folder(root))[0].identity)
    seen.append(rows(folder(root, classes=("w", "x")))[0].identity)
    (root / "x" / "a.ppm").rename(root / "x" / "c.ppm")
    seen.append(rows(folder(root))[0].identity)
    assert len(set(seen)) == 4


def test_a_file_that_changes_between_look_and_reading(tree):
    root = tree({f"{i}.ppm": i for i in range(9)})
    dataset = datasets.load(folder(root, workers=0, max_bad=0.5))
    chosen = dataset.choose(np.arange(9), None)
    (root / "3.ppm").write_bytes(ppm(200))
    (root / "5.ppm").unlink()
    (batch,) = chosen.read([range(9)])
    assert np.flatnonzero(~batch.valid).tolist() == [3, 5]
    assert not batch.pixels[[3, 5]].any()
    assert chosen.problems.reasons == {3: "has changed since the run began", 5: "No such file or directory"}
    dataset.close()


CSV = "\ufeffpath, label,age,score,place\n a b.ppm,cat,3,0.5,Rôme\nsub/c.ppm,dog,4,,\n\nd.ppm,,5,1e3,x\n"
FILES = {"a b.ppm": 1, "sub/c.ppm": 2, "d.ppm": 3}


@pytest.mark.parametrize("convert", [str, lambda t: t.replace(",", ";"), lambda t: t.replace("\n", "\r\n")])
def test_a_table_with_further_columns(tree, rows, convert):
    root = tree(FILES | {"t.csv": convert(CSV)})
    chosen, colours, _ = rows(table(root / "t.csv"))
    assert colours == [1, 2, 3]
    assert chosen.names == ["a b.ppm", "sub/c.ppm", "d.ppm"]
    assert chosen.classes == ("cat", "dog")
    assert chosen.label.tolist() == [0, 1, -1]
    assert list(chosen.extra) == ["age", "score", "place"]
    assert chosen.extra["age"].dtype == np.int64
    np.testing.assert_array_equal(chosen.extra["age"], [3, 4, 5])
    np.testing.assert_array_equal(chosen.extra["score"], [0.5, np.nan, 1000])
    assert chosen.extra["place"].tolist() == ["Rôme", "", "x"]


def test_labels_of_a_table(tree, rows):
    root = tree(FILES)
    for labels, classes, expected, names in (
        ("012", (), [0, 1, 2], ("0", "1", "2")),
        (("1", "", "0"), ("x", "y"), [1, -1, 0], ("x", "y")),
        ("yxy", ("x", "y"), [1, 0, 1], ("x", "y")),
        (("10", "9", "x"), (), [0, 1, 2], ("10", "9", "x")),
    ):
        lines = [f"{name},{label}" for name, label in zip(FILES, labels, strict=True)]
        (root / "t.csv").write_text("\n".join(["file,kind", *lines]))
        chosen, _, _ = rows(table(root / "t.csv", image="file", label="kind", classes=classes))
        assert (chosen.label.tolist(), chosen.classes) == (expected, names)
    with pytest.raises(DataError, match=r"the label 10 is not among dataset\.classes; the nearest there is"):
        rows(table(root / "t.csv", image="file", label="kind", classes=("x", "9")))


def test_mistakes_in_a_table(tree, rows):
    root = tree(FILES)
    path = root / "t.csv"
    for content, options, message in (
        (b"", {}, "is empty; fetch it again"),
        (b"path\n", {}, "has no lines below its header"),
        (b"file,label\nd.ppm,1\n", {}, r"has no column path of paths; set dataset\.image to one of file, label"),
        (b"path\nd.ppm\n", {"label": "kind"}, "has no column kind of labels"),
        (b"path,age,age\nd.ppm,1,2\n", {}, "has two columns called age"),
        (b"path,a/b\nd.ppm,1\n", {}, "cannot be called 'a/b'"),
        (b"path,age\nd.ppm,1\nd.ppm,1,2\n", {}, r"t\.csv:3: there are 3 cells below 2 column names"),
        (b"path,age\n,1\n", {}, r"t\.csv:2: there is no path"),
        (b'path,age\n"d.ppm,1\n', {}, r"t\.csv:2: unexpected end of data"),
        (b"path\n\xe4.ppm\n", {}, r"is not UTF-8 text \(byte 5\)"),
    ):
        path.write_bytes(content)
        with pytest.raises(DataError, match=message):
            rows(table(path, **options))
    with pytest.raises(DataError, match="is missing; correct"):
        rows(table(root / "nowhere.csv"))


def test_paths_of_a_table_stay_inside(tree, rows, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "x.ppm").write_bytes(ppm(7))
    root = tree({"a.ppm": 1})
    (root / "link").symlink_to(elsewhere)
    for name in (f"../{elsewhere.name}/x.ppm", str(elsewhere / "x.ppm"), "link/x.ppm", "a.ppm/../../x"):
        (root / "t.csv").write_text(f"path\na.ppm\n{name}\n")
        with pytest.raises(DataError, match=r"t\.csv:3: .* lies outside of .*; set dataset\.outside: true"):
            rows(table(root / "t.csv"))
    (root / "t.csv").write_text(f"path\na.ppm\n{elsewhere}/x.ppm\n")
    assert rows(table(root / "t.csv"), outside=True)[1] == [1, 7]


def test_a_file_that_a_table_names_and_that_is_not_there(tree, rows):
    root = tree({"a.ppm": 1, "t.csv": "path\na.ppm\nnone.ppm\n"})
    chosen, _, valid = rows(table(root / "t.csv"), max_bad=0.5)
    assert valid == [True, False]
    assert chosen.problems.reasons == {1: "No such file or directory"}


def test_a_class_that_cannot_be_listed_is_named(tree, monkeypatch):
    root = tree({"cat/a.ppm": 1, "dog/deep/b.ppm": 2})

    def scandir(path, listed=os.scandir):
        if str(path).endswith("deep"):
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(DataError, match=r"dog/deep may not be read: permission denied; allow it"):
        datasets.load(config.Folder(source="folder", path=str(root)))
