"""The statistics of a channel equal plain numpy over the whole column."""

from types import SimpleNamespace

import numpy as np
import pytest

from seeinin.geometry.statistics import Images, Wanted, channel_statistics, of_tally

LEVELS = (0.001, 0.05, 0.5, 0.999)


def column(rng, kind, rows, positions, dtype):
    values = rng.normal(0, 30, (rows, positions))
    if kind == "rectified":
        values = values.clip(0)
    elif kind == "constant":
        values[...] = -2.5
    elif kind == "small":
        values *= 1e-6
    elif kind == "holes":
        values[rng.random(values.shape) < 0.3] = np.nan
        values[rng.random(values.shape) < 0.1] = np.inf
        values[rng.random(values.shape) < 0.1] = -np.inf
        values[3] = np.nan  # an image without a value
    return values.astype(dtype)


def extreme_points(column, valid, count, sign):
    """The slow way: each image's best point, then the best images; the lower point first among equals."""
    best = []
    for row in np.flatnonzero(valid):
        finite = [
            (-sign * float(v), int(row * column.shape[1] + j)) for j, v in enumerate(column[row]) if np.isfinite(v)
        ]
        best += [min(finite)] if finite else []
    points = [point for _, point in sorted(best)][:count]
    return points + [-1] * (count - len(points))


def summarise(column, images, rows_at_once=7, per_position=True, extremes=9):
    found = channel_statistics(
        lambda: (column[start : start + rows_at_once] for start in range(0, len(column), rows_at_once)),
        images,
        Wanted(column.shape[1], per_position, LEVELS, extremes),
    )
    return SimpleNamespace(**{name: getattr(found, name)[0] for name in found.__dataclass_fields__})


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("kind", ["plain", "rectified", "constant", "small", "holes"])
@pytest.mark.parametrize("positions", [1, 12])
@pytest.mark.parametrize("per_position", [True, False])
def test_equal_to_numpy(kind, dtype, positions, per_position):
    rng = np.random.default_rng(5)
    values = column(rng, kind, 41, positions, dtype)
    images = Images(rng.integers(-1, 3, 41).astype(np.int32), rng.random(41) < 0.9, 4)
    found = summarise(values, images, per_position=per_position)

    kept = values[images.valid].astype(np.float64)
    finite = kept[np.isfinite(kept)]
    assert (found.minimum, found.maximum) == (finite.min(), finite.max())
    np.testing.assert_allclose([found.mean, found.std], [finite.mean(), finite.std()], rtol=1e-12, atol=1e-15)
    np.testing.assert_array_equal(found.quantiles, np.quantile(finite, LEVELS))
    assert found.nonfinite == kept.size - finite.size
    assert found.top.tolist() == extreme_points(values, images.valid, 9, 1)
    assert found.bottom.tolist() == extreme_points(values, images.valid, 9, -1)
    for k in range(4):
        of_class = np.where(np.isfinite(values), values, np.nan)[images.valid & (images.label == k)].astype(np.float64)
        expected = [
            np.mean(part[np.isfinite(part)]) if np.isfinite(part).any() else np.nan
            for part in (of_class.T if per_position else [of_class])
        ]
        np.testing.assert_allclose(found.class_mean[k], expected, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_pieces_do_not_matter(dtype):
    rng = np.random.default_rng(0)
    values = column(rng, "holes", 200, 6, dtype)
    images = Images(rng.integers(0, 3, 200).astype(np.int32), np.ones(200, bool), 3)
    one, other = (summarise(values, images, rows_at_once=rows) for rows in (200, 3))
    for name in vars(one):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_no_finite_value_at_all(dtype):
    images = Images(np.full(5, -1, np.int32), np.ones(5, bool), 0)
    found = summarise(np.full((5, 2), np.nan, dtype), images)
    assert np.isnan([found.minimum, found.maximum, found.mean, found.std, *found.quantiles]).all()
    assert (found.nonfinite, found.class_mean.shape, set(found.top)) == (10, (0, 2), {-1})


def test_extremes_of_many_equal_values_are_the_first_images():
    images = Images(np.zeros(50, np.int32), np.arange(50) % 2 == 1, 1)
    found = summarise(np.zeros((50, 3), np.float16), images, extremes=4)
    assert found.top.tolist() == found.bottom.tolist() == [3, 9, 15, 21]


@pytest.mark.parametrize(("histograms", "rows_at_once"), [(1, 60), (5, 60), (5, 7)])
def test_channels_are_counted_together_as_each_by_itself(histograms, rows_at_once):
    rng = np.random.default_rng(2)
    kinds = ["plain", "rectified", "constant", "small", "holes"]
    columns = np.stack([column(rng, kind, 60, 4, np.float16) for kind in kinds])
    images, wanted = (
        Images(rng.integers(-1, 3, 60).astype(np.int32), rng.random(60) < 0.9, 3),
        Wanted(4, True, LEVELS, 9),
    )
    tally = wanted.tally(images, len(columns), np.zeros((histograms, 65_536), np.int64))
    for start in range(0, 60, rows_at_once):
        tally.add(np.ascontiguousarray(columns[:, start : start + rows_at_once]), start)
    found = of_tally(tally, images, wanted)
    for c, alone in enumerate(map(summarise, columns, [images] * len(columns))):
        for name, value in vars(alone).items():
            np.testing.assert_array_equal(getattr(found, name)[c], value)
    assert not tally.histograms.any()
