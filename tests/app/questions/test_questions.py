"""Ten questions, each asked and answered by hand in the window, and answered again by numpy and scikit-learn."""

import numpy as np
from PyQt6.QtCore import Qt
from sklearn.metrics import average_precision_score, mutual_info_score, roc_auc_score

from seeinin.state.colouring import ColourBy

KEY, SHIFT, CONTROL = Qt.Key, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
CONV, RELU, POOL, HIDDEN, LOGITS = "0", "1", "2", "5", "6"


def columns(cache, name):
    """(D, P) in float64."""
    layer = cache.layer(name)
    return np.stack([layer.column(c) for c in range(layer.shape[0])]).astype(np.float64)


def vectors(cache, name):
    """(N, U) in float32."""
    return cache.layer(name).maps(slice(None)).reshape(cache.images, -1).astype(np.float32)


def test_what_does_it_confuse(at, cache):
    hand = at(LOGITS)
    lines = hand.ask("What does it confuse?")
    called = np.zeros((10, 10), int)
    np.add.at(called, (cache.label, cache.prediction), 1)
    wrong = called * (1 - np.eye(10, dtype=int))
    assert lines[0].figure == f"{wrong.sum()}"
    pairs = [line.classes for line in lines[2:]]
    assert sorted(pairs) == sorted(zip(*np.nonzero(wrong), strict=True))
    counts = [wrong[pair] for pair in pairs]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > 1
    hand.answer(2)
    label, prediction = pairs[0]
    assert np.array_equal(hand.selected, (cache.label == label) & (cache.prediction == prediction))
    hand.answer(0)
    assert np.array_equal(hand.selected, cache.label != cache.prediction)


def test_which_channel_detects_a_class(at, cache):
    hand = at(HIDDEN)
    hand.key(KEY.Key_4)
    hand.choose("Ask", "Which channel detects the selection?")
    four = cache.label == 4
    told = [max(average_precision_score(four, sign * v) for sign in (1, -1)) for v in columns(cache, HIDDEN)]
    view = hand.state.view
    assert view.rows[0] == np.argmax(told)
    np.testing.assert_allclose(view.arrangement.ranking.score[list(view.rows)], np.array(told)[list(view.rows)])


def test_what_does_channel_17_want(at, cache):
    hand = at(HIDDEN)
    hand.type("17")
    values = columns(cache, HIDDEN)[17]
    low, high = hand.state.view.ranges[17]
    band = np.clip(((values - low) / (high - low) * 8).astype(int), 0, 7)
    strip = hand.window.matrix.strip
    assert strip.bands.count.tolist() == np.bincount(band, minlength=8).tolist()
    pixels = cache.pixels(slice(None)).astype(float)
    np.testing.assert_allclose(strip.bands.pictures[7], pixels[band == 7].mean(axis=0), rtol=1e-5)
    place = strip.places[7]
    hand.click(hand.window.matrix.canvas.native, (place.x + place.width / 2, place.y + place.height / 2))
    hand.until(lambda: hand.state.selection is not None)
    assert np.array_equal(hand.selected, band == 7)


def test_what_varies_among_one_class(at, cache):
    hand = at(HIDDEN)
    hand.key(KEY.Key_1)
    hand.choose("Ask", "What varies in the selection?")
    ones = cache.label == 1
    x = cache.pixels(np.flatnonzero(ones)).astype(float).reshape(ones.sum(), -1)
    x -= x.mean(axis=0)
    score = []
    for values in columns(cache, HIDDEN):
        v = values[ones] - values[ones].mean()
        explained = np.square(x.T @ v / len(v)).sum() / max(v.var() * x.var(axis=0).sum(), 1e-300)
        score.append(max(2 * roc_auc_score(ones, values) - 1, 0) * explained)
    first = int(np.argmax(score))
    assert hand.state.view.rows[0] == first
    hand.type("top 1")
    strip, values = hand.window.matrix.strip, columns(cache, HIDDEN)[first]
    low, high = hand.state.view.ranges[first]
    band = np.clip(((values - low) / (high - low) * 8).astype(int), 0, 7)
    least = min(k for k in range(8) if (ones & (band == k)).any())
    place = strip.places[least]
    at_band = place.x + place.width / 2, place.y + place.height / 2
    hand.click(hand.window.matrix.canvas.native, at_band, SHIFT | CONTROL)
    hand.until(lambda: hand.selected.sum() < ones.sum())
    assert np.array_equal(hand.selected, ones & (band == least))


def test_at_which_layer_do_two_classes_part(at, cache):
    hand = at(HIDDEN)
    hand.key(KEY.Key_3)
    hand.choose("Select", "Compare with", "eight")
    lines = hand.ask("At which layer does the selection part?")
    rows = np.concatenate([np.flatnonzero(cache.label == k) for k in (8, 3)])
    side = cache.label[rows] == 3
    told = [parted(cache.pixels(rows).reshape(len(rows), -1).astype(np.float32), side)]
    told += [parted(vectors(cache, layer.name)[rows], side) for layer in cache.layers]
    assert [float(line.figure) for line in lines] == [round(t, 3) for t in told]
    assert told[-1] > told[0] > 0.5
    hand.answer(1)
    hand.until(lambda: hand.state.view.layer == 0)


def parted(x, side):
    """scikit-learn's AUC, of each half along the line that the other half makes."""
    found = []
    half = np.zeros(len(side), int)
    for which in (False, True):
        half[side == which] = np.arange((side == which).sum()) % 2
    for k in (0, 1):
        a, b = (x[(half != k) & (side == which)].astype(np.float64) for which in (False, True))
        variance = (np.square(a - a.mean(0)).sum(0) + np.square(b - b.mean(0)).sum(0)) / (len(a) + len(b))
        line = (b.mean(0) - a.mean(0)) / (variance + variance.mean())
        found.append(roc_auc_score(side[half == k], x[half == k] @ line))
    return np.mean(found)


def test_which_units_are_silent(at, cache, planted):
    hand = at(LOGITS)
    lines = hand.ask("Which channels are silent?")
    silent = {}
    for layer in cache.layers:
        low, high = np.quantile(columns(cache, layer.name), [0.001, 0.999], axis=1)
        if (low == high).any():
            silent[layer.name] = np.flatnonzero(low == high).tolist()
    assert {line.text: int(line.figure.split()[0]) for line in lines} == {k: len(v) for k, v in silent.items()}
    assert silent[CONV] == [planted.silent]
    number = list(silent).index(HIDDEN)
    hand.answer(number)
    hand.until(lambda: hand.state.layer.name == HIDDEN)
    assert list(hand.state.view.rows) == silent[HIDDEN]
    hand.type("all")
    assert set(hand.state.view.rows) == set(range(32)) - set(silent[HIDDEN])


def test_is_this_cluster_a_place_or_a_thing(at, cache):
    hand = at(RELU)
    hand.type("1")
    place = hand.window.matrix.strip.places[7]
    hand.click(hand.window.matrix.canvas.native, (place.x + place.width / 2, place.y + place.height / 2))
    hand.until(lambda: hand.state.selection is not None)
    inside = hand.state.selection.strength > 0
    lines = hand.ask("Is the selection a place or a thing?")
    position, image = np.arange(inside.size) % 64, np.arange(inside.size) // 64
    entropy = mutual_info_score(inside, inside)
    expected = {
        "the place in the map": position,
        "its height alone": position // 8,
        "its place across alone": position % 8,
        "the class": cache.label[image],
        "the prediction": cache.prediction[image],
    }
    for line in lines:
        cause = expected[line.text]
        sizes = [len(np.unique(each)) - 1 for each in (cause, inside, cause * 2 + inside)]
        told = (mutual_info_score(cause, inside) + (sizes[0] + sizes[1] - sizes[2]) / (2 * inside.size)) / entropy
        assert line.share == np.float64(told).clip(0) or abs(line.share - told) < 1e-9
    shares = [line.share for line in lines]
    assert shares == sorted(shares, reverse=True)
    assert len(lines) == 5
    hand.answer(0)
    assert hand.state.colour_by in (ColourBy("row"), ColourBy("column"))


def test_why_is_this_image_wrong(at, cache):
    hand = at(LOGITS)
    hand.ask("What does it confuse?")
    hand.answer(2)
    hand.type("0, 1")
    hand.choose("View", "Fit")
    row = click_on_a_selected_point(hand, cache)
    lines = hand.ask("Why is the picked image wrong?")
    own, called = cache.label[row], cache.prediction[row]
    for line, layer in zip(lines, cache.layers, strict=True):
        x = vectors(cache, layer.name).astype(np.float64)
        a, b = (x[(cache.prediction == k) & (np.arange(cache.images) != row)] for k in (own, called))
        variance = (np.square(a - a.mean(0)).sum(0) + np.square(b - b.mean(0)).sum(0)) / (len(a) + len(b))
        along = (b.mean(0) - a.mean(0)) / (variance + variance.mean())
        start, end = (a @ along).mean(), (b @ along).mean()
        assert abs(float(line.figure) - (x[row] @ along - start) / (end - start)) < 0.006
    assert lines[-1].classes == (called,)  # the last layer is where it is decided


def click_on_a_selected_point(hand, cache):
    """Pick, of the selected points of the plot above the diagonal, the one that is most by itself; its row."""
    matrix = hand.window.matrix.matrix
    values = columns(cache, LOGITS)
    x, y = matrix.x_axis(1), matrix.y_axis(0)
    places = np.stack([values[1] * x.scale + x.offset, values[0] * y.scale + y.offset], axis=1)
    gaps = np.linalg.norm(places[:, None] - places[None], axis=2) + 1e9 * np.eye(len(places))
    box = matrix.cell_rect(0, 1)
    seen = hand.selected & np.array([box.contains(*place) for place in places])
    row = int(np.argmax(np.where(seen, gaps.min(axis=1), 0)))
    hand.click(hand.window.matrix.canvas.native, places[row])
    hand.until(lambda: hand.state.pick is not None)
    assert hand.state.image_of(hand.state.pick) == row
    return row


def test_which_images_are_odd_or_mislabelled(at, cache, planted):
    hand = at(HIDDEN)
    lines = hand.ask("Which images are odd?")
    x = vectors(cache, HIDDEN).astype(np.float64)
    spread = x.std(axis=0)
    x = x[:, spread > 0] / spread[spread > 0]
    centre = np.stack([x[cache.label == k].mean(axis=0) for k in range(10)])
    apart = np.linalg.norm(x[:, None] - centre, axis=2)
    own = apart[np.arange(cache.images), cache.label].copy()
    apart[np.arange(cache.images), cache.label] = np.inf
    times = own / apart.min(axis=1)
    order = np.argsort(-times)[:20]
    assert [int(line.text.split()[0][1:]) for line in lines[1:21]] == cache.index[order].tolist()
    assert [line.classes for line in lines[1:21]] == list(
        zip(cache.label[order], apart.argmin(axis=1)[order], strict=True)
    )
    odd = times > 1
    assert odd[np.isin(cache.index, planted.mislabelled)].all()  # every image with a wrong label is found
    hand.answer(1)
    assert hand.state.image_of(hand.state.pick) == order[0]
    hand.answer(0)
    assert np.array_equal(hand.selected, odd)


def test_which_channels_are_duplicates(at, planted):
    hand = at(CONV)
    lines = hand.ask("Which channels are duplicates?")
    assert lines[0].text == f"{planted.twins[0]} and {planted.twins[1]}"
    hand.key(KEY.Key_PageDown)
    hand.answer(0)
    hand.until(lambda: hand.state.view.layer == 0)
    view = hand.state.view
    row, column = view.rows[int(view.camera.y)], view.columns[int(view.camera.x)]
    assert (view.layer, view.camera.span, {row, column}) == (0, 1.0, set(planted.twins))
