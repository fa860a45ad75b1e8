"""Small caches with known contents, each laid out once."""

from types import SimpleNamespace

import pytest

from tests.store.caches import laid_out_once, make_contents, make_spec, open_ranks, small_chunks, write_cache


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


@pytest.fixture(name="small_chunks")
def many_pieces():
    with small_chunks():
        yield
