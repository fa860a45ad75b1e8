"""Small caches with known contents, each laid out once."""

from types import SimpleNamespace

import pytest

from seeinin.store import derive
from seeinin.store import format as formats
from tests.store.caches import laid_out_once, make_contents, make_spec, open_ranks, write_cache


@pytest.fixture
def spec():
    return make_spec()


@pytest.fixture
def contents(spec):
    return make_contents(spec)


@pytest.fixture
def cache(tmp_path, spec):
    return write_cache(tmp_path / "cache.h5", spec)


@pytest.fixture
def make():
    """The makers, for tests that need more than one cache, or an odd one."""
    return SimpleNamespace(spec=make_spec, contents=make_contents, cache=write_cache, ranks=open_ranks)


@pytest.fixture(autouse=True)
def remembered_layouts():
    with laid_out_once():
        yield


@pytest.fixture
def small_chunks(monkeypatch):
    """Chunks, pieces and blocks so small that tiny caches have many of each, ragged ones included."""
    for module, name, value in (
        (formats, "CHUNK", 1000),
        (formats, "PAGE", 64),
        (formats, "MAPS_PIECE", 300),
        (formats, "COLUMNS_PIECE", 512),
        (derive, "BLOCK", 1000),
        (derive, "RUN", 16),
        (derive, "READ", 512),
        (derive, "TILE", 3),
    ):
        monkeypatch.setattr(module, name, value)
