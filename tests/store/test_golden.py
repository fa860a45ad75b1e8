"""Old caches open for ever: a file written by the first version that had this format, against what was put into it.

`golden/version-1.h5` is never written again. A new format gets a file of its own beside it.
"""

from pathlib import Path

import h5py
import numpy as np

from seeinin.store.reader import open_cache
from seeinin.store.verify import verify

GOLDEN = Path(__file__).parent / "golden" / "version-1.h5"


def test_the_first_version_is_read_as_it_was_written(make):
    spec = make.spec()
    contents = make.contents(spec)
    assert verify(GOLDEN) == []
    with open_cache(GOLDEN) as cache:
        assert cache.images == 23
        assert cache.fingerprint == "f00d"
        assert np.array_equal(cache.label, spec.label)
        assert np.array_equal(cache.index, spec.index)
        assert np.array_equal(cache.valid, contents.valid)
        assert [cache.name(row) for row in range(23)] == list(spec.names)
        assert np.array_equal(cache.pixels(slice(None))[contents.valid], contents.pixels[contents.valid])
        for layer, known, maps in zip(cache.layers, spec.layers, contents.maps, strict=True):
            assert (layer.name, layer.op, layer.shape, layer.field) == (known.name, known.op, known.shape, known.field)
            assert np.array_equal(layer.maps(slice(None)), maps, equal_nan=True)
            columns = maps.transpose(1, 0, 2, 3).reshape(maps.shape[1], -1)
            for channel, column in enumerate(columns):
                assert np.array_equal(layer.column(channel), column, equal_nan=True)


def test_anyone_can_read_it_with_h5py(make):
    maps = make.contents(make.spec()).maps[0]
    with h5py.File(GOLDEN) as file:
        assert file.attrs["format"] in ("seeinin", b"seeinin")
        assert file.attrs["version"] == 1
        assert np.array_equal(file["layers/000/columns"][2], maps[:, 2].ravel(), equal_nan=True)
