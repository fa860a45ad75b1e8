"""What the paper found in its network, found here by the orders of channels and cells: nothing is picked by hand."""

import os
from pathlib import Path

import numpy as np
import pytest

DATA = os.environ.get("SEEININ_DATA")
CONFIG = Path(__file__).parents[1] / "configs" / "mnist_siamese.yaml"

pytestmark = pytest.mark.skipif(not DATA, reason="SEEININ_DATA is not set: it names the folder with MNIST")


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """The network on all 10,000 test images, as far as the facts need it."""
    from seeinin.config import Layers, load
    from seeinin.precompute.run import precompute
    from seeinin.state.sources import Sources
    from seeinin.store.reader import open_cache

    config = load(CONFIG).model_copy(update={"layers": Layers(include=("pool2", "relu1", "feat"))})
    path = precompute(config, output=tmp_path_factory.mktemp("case") / "mnist.h5", progress=False)
    with open_cache(path) as cache:
        yield Sources.of(cache)


@pytest.fixture(scope="module")
def ones(sources):
    from seeinin.state.selection import chosen

    return chosen(None, sources.cache.label == 1)


def answer(job, *arguments):
    from seeinin.pool import POOL, Token

    return POOL.later(job, Token(), *arguments).result(timeout=120)


def lean(images):
    """How far images (…, h, w) lean to the left, in columns per row, from their central moments μ₁₁ / μ₀₂."""
    images = np.asarray(images, float)
    y, x = np.indices(images.shape[-2:])
    ink = images.sum(axis=(-2, -1), keepdims=True)
    y, x = (axis - (images * axis).sum(axis=(-2, -1), keepdims=True) / ink for axis in (y, x))
    return (images * x * y).sum(axis=(-2, -1)) / (images * y * y).sum(axis=(-2, -1))


def test_class_1_is_the_tightest_in_feat_and_8_the_nearest_to_the_origin(sources):
    from seeinin.state.answers.answer import Asked
    from seeinin.state.answers.tightness import tightness

    feat = sources.cache.layer("feat")
    lines = answer(tightness, sources, Asked(feat)).lines  # the tightest class first
    found = {line.text: [float(figure) for figure in line.figure.split(" · ")] for line in lines}
    assert next(iter(found)) == "1"
    widths = [width for width, _ in found.values()]
    assert widths == sorted(widths)
    assert widths[:2] == pytest.approx([0.245, 0.321], abs=5e-4)
    assert min(found, key=lambda name: found[name][1]) == "8"
    assert found["8"][1] == pytest.approx(0.379, abs=5e-4)


def test_the_8s_lie_around_the_origin(sources):
    from seeinin.geometry.classes import closest

    feat = sources.cache.layer("feat")
    around = closest([feat.column(0), feat.column(1)], (0, 0), 100)
    assert (sources.cache.label[around] == 8).sum() == 66


def test_many_rectified_channels_are_for_two_classes(sources):
    from seeinin.state.orders import order_channels
    from seeinin.state.questions import Question

    relu1 = sources.cache.layer("relu1")
    ranking = answer(order_channels, sources, Question(relu1.number, "few"))
    maps = relu1.maps(slice(None))[:, :, 0, 0].astype(float)
    sums = np.stack([maps[sources.cache.label == k].sum(axis=0) for k in range(10)])
    share = np.sort(sums, axis=0)[-2:].sum(axis=0) / sums.sum(axis=0)
    best = ranking.channels[:40]
    assert (share[best] >= 0.8).all()
    np.testing.assert_allclose(ranking.score[best], share[best], rtol=1e-5)


def test_the_channel_that_tells_most_about_the_1s_follows_their_slant(sources, ones):
    from scipy.stats import spearmanr

    from seeinin.state.orders import order_channels
    from seeinin.state.questions import Question

    cache, relu1 = sources.cache, sources.cache.layer("relu1")
    column = relu1.column(answer(order_channels, sources, Question(relu1.number, "tells", ones)).channels[0])
    ranks = np.argsort(-column.astype(np.float32), kind="stable")
    is_one = cache.label == 1
    assert is_one[ranks[:300]].mean() >= 0.9
    slant = lean(cache.pixels(np.flatnonzero(is_one))[..., 0])
    assert abs(spearmanr(column[is_one], slant).statistic) >= 0.75
    leans = [lean(cache.pixels(ranks[a:b])[..., 0].mean(axis=0)) for a, b in ((0, 300), (300, 700), (700, 1200))]
    assert sorted(leans) in (leans, leans[::-1])
    assert abs(leans[2] - leans[0]) >= 0.15


def test_two_channels_of_pool2_find_the_right_edges_of_the_1s(sources, ones):
    from seeinin.geometry.crops import NO_GROUP, Crops, crop_of
    from seeinin.geometry.information import bins_of, equal_widths, pair_counts
    from seeinin.geometry.regions import region
    from seeinin.state.cells import SIDE, order_cells
    from seeinin.state.questions import Question, sides

    cache, pool2 = sources.cache, sources.cache.layer("pool2")
    question = Question(pool2.number, "network", ones)
    cell = answer(order_cells, sources, question).cells[0]
    assert cell.tolist() == [16, 5]  # the paper's figure 8
    bins = [bins_of(pool2.column(d), equal_widths(*pool2.quantiles[d, [0, -1]], SIDE)) for d in cell]
    inside = region(pair_counts(*bins, SIDE, sides(sources, question, cache.images)))[tuple(bins)]
    assert inside.sum() >= 5000
    assert np.repeat(cache.label == 1, pool2.positions)[inside].mean() >= 0.6
    crops = Crops(1, crop_of(pool2.field, cache.pixel_shape), 1)
    group = np.where(inside, np.uint8(0), np.uint8(NO_GROUP)).reshape(cache.images, *pool2.shape[1:])
    crops.add(cache.pixels(slice(None)), group)
    average = crops.averages[0, :, :, 0]
    half = average.shape[1] // 2
    assert average[:, half:].sum() >= 3 * average[:, :half].sum()
