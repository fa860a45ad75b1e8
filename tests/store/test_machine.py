"""The writer against a plain model: units are committed in any order, runs break off anywhere, the disk forgets; and a
finished cache is read, damaged and mended."""

import shutil
import tempfile
from contextlib import closing
from pathlib import Path
from unittest import mock

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from seeinin.errors import CacheError
from seeinin.store import mending, opening
from seeinin.store.access import DamageError
from seeinin.store.reader import open_cache
from seeinin.store.verify import verify
from seeinin.store.writer import Writer
from tests.store.caches import make_contents, make_spec, without_threads, write_cache
from tests.torture.disk import Hasty
from tests.torture.inspector import Inspector

writing = precondition(lambda self: self.writer)
complete = precondition(lambda self: self.writer and len(self.safe) == UNITS)
sealed = precondition(lambda self: not self.writer)
whole = precondition(lambda self: not self.writer and not self.damaged)

ROWS, UNIT = 7, 2
UNITS = 4
LAYERS = (("conv1", "conv2d", (2, 3, 2), "float16"), ("fc", "linear", (3, 1, 1), "float32"))


class Machine(RuleBasedStateMachine):
    """The model: `safe` is what must be committed, `expected` what the finished file must be; once it is, `damaged`
    are the images of which a layer's maps are not as they were."""

    @initialize(finished=st.booleans())
    def begin(self, finished):
        self.folder = Path(tempfile.mkdtemp())
        self.target = self.folder / "cache.h5"
        self.spec = make_spec(rows=ROWS, unit=UNIT, layers=LAYERS)
        self.contents = make_contents(self.spec)
        self.expected = write_cache(self.folder / "plain.h5", self.spec).read_bytes()
        self.safe, self.damaged = set(), set()
        self.open()
        self.place = self.writer._partial.layout.places["layers/000/maps"]
        if finished:
            self.finish()

    def open(self, **options):
        self.writer = Writer.open(self.target, self.spec, files=Hasty(), **options)

    def teardown(self):
        if self.writer:
            self.writer.close()
        shutil.rmtree(self.folder)

    @writing
    @rule(unit=st.integers(0, UNITS - 1))
    def commit(self, unit):
        self.contents.commit(self.writer, unit)
        self.safe.add(unit)

    @writing
    @rule()
    def commit_the_rest(self):
        for unit in self.writer.todo:
            self.commit(unit)

    @writing
    @rule()
    def break_off(self):
        self.writer.close()
        self.open(mending=self.target.exists())

    @writing
    @rule(lost=st.integers(1, 200))
    def break_off_in_the_journal(self, lost):
        """The last line is torn: it never happened."""
        journal = self.folder / "cache.h5.journal"
        lines = journal.read_bytes().splitlines(keepends=True)
        if b'"lost"' in lines[-1]:
            return
        self.writer.close()
        torn = lines[-1][: max(0, len(lines[-1]) - lost)]
        journal.write_bytes(b"".join(lines[:-1]) + torn)
        self.open(mending=self.target.exists())
        assert len(self.safe - self.writer.committed) <= 1
        self.safe &= self.writer.committed

    @writing
    @rule()
    def another_would_begin(self):
        with pytest.raises(CacheError, match="is being written already"):
            Writer.open(self.target, self.spec, mending=True)

    @complete
    @rule(steps=st.integers(1, 20))
    def derive_in_part(self, steps):
        counts = iter(range(steps))
        try:
            self.writer.derive(lambda count: next(counts))
        except StopIteration:
            self.break_off()

    @complete
    @rule(row=st.integers(0, ROWS - 1))
    def forget(self, row):
        """The disk loses the maps of a row before anything is derived from them, or after."""
        self.overwrite(self.folder / "cache.h5.partial", row)
        if 0 in self.writer._partial.ledger.derived:
            self.contents.commit(self.writer, row // UNIT)  # or `verify` would find it: nothing reads them any more
            return
        with pytest.raises(CacheError, match="no longer what was written"):
            self.writer.derive()
        self.safe.discard(row // UNIT)

    def overwrite(self, path, row):
        with path.open("r+b") as file:
            file.seek(self.place.offset + row * self.place.stride)
            file.write(bytes(self.place.stride))

    @writing
    @rule()
    def finish(self):
        self.commit_the_rest()
        self.writer.derive()
        self.writer.seal()
        self.writer, self.damaged = None, set()
        assert self.target.read_bytes() == self.expected

    @sealed
    @rule(row=st.integers(0, ROWS - 1))
    def damage(self, row):
        self.overwrite(self.target, row)
        self.damaged |= {*range(row // UNIT * UNIT, min(row // UNIT * UNIT + UNIT, ROWS))}

    @sealed
    @rule()
    def verify(self):
        assert len(verify(self.target)) == len({row // UNIT for row in self.damaged})

    @sealed
    @rule(rows=st.lists(st.integers(0, ROWS - 1), max_size=5))
    def read(self, rows):
        wanted = self.contents.maps[0][rows].copy()
        wanted[[row in self.damaged for row in rows]] = np.nan
        with open_cache(self.target) as cache:
            try:
                found, holes = cache.layers[0].maps(rows), set()
            except DamageError as error:
                found, holes = error.values, {row for hole in error.holes for row in hole}
            assert np.array_equal(cache.layers[1].maps(slice(None)), self.contents.maps[1])
            assert np.array_equal(cache.layers[0].column(1), self.contents.maps[0][:, 1].ravel(), equal_nan=True)
        assert np.array_equal(found, wanted, equal_nan=True)
        assert holes & {*rows} == self.damaged & {*rows}

    @whole
    @rule()
    def mend_what_is_whole(self):
        with pytest.raises(CacheError, match="exists already, and is whole"):
            mending.Damaged(self.target, lambda count: None)

    @sealed
    @precondition(lambda self: self.damaged)
    @rule()
    def mend(self):
        """Begun; from here on it is a run as any other, and the damaged file stays until that is finished."""
        damaged = mending.Damaged(self.target, lambda count: None)
        damaged.check(self.spec)
        self.open(mending=True)
        damaged.give(self.writer, lambda count: None)
        self.safe = set(range(UNITS)) - {row // UNIT for row in self.damaged}

    @sealed
    @rule()
    def begin_anew(self):
        self.target.unlink()
        self.safe, self.damaged = set(), set()
        self.open()

    @invariant()
    def what_is_committed_stays(self):
        if self.writer:
            assert self.writer.committed == self.safe
            assert self.target.exists() == bool(self.damaged)


def test_the_writer_keeps_what_it_says():
    with without_threads(), closing(Inspector()) as inspector, mock.patch.object(opening, "_answer", inspector.answer):
        run_state_machine_as_test(Machine, settings=settings(max_examples=25, stateful_step_count=20, deadline=None))
