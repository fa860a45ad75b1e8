"""Why an image is called what it is not: layer by layer, how far it has gone over to the other class."""

from collections.abc import Generator

import numpy as np

from seeinin.errors import DataError
from seeinin.geometry.parting import way
from seeinin.pool import Token
from seeinin.state.answers.answer import Answer, Answers, Asked, show
from seeinin.state.answers.sampling import LEAST, sample, values_of
from seeinin.state.sources import Sources


def why_wrong(token: Token, sources: Sources, asked: Asked) -> Generator[None, None, Answers]:
    """Of each layer, where the picked image lies between the images that the network calls as they should have been,
    0 at their mean, and the others that it calls the same, 1 at theirs; along the line between them.

    Raises DataError where nothing is picked, what is picked is called rightly, or either side has too few images.
    """
    cache, row = sources.cache, asked.pick
    if cache.prediction is None or row is None:
        raise DataError("Pick an image first: click one of its points. The network must name classes.")
    label, called = int(cache.label[row]), int(cache.prediction[row])
    if not (0 <= label < len(cache.classes) and 0 <= called < len(cache.classes)) or label == called:
        raise DataError(f"Image #{cache.index[row]} is not called wrong: pick one that is.")
    own, other = cache.classes[label], cache.classes[called]
    known = cache.valid & (np.arange(cache.images) != row)
    sets = [np.flatnonzero(known & (cache.prediction == k)) for k in (label, called)]
    if min(map(len, sets)) < LEAST:
        raise DataError(f"Too few images are called {own} or {other} to tell what makes one of them.")
    lines = []
    for layer in cache.layers:
        x, side = yield from sample(token, layer.maps, layer.shape, sets)
        far = way(x, side, values_of(layer.maps, layer.shape, np.array([row]))[0])
        dot = called if far > 0.5 else label
        lines.append(Answer(layer.name, f"{far:.2f}", min(max(far, 0.0), 1.0), (dot,), show(layer.number)))
    note = f"how far #{cache.index[row]} is on the way from the images called {own}, 0, to those called {other}, 1"
    return Answers(f"Why it is called {other}, not {own}", note, tuple(lines))
