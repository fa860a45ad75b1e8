"""Writing, interrupted anywhere: what was committed stays, and the finished file is the same byte for byte."""

import errno
import os
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from seeinin.errors import CacheError, DiskError
from seeinin.store.files import Files
from seeinin.store.format import plan_bytes
from seeinin.store.reader import open_cache
from seeinin.store.writer import Writer
from tests.store.caches import make_spec

WRITING = "-m", "tests.store.writing"
ROOT = Path(__file__).parents[2]


def beside(path):
    return sorted(found.name for found in path.parent.iterdir())


def test_another_process_a_second_later_writes_the_same_bytes(tmp_path, cache):
    time.sleep(1.1)  # nothing in the file tells the time
    target = tmp_path / "b" / "cache.h5"
    assert subprocess.run([sys.executable, *WRITING, target], cwd=ROOT, check=False).returncode == 0
    assert target.read_bytes() == cache.read_bytes()
    assert beside(target) == ["cache.h5"]


def test_the_order_of_units_and_the_budget_do_not_matter(tmp_path, cache, spec, contents, small_chunks):
    straight = tmp_path / "straight.h5"
    with Writer.open(straight, spec) as writer:
        contents.finish(writer)
    with Writer.open(tmp_path / "other.h5", spec) as writer:
        for unit in reversed(range(len(writer.units))):
            contents.commit(writer, unit)
        writer.derive(budget=1)
        other = writer.seal()
    assert other.read_bytes() == straight.read_bytes()


def test_the_plan_is_the_size_of_the_file(cache, spec):
    per_layer, total = plan_bytes(spec)
    assert total <= cache.stat().st_size < total + 80_000
    assert per_layer[0] >= 2 * 23 * 3 * 5 * 4 * 2


def test_folders_that_are_made_are_there_for_good(tmp_path, spec):
    class Noting(Files):
        def sync_directory(self, path):
            super().sync_directory(path)
            synced.append(path)

    synced, target = [], tmp_path / "a" / "b" / "cache.h5"
    Writer.open(target, spec, files=Noting()).close()
    assert {tmp_path, tmp_path / "a", tmp_path / "a" / "b"} <= set(synced)
    synced.clear()
    Writer.open(target, spec, files=Noting()).close()
    assert tmp_path not in synced


def test_progress_adds_up(tmp_path, spec, contents):
    with Writer.open(tmp_path / "cache.h5", spec) as writer:
        for unit in range(len(writer.units)):
            contents.commit(writer, unit)
        counts = []
        writer.derive(counts.append)
        assert sum(counts) == writer.bytes_to_derive == 2 * sum(maps.nbytes for maps in contents.maps)
        counts.clear()
        assert writer.bytes_done == sum(maps.nbytes for maps in contents.maps) + writer.bytes_to_derive
        writer.derive(counts.append)  # resumed where nothing is left to do
        assert counts == []


@pytest.mark.parametrize("done", [0, 2, 6])
def test_an_exception_leaves_what_was_committed(tmp_path, cache, spec, contents, done):
    target = tmp_path / "b" / "cache.h5"

    def interrupted():
        with Writer.open(target, spec) as writer:
            for unit in range(done):
                contents.commit(writer, unit)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert beside(target) == ["cache.h5.journal", "cache.h5.partial"]
    with Writer.open(target, spec) as writer:
        assert writer.committed == set(range(done))
        contents.finish(writer)
    assert target.read_bytes() == cache.read_bytes()
    assert beside(target) == ["cache.h5"]


def test_interrupted_between_layers(tmp_path, cache, spec, contents):
    target = tmp_path / "b" / "cache.h5"

    def stop(count):
        if count == contents.maps[1].nbytes // 2:  # a column of the second layer
            raise KeyboardInterrupt

    with Writer.open(target, spec) as writer:
        for unit in range(len(writer.units)):
            contents.commit(writer, unit)
        with pytest.raises(KeyboardInterrupt):
            writer.derive(stop)
    with Writer.open(target, spec) as writer:
        assert len(writer.committed) == len(writer.units)
        contents.finish(writer)
    assert target.read_bytes() == cache.read_bytes()


def test_a_torn_line_of_the_journal_never_happened(tmp_path, cache, spec, contents):
    target = tmp_path / "b" / "cache.h5"
    with Writer.open(target, spec) as writer:
        contents.commit(writer, 0)
        contents.commit(writer, 1)
    journal = target.with_name("cache.h5.journal")
    journal.write_bytes(journal.read_bytes()[:-7])
    with Writer.open(target, spec) as writer:
        assert writer.committed == {0}
        contents.finish(writer)
    assert target.read_bytes() == cache.read_bytes()


def test_without_its_journal_nothing_is_begun_anew_unasked(tmp_path, cache, spec, contents):
    target = tmp_path / "b" / "cache.h5"
    with Writer.open(target, spec) as writer:
        contents.commit(writer, 3)
    journal = target.with_name("cache.h5.journal")
    kept = journal.rename(tmp_path / "kept")
    before = target.with_name("cache.h5.partial").read_bytes()
    for _ in range(2):
        with pytest.raises(CacheError, match=r"cache\.h5\.partial has lost cache\.h5\.journal"):
            Writer.open(target, spec)
        assert target.with_name("cache.h5.partial").read_bytes() == before
    kept.rename(journal)
    with Writer.open(target, spec) as writer:
        assert writer.committed == {3}
        contents.finish(writer)
    assert target.read_bytes() == cache.read_bytes()


def test_a_disk_too_small_for_another_cache_leaves_what_was_begun(tmp_path, spec, contents):
    target = tmp_path / "cache.h5"
    with Writer.open(target, spec) as writer:
        contents.commit(writer, 3)
    larger = make_spec(rows=2000, fingerprint="another")
    with pytest.raises(DiskError, match="needs"):
        Writer.open(target, larger, overwrite=True, files=FullDisk())
    with Writer.open(target, spec) as writer:
        assert writer.committed == {3}


@pytest.mark.parametrize("path", ["layers/001/maps", "images/valid"])
def test_what_the_disk_lost_is_computed_again(tmp_path, cache, spec, contents, path):
    target = tmp_path / "b" / "cache.h5"
    with Writer.open(target, spec) as writer:
        for unit in range(len(writer.units)):
            contents.commit(writer, unit)
        place = writer._partial.layout.places[path]
    with target.with_name("cache.h5.partial").open("r+b") as file:
        file.seek(place.offset + 9 * place.stride)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))
    with Writer.open(target, spec) as writer, pytest.raises(CacheError, match="images 8 to 11 are no longer"):
        writer.derive()
    with Writer.open(target, spec) as writer:
        assert writer.committed == {0, 1, 3, 4, 5}
        contents.finish(writer)
    assert target.read_bytes() == cache.read_bytes()


def test_nothing_is_replaced_unasked(cache, make):
    before = cache.read_bytes()
    with pytest.raises(CacheError, match="exists already"):
        Writer.open(cache, make.spec(rows=5))
    assert cache.read_bytes() == before
    assert beside(cache) == ["cache.h5"]


def test_overwrite_replaces_at_the_end(cache, make):
    before, spec = cache.read_bytes(), make.spec(rows=5)
    with Writer.open(cache, spec, overwrite=True) as writer:
        make.contents(spec).commit(writer, 0)
        assert cache.read_bytes() == before
    assert cache.read_bytes() == before
    with Writer.open(cache, spec, overwrite=True) as writer:
        assert writer.committed == {0}
        make.contents(spec).finish(writer)
    assert cache.read_bytes() != before


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"identity": {"config": "abc", "weights": "other"}, "fingerprint": "beef"}, "weights"),
        ({"unit": 8}, "images per unit"),
        ({"fingerprint": "beef"}, "fingerprint"),
        ({"config": "output: y.h5"}, "layout"),
    ],
)
def test_a_change_is_refused_by_name(tmp_path, spec, contents, changes, field):
    target = tmp_path / "cache.h5"
    with Writer.open(target, spec) as writer:
        contents.commit(writer, 0)
    changed = replace(spec, **changes)
    with pytest.raises(CacheError, match=f"begun with another {field}"):
        Writer.open(target, changed)
    with Writer.open(target, spec) as writer:
        assert writer.committed == {0}
    with Writer.open(target, changed, overwrite=True) as writer:
        assert writer.committed == set()


def test_the_second_writer_hears_who_is_the_first(tmp_path, spec):
    target = tmp_path / "cache.h5"
    with Writer.open(target, spec):
        with pytest.raises(CacheError, match=f"by process {os.getpid()} on {socket.gethostname()}, since 2"):
            Writer.open(target, spec)
        with pytest.raises(CacheError, match="being written already"):
            Writer.open(target, spec, overwrite=True)
    Writer.open(target, spec).close()


@pytest.mark.parametrize("wrong", ["pixels", "maps", "dtype", "layers", "prediction"])
def test_what_does_not_fit_the_spec_is_refused(tmp_path, spec, contents, wrong):
    arguments = {
        "pixels": contents.pixels[:4],
        "valid": contents.valid[:4],
        "maps": [maps[:4] for maps in contents.maps],
        "prediction": contents.prediction[:4],
    }
    if wrong == "pixels":
        arguments["pixels"] = contents.pixels[:3]
    elif wrong == "maps":
        arguments["maps"][1] = contents.maps[1][:4, :, :5]
    elif wrong == "dtype":
        arguments["maps"][0] = contents.maps[0][:4].astype(np.float32)
    elif wrong == "layers":
        arguments["maps"].pop()
    else:
        arguments["prediction"] = None
    with Writer.open(tmp_path / "cache.h5", spec) as writer:
        with pytest.raises(ValueError, match="must be"):
            writer.commit(0, **arguments)
        assert writer.committed == set()
        with pytest.raises(ValueError, match="6 units are still"):
            writer.derive()
        with pytest.raises(ValueError, match="3 layers are still"):
            writer.seal()


def test_where_there_are_no_locks_it_is_left_to_the_user(tmp_path, spec, monkeypatch, caplog):
    def flock(descriptor, how):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", flock)
    target = tmp_path / "cache.h5"
    with Writer.open(target, spec), pytest.raises(CacheError, match="is unfinished"):
        open_cache(target)
    assert "this file system knows no locks" in caplog.text


class FullDisk(Files):
    def free(self, path):
        return 10_000


class Sparse(Files):
    """A file system that knows no reservation, and writes little at a time."""

    def allocate(self, descriptor, size):
        raise OSError(errno.EOPNOTSUPP, "not here")

    def pwrite(self, descriptor, data, offset):
        return super().pwrite(descriptor, data[:1000], offset)


def test_a_full_disk_is_known_before_work_begins(tmp_path, spec):
    target = tmp_path / "cache.h5"
    with pytest.raises(DiskError, match=r"cache.h5.partial needs \d+\.\d KB, and 10.0 KB are free"):
        Writer.open(target, spec, files=FullDisk())
    assert list(tmp_path.iterdir()) == []


def test_without_reservation_and_with_short_writes(tmp_path, cache, spec, contents):
    with Writer.open(tmp_path / "b.h5", spec, files=Sparse()) as writer:
        path = contents.finish(writer)
    assert path.read_bytes() == cache.read_bytes()
