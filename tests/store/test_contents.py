"""What a cache holds, read with plain h5py, equals plain numpy over what was committed."""

import h5py
import numpy as np
import pytest

from seeinin.store import format as formats
from seeinin.store.thumbnails import thumbnails
from seeinin.store.writer import Writer

pytestmark = pytest.mark.usefixtures("small_chunks")


def columns_of(maps):
    """(N, D, H, W) to (D, N·H·W): point p = (i·H + y)·W + x."""
    return np.moveaxis(maps, 1, 0).reshape(maps.shape[1], -1)


@pytest.fixture(params=[1, 23, 40])
def written(tmp_path, make, request):
    spec = make.spec(rows=request.param, unit=4)
    contents = make.contents(spec)
    with Writer.open(tmp_path / "cache.h5", spec) as writer:
        path = contents.finish(writer)
    with h5py.File(path) as file:
        yield spec, contents, file


def test_both_layouts(written):
    spec, contents, file = written
    for number, (layer, maps) in enumerate(zip(spec.layers, contents.maps, strict=True)):
        group = file[f"layers/{number:03d}"]
        assert (group["maps"].dtype, group["columns"].dtype) == (layer.dtype, layer.dtype)
        np.testing.assert_array_equal(group["maps"][:], maps)
        np.testing.assert_array_equal(group["columns"][:], columns_of(maps))
        np.testing.assert_array_equal(group["columns"][layer.shape[0] - 1], columns_of(maps)[-1])


def test_images_and_classes(written):
    spec, contents, file = written
    images = file["images"]
    np.testing.assert_array_equal(images["pixels"][:], contents.pixels)
    np.testing.assert_array_equal(images["valid"][:], contents.valid)
    np.testing.assert_array_equal(images["prediction"][:], contents.prediction)
    np.testing.assert_array_equal(images["index"][:], spec.index)
    np.testing.assert_array_equal(images["label"][:], spec.label)
    np.testing.assert_array_equal(images["extra/score"][:], spec.extra["score"])
    assert images["extra/site"].asstr()[:].tolist() == list(spec.extra["site"])
    assert images["name"].asstr()[:].tolist() == list(spec.names)
    assert file["classes/name"].asstr()[:].tolist() == list(spec.classes)
    assert file["classes/count"][:].tolist() == [np.sum(spec.label == k) for k in range(len(spec.classes))]
    assert "thumbnail" not in images


def test_small_chunks_are_many_and_ragged(written):
    spec, _, file = written
    if len(spec.index) == 40:
        assert (file["layers/000/maps"].chunks, file["layers/000/columns"].chunks) == ((4, 3, 5, 4), (1, 416))
        assert file["layers/000/columns"].shape == (3, 800)


def test_attributes(written):
    spec, _, file = written
    assert {name: file.attrs[name] for name in ("format", "version", "fingerprint", "step")} == {
        "format": "seeinin",
        "version": 1,
        "fingerprint": "f00d",
        "step": -1,
    }
    assert (file["config"].asstr()[()], file["graph"].asstr()[()]) == (spec.config, spec.graph)
    for number, layer in enumerate(spec.layers):
        group = file[f"layers/{number:03d}"]
        assert (group.attrs["name"], group.attrs["op"]) == (layer.name, layer.op)
        assert tuple(group.attrs["shape"]) == layer.shape
        assert [tuple(group.attrs[f"field_{part}"]) for part in ("size", "stride", "first")] == [
            (5, 5),
            (2, 2),
            (0, -1),
        ]
        for name in ("rf_y", "rf_x", "home_y", "home_x"):
            np.testing.assert_array_equal(group[name][:], getattr(layer, name))


def test_statistics(written):
    _, contents, file = written
    for number, maps in enumerate(contents.maps):
        group = file[f"layers/{number:03d}"]
        levels = group["quantiles"].attrs["levels"]
        assert {0.001, 0.999} <= set(levels)
        for d, column in enumerate(columns_of(maps[contents.valid]).astype(np.float64)):
            finite = column[np.isfinite(column)]
            assert (group["minimum"][d], group["maximum"][d]) == (finite.min(), finite.max())
            np.testing.assert_allclose([group["mean"][d], group["std"][d]], [finite.mean(), finite.std()], rtol=1e-12)
            np.testing.assert_array_equal(group["quantiles"][d], np.quantile(finite, levels))
            assert group["nonfinite"][d] == len(column) - len(finite)


def test_class_means(written):
    spec, contents, file = written
    for number, maps in enumerate(contents.maps):
        found = file[f"layers/{number:03d}/class_mean"]
        assert (found.shape, found.dtype) == ((3, *maps.shape[1:]), np.float32)
        for k in range(3):
            of_class = np.ma.masked_invalid(maps[contents.valid & (spec.label == k)].astype(np.float64))
            expected = of_class.mean(axis=0).filled(np.nan) if len(of_class) else np.full(maps.shape[1:], np.nan)
            np.testing.assert_allclose(found[k], expected, rtol=1e-6)


def test_top_and_bottom_are_the_best_points_of_different_images(written):
    _, contents, file = written
    for number, maps in enumerate(contents.maps):
        positions = maps[0, 0].size
        for name, sign in (("top", 1), ("bottom", -1)):
            found = file[f"layers/{number:03d}/{name}"][:]
            assert found.shape == (maps.shape[1], len(maps))
            for d, column in enumerate(sign * columns_of(maps).astype(np.float64)):
                column[~np.isfinite(column) | ~np.repeat(contents.valid, positions)] = -np.inf
                best = column.reshape(-1, positions).argmax(1) + np.arange(len(maps)) * positions
                best = best[np.isfinite(column[best])]
                expected = best[np.lexsort((best, -column[best]))]
                assert found[d].tolist() == expected.tolist() + [-1] * (len(maps) - len(expected))


def test_class_means_over_positions_where_there_are_too_many(tmp_path, make, monkeypatch):
    monkeypatch.setattr(formats, "CLASS_MEAN_VALUES", 3 * 3 * 5 * 4 - 1)
    spec = make.spec()
    contents = make.contents(spec)
    path = make.cache(tmp_path / "cache.h5", spec)
    with h5py.File(path) as file:
        assert file["layers/000/class_mean"].shape == (3, 3)
        of_class = np.ma.masked_invalid(contents.maps[0][contents.valid & (spec.label == 1)].astype(np.float64))
        np.testing.assert_allclose(file["layers/000/class_mean"][1], of_class.mean(axis=(0, 2, 3)), rtol=1e-6)


def test_no_labels_and_no_classes(tmp_path, make):
    path = make.cache(tmp_path / "cache.h5", make.spec(classes=0, predicts=False))
    with h5py.File(path) as file:
        assert file["classes/name"].shape == file["classes/count"].shape == (0,)
        assert file["layers/000/class_mean"].shape == (0, 3, 5, 4)
        assert set(file["images/label"][:]) == {-1}
        assert "prediction" not in file["images"]


def test_large_pictures_have_thumbnails(tmp_path, make):
    spec = make.spec(pixel_shape=(100, 160, 3))
    contents = make.contents(spec)
    with h5py.File(make.cache(tmp_path / "cache.h5", spec)) as file:
        assert file["images/thumbnail"].shape == (23, 40, 64, 3)
        np.testing.assert_array_equal(file["images/thumbnail"][:], thumbnails(contents.pixels))


def test_thumbnails_are_averages_over_areas():
    pixels = np.random.default_rng(0).integers(0, 256, (2, 128, 192, 3), dtype=np.uint8)
    found = thumbnails(pixels)
    assert found.shape == (2, 43, 64, 3)
    whole = thumbnails(pixels[:, :, :128])  # 2 × 2 pixels each
    expected = pixels[:, :, :128].reshape(2, 64, 2, 64, 2, 3).mean(axis=(2, 4))
    assert abs(whole - expected).max() <= 0.5
    np.testing.assert_array_equal(thumbnails(np.full((1, 100, 70, 1), 9, np.uint8)), np.full((1, 64, 45, 1), 9))
