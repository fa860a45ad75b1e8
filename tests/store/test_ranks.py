"""Several ranks, each with a writer of its own, that know of each other by the files alone."""

import os
from dataclasses import replace

import pytest

from seeinin.errors import CacheError
from seeinin.store.ranks import Rank
from seeinin.store.writer import Writer


def commit(writers, contents, most=100):
    for writer in writers:
        for unit in writer.todo[:most]:
            contents.commit(writer, unit)
    return sum(writer.follow() for writer in writers)


def finish(writers, contents):
    commit(writers, contents)
    for writer in reversed(writers):
        writer.derive()
        writer.follow()
        path = writer.seal()
    return path


def beside(path):
    return sorted(found.name for found in path.parent.iterdir())


@pytest.mark.parametrize("count", [2, 3, 9])
def test_as_many_as_one_likes_write_the_same_bytes(tmp_path, cache, spec, contents, make, count):
    target = tmp_path / "b" / "cache.h5"
    with make.ranks(target, spec, count) as writers:
        shares = [writer.todo for writer in writers]
        assert sorted(unit for share in shares for unit in share) == list(range(6))
        assert max(map(len, shares)) - min(map(len, shares)) <= 1
        finish(writers, contents)
    assert target.read_bytes() == cache.read_bytes()
    assert beside(target) == ["cache.h5"]


def test_all_derive_and_the_largest_layer_stands_alone():
    sizes = {0: 10, 1: 50, 2: 12, 3: 11}
    shares = [Rank(number, 2).layers(sizes) for number in range(2)]
    assert shares == [{1}, {0, 2, 3}]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_what_a_dead_rank_leaves_is_kept_by_any_number_of_ranks(tmp_path, cache, spec, contents, make, count):
    target = tmp_path / "b" / "cache.h5"
    with make.ranks(target, spec, 2) as (first, second):
        contents.commit(first, 0)
        contents.commit(second, 3)
        second._partial._leave()  # as a process that is killed: without a word
        done = first.follow()
        assert done == sum(maps[12:16].nbytes for maps in contents.maps)
        peer = first.peers[0]
        assert (peer.dead, peer.last) == (True, 3)
        assert f"rank 1 (process {os.getpid()} on " in str(peer)
    with make.ranks(target, spec, count, run="the next") as writers:
        assert all(writer.committed == {0, 3} for writer in writers)
        finish(writers, contents)
    assert target.read_bytes() == cache.read_bytes()
    assert beside(target) == ["cache.h5"]


def test_who_leaves_early_says_so(tmp_path, spec, make):
    with make.ranks(tmp_path / "cache.h5", spec, 3) as (first, second, third):
        second.close()
        first.follow(), third.follow()
        assert first.peers[0].left
        assert not first.peers[0].dead
        assert not first.peers[1].left
        assert not third.peers[0].left


def test_nothing_is_sealed_before_all_have_come(tmp_path, spec, contents):
    """Or the last to come would wait for ever for a journal that is gone."""
    target = tmp_path / "cache.h5"
    with Writer.open(target, spec) as writer:
        for unit in range(len(writer.units)):
            contents.commit(writer, unit)
        writer.derive()
    with Writer.open(target, spec, rank=Rank(0, 2, "run")) as first:
        assert not first.sealable
        with Writer.open(target, spec, rank=Rank(1, 2, "run")) as second:
            first.follow()
            assert first.sealable
            second.seal()


def test_a_rank_with_other_inputs_is_refused_by_name(tmp_path, spec, make):
    other = replace(spec, identity={"config": "abc", "weights": "other"})
    with make.ranks(tmp_path / "cache.h5", spec, 2), pytest.raises(CacheError, match="have another weights"):
        Writer.open(tmp_path / "cache.h5", other, rank=Rank(1, 2, "a run"))


def test_a_rank_that_still_lives_keeps_the_next_run_away(tmp_path, spec, contents, make):
    target = tmp_path / "cache.h5"
    with make.ranks(target, spec, 2) as (first, second):
        first.close()
        with pytest.raises(CacheError, match=f"being written already, by process {os.getpid()} on "):
            Writer.open(target, spec)
        contents.commit(second, 1)
    with Writer.open(target, spec) as writer:
        assert writer.committed == {1}


def test_journals_of_another_file_do_not_count(tmp_path, cache, spec, contents, make):
    target = tmp_path / "b" / "cache.h5"
    with make.ranks(target, spec, 2) as (_, second):
        contents.commit(second, 1)
    (target.parent / "cache.h5.journal").unlink()
    with Writer.open(target, spec, overwrite=True) as writer:
        assert writer.committed == set()
        contents.finish(writer)
    assert target.read_bytes() == cache.read_bytes()
    assert beside(target) == ["cache.h5"]


def test_what_one_rank_finds_damaged_is_computed_again_and_all_derived_again(tmp_path, cache, spec, contents, make):
    target = tmp_path / "b" / "cache.h5"
    with make.ranks(target, spec, 2) as writers:
        commit(writers, contents)
        first, second = writers
        second.derive()
        (layer,) = first._partial.layers
        place = first._partial.layout.places[f"layers/{layer:03d}/maps"]
        with target.with_name("cache.h5.partial").open("r+b") as file:
            file.seek(place.offset + 9 * place.stride)
            file.write(bytes(place.stride))
        with pytest.raises(CacheError, match="images 8 to 11 are no longer"):
            first.derive()
    with make.ranks(target, spec, 2, run="the next") as writers:
        assert all(writer.committed == {0, 1, 3, 4, 5} and not writer._partial.ledger.derived for writer in writers)
        finish(writers, contents)
    assert target.read_bytes() == cache.read_bytes()
