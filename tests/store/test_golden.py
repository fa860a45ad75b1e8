"""Old caches open for ever: files written by versions that had this format, against what was put into them.

They are never written again. What is added to the format gets a file of its own beside them: `version-1.h5` is of the
first version, `version-1-2026-11.h5` has the batch of each image, the checksum of names and the version that it needs.
"""

from pathlib import Path

import h5py
import numpy as np
import pytest

from seeinin.store.reader import open_cache
from seeinin.store.verify import verify

GOLDEN = sorted((Path(__file__).parent / "golden").glob("version-*.h5"))

golden = pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)


@golden
def test_old_caches_are_read_as_they_were_written(make, path):
    spec = make.spec()
    contents = make.contents(spec)
    assert verify(path) == []
    with open_cache(path) as cache:
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


@golden
def test_anyone_can_read_them_with_h5py(make, path):
    maps = make.contents(make.spec()).maps[0]
    with h5py.File(path) as file:
        assert file.attrs["format"] in ("seeinin", b"seeinin")
        assert file.attrs["version"] == 1
        assert np.array_equal(file["layers/000/columns"][2], maps[:, 2].ravel(), equal_nan=True)
