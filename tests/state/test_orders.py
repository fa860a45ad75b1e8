"""Orders of a made-up cache against scikit-learn and plain numpy over the arrays that went into it."""

import subprocess
import sys
from concurrent.futures import CancelledError

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, mutual_info_score, roc_auc_score

from seeinin.errors import DataError
from seeinin.geometry.fields import Field
from seeinin.geometry.pictures import reduced
from seeinin.geometry.warp import LINEAR
from seeinin.pool import POOL, Latest, Token
from seeinin.state import cells, orders, questions, similar
from seeinin.state.bands import value_bands
from seeinin.state.cells import order_cells
from seeinin.state.orders import order_channels
from seeinin.state.questions import Question, constant, silent
from seeinin.state.selection import chosen
from seeinin.state.similar import duplicate_channels
from seeinin.state.sources import Sources
from seeinin.store.format import CacheSpec, LayerSpec
from seeinin.store.reader import open_cache
from seeinin.store.writer import Writer

IMAGES, INVALID, UNLABELLED = 400, 17, 3
CONV, FC = 0, 1
CONSTANT, SELDOM, BROKEN = 2, 3, 4  # channels of fc: one value, one other value, and with a NaN and an infinity


def activations(label):
    random = np.random.default_rng(0)
    weights = random.normal(size=(2, 8, 5))
    conv = random.normal(size=(IMAGES, 5, 3, 3)) + weights[0][label][:, :5, None, None]
    fc = np.maximum(random.normal(size=(IMAGES, 8)) + weights[1].T[:, np.maximum(label, 0) % 8].T @ np.eye(5, 8), 0)
    fc[:, CONSTANT], fc[:, SELDOM] = 2, 0
    fc[100, SELDOM] = 1
    fc[50:52, BROKEN] = np.nan, np.inf
    return conv.astype(np.float16), fc.astype(np.float32)[:, :, None, None]


class MadeUp:
    """A cache and what it was made from."""

    def __init__(self, path, labelled=True, copy=False):
        random = np.random.default_rng(1)
        self.label = random.integers(0, 4, IMAGES).astype(np.int32)
        self.label[UNLABELLED] = -1
        self.valid = np.arange(IMAGES) != INVALID
        self.maps = activations(self.label)
        if copy:
            self.maps[CONV][:, 4] = 3 - 2 * self.maps[CONV][:, 1]
        self.pixels = random.integers(0, 256, (IMAGES, 9, 7, 1)).astype(np.uint8)
        rf = np.array([[2 * y, 2 * y + 3] for y in range(3)], np.int32)
        whole = np.array([[0, 8]], np.int32)
        layers = [
            LayerSpec("conv", "conv2d", (5, 3, 3), "float16", rf, rf, rf, rf, Field((4, 4), (2, 2), (0, -1))),
            LayerSpec("fc", "relu", (8, 1, 1), "float32", whole, whole, whole, whole, Field((9, 7), (9, 7), (0, 0))),
        ]
        stored = self.label if labelled else np.full(IMAGES, -1, np.int32)
        rows = np.arange(IMAGES)
        spec = CacheSpec(
            layers, (9, 7, 1), rows, stored, [str(row) for row in rows], {}, ("a", "b", "c", "d"), False, "", "{}", ""
        )
        with Writer.open(path, spec) as writer:
            for number, rows in enumerate(writer.units):
                part = slice(rows.start, rows.stop)
                maps = [one[part] for one in self.maps]
                writer.commit(number, pixels=self.pixels[part], valid=self.valid[part], maps=maps)
            writer.derive()
            self.sources = Sources.of(open_cache(writer.seal()))

    def columns(self, layer):
        """(D, P) in float64."""
        maps = self.maps[layer].astype(np.float64)
        return maps.transpose(1, 0, 2, 3).reshape(maps.shape[1], -1)

    def per_point(self, layer, of_images):
        return np.repeat(of_images, self.maps[layer][0, 0].size)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return MadeUp(tmp_path_factory.mktemp("cache") / "made.h5")


def answer(made, question, job=order_channels):
    return POOL.later(job, Token(), made.sources, question).result(timeout=60)


def finite(made, layer, channel, points=True):
    """Values and mask of the points that take part."""
    values = made.columns(layer)[channel]
    return values, ~np.isnan(values) & made.per_point(layer, made.valid) & points


def test_silent_channels(made):
    layer = made.sources.cache.layers[FC]
    assert np.flatnonzero(constant(layer)).tolist() == [CONSTANT]
    assert np.flatnonzero(silent(layer)).tolist() == [CONSTANT]
    assert not silent(made.sources.cache.layers[CONV]).any()


def test_as_in_the_network(made):
    ranking = answer(made, Question(FC, "network"))
    assert ranking.channels.tolist() == [0, 1, 3, 4, 5, 6, 7, 2]
    assert np.isnan(ranking.score).all()


def test_variance(made):
    ranking = answer(made, Question(CONV, "variance"))
    expected = made.columns(CONV)[:, made.per_point(CONV, made.valid)].var(axis=1)
    np.testing.assert_allclose(ranking.score, expected, rtol=1e-6)
    np.testing.assert_array_equal(ranking.channels, np.argsort(-expected))


@pytest.mark.parametrize("layer", [CONV, FC])
def test_class(made, layer):
    ranking = answer(made, Question(layer, "class"))
    label = made.per_point(layer, made.label)
    for channel in set(range(5)) - ({CONSTANT} if layer == FC else set()):
        values, takes_part = finite(made, layer, channel, label >= 0)
        v, k = values[takes_part], label[takes_part]
        bins = (v[:, None] > v).sum(axis=1) * 64 // len(v)
        sizes = [len(np.unique(each)) - 1 for each in (bins, k, bins * 10 + k)]
        expected = (mutual_info_score(bins, k) + (sizes[0] + sizes[1] - sizes[2]) / (2 * len(v))) / np.log(2)
        assert ranking.score[channel] == pytest.approx(max(expected, 0), rel=1e-9)
    assert (np.diff(ranking.score[ranking.channels][: len(ranking.channels) - ranking.silent]) <= 0).all()


@pytest.mark.parametrize("layer", [CONV, FC])
def test_few(made, layer):
    ranking = answer(made, Question(layer, "few"))
    maps = made.maps[layer].astype(np.float64)
    for channel in set(range(5)) - ({CONSTANT, SELDOM, BROKEN} if layer == FC else set()):
        of_class = [maps[made.valid & (made.label == k), channel] for k in range(4)]
        sums = [m.sum(axis=0).clip(0).sum() for m in of_class]  # of each place in the map
        assert ranking.score[channel] == pytest.approx(sum(sorted(sums)[-2:]) / sum(sums), rel=1e-5)
    assert (np.diff(ranking.score[ranking.channels][: len(ranking.channels) - ranking.silent]) <= 0).all()


def test_constant_channels_come_last(made):
    ranking = answer(made, Question(FC, "class"))
    assert (ranking.channels[-1], ranking.silent) == (CONSTANT, 1)
    assert np.isnan(ranking.score[CONSTANT])


@pytest.mark.parametrize("layer", [CONV, FC])
def test_separates(made, layer):
    ranking = answer(made, Question(layer, "separates", chosen(None, made.label == 2)))
    selected = made.per_point(layer, made.label == 2)
    for channel in set(range(5)) - ({CONSTANT} if layer == FC else set()):
        values, part = finite(made, layer, channel)
        finite_values = np.where(np.isinf(values), 1e30, values)[part]
        both = [average_precision_score(selected[part], sign * finite_values) for sign in (1, -1)]
        assert ranking.score[channel] == pytest.approx(max(both), abs=1e-12)
        assert ranking.low[channel] == (both[1] > both[0])


def test_separates_from_a_second_selection(made):
    two = Question(CONV, "separates", chosen(None, made.label == 2), chosen(None, made.label == 1))
    ranking = answer(made, two)
    label = made.per_point(CONV, made.label)
    for channel in range(5):
        values, part = finite(made, CONV, channel, np.isin(label, (1, 2)))
        both = [average_precision_score(label[part] == 2, sign * values[part]) for sign in (1, -1)]
        assert ranking.score[channel] == pytest.approx(max(both), abs=1e-12)


def test_a_selection_of_patches_counts_images_in_part(made):
    """In a layer without positions an image is as far selected as its points are in conv."""
    selection = chosen(CONV, np.random.default_rng(6).random(IMAGES * 9) < 0.3)
    ranking = answer(made, Question(FC, "separates", selection))
    share = made.sources.linker.images(selection).astype(float)
    assert len(np.unique(share)) > 3
    for channel in (0, 1):
        values, part = finite(made, FC, channel)
        sides, twice = np.repeat([False, True], part.sum()), np.tile(values[part], 2)
        weight = np.concatenate([255 - share[part], share[part]])
        both = [average_precision_score(sides, sign * twice, sample_weight=weight) for sign in (1, -1)]
        assert ranking.score[channel] == pytest.approx(max(both), abs=1e-12)


def test_a_seldom_one_is_found_by_what_it_fires_for(made):
    ranking = answer(made, Question(FC, "separates", chosen(None, np.arange(IMAGES) == 100)))
    assert ranking.channels[0] == SELDOM
    assert ranking.score[SELDOM] == 1


def share_explained(pictures, values):
    x = pictures - pictures.mean(axis=0)
    v = values - values.mean()
    return np.square(x.T @ v / len(v)).sum() / (v.var() * x.var(axis=0).sum())


@pytest.mark.parametrize("layer", [CONV, FC])
def test_tells_most_about(made, layer):
    selected = (made.label == 1) & made.valid
    ranking = answer(made, Question(layer, "tells", chosen(None, made.label == 1)))
    pictures = reduced(made.pixels[selected]).astype(np.float64)
    for channel in {0, 1}:
        values, part = finite(made, layer, channel)
        above = max(2 * roc_auc_score(made.per_point(layer, selected)[part], values[part]) - 1, 0)
        means = values.reshape(IMAGES, -1)[selected].mean(axis=1)
        assert ranking.score[channel] == pytest.approx(above * share_explained(pictures, means), rel=1e-5)


def test_tells_most_about_points(made):
    """What is selected are points of conv: images follow by their selected points."""
    mask = np.random.default_rng(5).random(IMAGES * 9) < 0.2
    ranking = answer(made, Question(CONV, "tells", chosen(CONV, mask)))
    inside = (mask.reshape(IMAGES, 9) * made.valid[:, None]).astype(np.float64)
    rows = np.flatnonzero(inside.any(axis=1))
    share = inside[rows].sum(axis=1) / inside.sum()
    x = reduced(made.pixels[rows]).astype(np.float64)
    x -= share @ x
    for channel in range(5):
        values, part = finite(made, CONV, channel)
        above = max(2 * roc_auc_score(mask[part], values[part]) - 1, 0)
        v = (values.reshape(IMAGES, 9) * inside).sum(axis=1)[rows] / inside[rows].sum(axis=1)
        v -= share @ v
        explained = np.square((share * v) @ x).sum() / ((share @ v**2) * (share @ x**2).sum())
        assert ranking.score[channel] == pytest.approx(above * explained, rel=1e-4, abs=1e-12)


@pytest.mark.parametrize("step", [1, 1 << 21])
def test_similar(made, step, monkeypatch):
    monkeypatch.setattr(similar, "STEP", step)
    ranking = answer(made, Question(CONV, "similar"))
    r = np.corrcoef(made.columns(CONV)[:, made.per_point(CONV, made.valid)])
    found = ranking.score[ranking.channels]
    order = ranking.channels
    np.testing.assert_allclose(found[1:], r[order[1:], order[:-1]], rtol=1e-6)
    assert found[0] == found[1]
    assert answer(made, Question(FC, "similar")).channels[-1] == CONSTANT


def test_duplicates(made, tmp_path):
    copied = MadeUp(tmp_path / "x.h5", copy=True)
    found = POOL.later(duplicate_channels, Token(), copied.sources.cache, copied.sources.cache.layers[CONV]).result()
    assert found == [(1, 4, pytest.approx(-1, abs=1e-4))]
    assert POOL.later(duplicate_channels, Token(), made.sources.cache, made.sources.cache.layers[CONV]).result() == []


@pytest.mark.parametrize("layer", [CONV, FC])
def test_cells(made, layer):
    ranking = answer(made, Question(layer, "network", chosen(None, made.label == 0)), order_cells)
    stored = made.sources.cache.layers[layer]
    selected = made.per_point(layer, made.label == 0)
    varying = [channel for channel in range(stored.shape[0]) if layer == CONV or channel != CONSTANT]
    assert sorted(map(tuple, ranking.cells.tolist())) == [(a, b) for a in varying for b in varying if b < a]
    assert (np.diff(ranking.score) <= 0).all()
    for (row, column), score in zip(ranking.cells, ranking.score, strict=True):
        bins, part = [], np.ones(selected.size, bool)
        for channel in (row, column):
            values, known = finite(made, layer, channel)
            low, high = stored.quantiles[channel, [0, -1]]
            edges = low + (high - low) * np.arange(1, 48) / 48
            bins.append(np.searchsorted(edges, values, side="right"))
            part &= known
        both, k = (bins[0] * 48 + bins[1])[part], selected[part]
        sizes = [len(np.unique(each)) - 1 for each in (both, k, both * 2 + k)]
        expected = (mutual_info_score(both, k) + (sizes[0] + sizes[1] - sizes[2]) / (2 * part.sum())) / np.log(2)
        assert score == pytest.approx(max(expected, 0), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("varying", [0, 1])
def test_hardly_a_channel(made, varying, monkeypatch):
    for module in (orders, cells, similar):
        monkeypatch.setattr(module, "silent", lambda layer: np.arange(5) >= varying)
    question = Question(CONV, "similar", chosen(None, made.label == 0))
    assert answer(made, question, order_cells).cells.shape == (0, 2)
    assert answer(made, question).channels.tolist() == [0, 1, 2, 3, 4]


def test_only_the_most_telling_channels_are_paired_where_there_are_too_many(made, monkeypatch):
    monkeypatch.setattr(cells, "POINTS", 3 * (IMAGES * 9 + cells.CELL))
    ranking = answer(made, Question(CONV, "network", chosen(None, made.label == 0)), order_cells)
    assert ranking.channels == 2
    assert len(ranking.cells) == 1


@pytest.mark.parametrize("order", ["class", "separates", "tells", "similar"])
def test_a_layer_too_large_is_told_from_its_first_images(made, order, monkeypatch):
    for module in (orders, similar):
        monkeypatch.setattr(module, "VALUES", 100 * 45)
    ranking = answer(made, Question(CONV, order, chosen(None, made.label == 1)))
    assert ranking.images == 100
    assert not np.isnan(ranking.score).any()


@pytest.mark.parametrize("order", ["class", "separates", "tells"])
def test_small_steps_change_nothing(made, order, monkeypatch):
    question = Question(CONV, order, chosen(None, made.label == 1))
    whole = answer(made, question)
    for module in (questions, orders):
        monkeypatch.setattr(module, "STEP", 1)
    np.testing.assert_allclose(answer(made, question).score, whole.score, rtol=1e-12)


def test_progress_and_cancel(made, monkeypatch):
    for module in (questions, orders):
        monkeypatch.setattr(module, "STEP", 1)
    monkeypatch.setattr(POOL, "size", 1)
    seen = []
    question = Question(FC, "separates", chosen(None, made.label == 1))
    POOL.later(order_channels, Token(), made.sources, question, seen.append).result(timeout=60)
    assert seen == pytest.approx([(k + 1) / 7 for k in range(7)])
    token = Token()
    job = order_channels(token, made.sources, question)
    next(job)
    token.cancel()
    with pytest.raises(CancelledError):
        next(job)


def test_the_newest_question_wins(made):
    latest = Latest(POOL.later)
    first = latest.request(order_channels, made.sources, Question(CONV, "class"))
    second = latest.request(order_channels, made.sources, Question(CONV, "variance"))
    assert second.result(timeout=60).channels.size == 5
    if not first.cancelled():
        assert first.exception() is None or isinstance(first.exception(), CancelledError)


@pytest.mark.parametrize("order", ["separates", "tells"])
def test_nothing_selected(made, order):
    with pytest.raises(DataError, match="Nothing is selected"):
        answer(made, Question(CONV, order))


def test_no_labels(tmp_path):
    with pytest.raises(DataError, match="label"):
        answer(MadeUp(tmp_path / "x.h5", labelled=False), Question(CONV, "class"))


def test_a_selection_of_what_could_not_be_read(made):
    ranking = answer(made, Question(CONV, "tells", chosen(None, np.arange(IMAGES) == INVALID)))
    np.testing.assert_array_equal(ranking.score, 0)


@pytest.mark.parametrize("layer", [CONV, FC])
def test_bands(made, layer):
    seen = []
    job = value_bands(Token(), made.sources, made.sources.cache.layers[layer], 1, LINEAR, 0.0, 2.0, seen.append)
    bands = POOL.later(lambda: job).result(timeout=60)
    values, part = finite(made, layer, 1)
    place = np.where(part, np.floor(values.clip(0, 1.999) / 0.25), -1).astype(int)
    label = made.per_point(layer, made.label)
    for band in range(8):
        points = np.flatnonzero(place == band)
        assert bands.count[band] == bands.averaged[band] == len(points)
        np.testing.assert_array_equal(bands.classes[band], [(label[points] == k).sum() for k in range(4)])
        assert bands.leading[band] == bands.classes[band].argmax()
        np.testing.assert_allclose(bands.pictures[band], average_crop(made, layer, points), rtol=1e-5)
    assert bands.images == IMAGES
    assert (seen[0].images, seen[0].count.tolist()) == (0, bands.count.tolist())
    assert np.isnan(seen[0].pictures).all()


def average_crop(made, layer, points):
    if layer == FC:
        return made.pixels[points].mean(axis=0)
    padded = np.pad(made.pixels.astype(float), ((0, 0), (9, 9), (9, 9), (0, 0)), constant_values=np.nan)
    crops = []
    for point in points:
        image, y, x = point // 9, point % 9 // 3, point % 3
        crops.append(padded[image, 9 + 2 * y :, 8 + 2 * x :][:4, :4])
    return np.nanmean(crops, axis=0)


def test_bands_of_a_channel_with_what_is_no_number(made):
    job = value_bands(Token(), made.sources, made.sources.cache.layers[FC], BROKEN, LINEAR, 0.0, 1.0)
    bands = POOL.later(lambda: job).result(timeout=60)
    assert bands.count.sum() == IMAGES - 2  # neither the NaN nor the image that could not be read


WARM = """
import sys
import numpy as np
from seeinin.geometry import crops, information, pictures, ranking, regions, similarity
from seeinin.geometry.warm_orders import compile_orders
from seeinin.pool import POOL, Token
from seeinin.geometry.warp import LINEAR
from seeinin.state.bands import value_bands
from seeinin.state.cells import order_cells
from seeinin.state.orders import order_channels
from seeinin.state.questions import Question
from seeinin.state.selection import chosen
from seeinin.state.sources import Sources
from seeinin.store.reader import open_cache

def compiled():
    modules = crops, information, pictures, ranking, regions, similarity
    kernels = [each for module in modules for each in vars(module).values() if hasattr(each, "signatures")]
    return {kernel.py_func.__name__: len(kernel.signatures) for kernel in kernels}

compile_orders()
before = compiled()
assert len(before) > 8
sources = Sources.of(open_cache(sys.argv[1]))
for layer in sources.cache.layers:
    for order in ("class", "similar", "separates", "tells"):
        question = Question(layer.number, order, chosen(None, sources.cache.label == 1))
        POOL.later(order_channels, Token(), sources, question).result()
    POOL.later(order_cells, Token(), sources, question).result()
    POOL.later(value_bands, Token(), sources, layer, 1, LINEAR, 0.0, 1.0).result()
assert compiled() == before, (before, compiled())
"""


def test_nothing_is_compiled_when_an_order_is_asked_for(made):
    script = [sys.executable, "-c", WARM, str(made.sources.cache.path)]
    subprocess.run(script, check=True, timeout=110)
