"""The writer against a plain model: units are committed in any order, runs break off anywhere, the disk forgets."""

import shutil
import tempfile
from pathlib import Path

import hypothesis.strategies as st
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
from seeinin.store.files import Files
from seeinin.store.writer import Writer


class Hasty(Files):
    """Without syncs: the machine has no power cuts."""

    def datasync(self, descriptor):
        pass

    def sync_directory(self, path):
        pass


def small(make):
    layers = (("conv1", "conv2d", (2, 3, 2), "float16"), ("fc", "linear", (3, 1, 1), "float32"))
    return make.spec(rows=7, unit=2, layers=layers)


class Machine(RuleBasedStateMachine):
    """`safe` is what must be committed, `expected` what the finished file must be."""

    make = None

    @initialize()
    def begin(self):
        self.folder = Path(tempfile.mkdtemp())
        self.target = self.folder / "cache.h5"
        self.spec = small(self.make)
        self.contents = self.make.contents(self.spec)
        self.safe = set()
        self.writer = Writer.open(self.target, self.spec, files=Hasty())

    def teardown(self):
        self.writer.close()
        shutil.rmtree(self.folder)

    @rule(unit=st.integers(0, 3))
    def commit(self, unit):
        self.contents.commit(self.writer, unit)
        self.safe.add(unit)

    @rule()
    def break_off(self):
        self.writer.close()
        self.writer = Writer.open(self.target, self.spec, files=Hasty())

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
        self.writer = Writer.open(self.target, self.spec, files=Hasty())
        assert len(self.safe - self.writer.committed) <= 1
        self.safe &= self.writer.committed

    @precondition(lambda self: len(self.safe) == 4)
    @rule(steps=st.integers(1, 20))
    def derive_in_part(self, steps):
        counts = iter(range(steps))
        try:
            self.writer.derive(lambda count: next(counts))
        except StopIteration:
            self.break_off()

    @precondition(lambda self: len(self.safe) == 4)
    @rule(row=st.integers(0, 6))
    def forget(self, row):
        """The disk loses the maps of a row before anything is derived from them, or after."""
        place = self.writer._partial.layout.places["layers/000/maps"]
        with (self.folder / "cache.h5.partial").open("r+b") as file:
            file.seek(place.offset + row * place.stride)
            file.write(bytes(place.stride))
        if 0 in self.writer._partial.ledger.derived:
            self.contents.commit(self.writer, row // 2)  # or `verify` would find it: nothing reads them any more
            return
        with pytest.raises(CacheError, match="no longer what was written"):
            self.writer.derive()
        self.safe.discard(row // 2)

    @precondition(lambda self: len(self.safe) == 4)
    @rule()
    def finish(self):
        self.writer.derive()
        self.writer.seal()
        assert self.target.read_bytes() == self.make.cache(self.folder / "plain.h5", self.spec).read_bytes()
        for path in self.folder.iterdir():
            path.unlink()
        self.safe = set()
        self.writer = Writer.open(self.target, self.spec, files=Hasty())

    @invariant()
    def what_is_committed_stays(self):
        assert self.writer.committed == self.safe
        assert not self.target.exists()


def test_the_writer_keeps_what_it_says(make):
    machine = type("Machine", (Machine,), {"make": make})
    run_state_machine_as_test(machine, settings=settings(max_examples=20, stateful_step_count=15, deadline=None))
