"""Every call to the operating system failing once: a sentence each, nothing acknowledged is lost or half done."""

import errno
import os
import tempfile
import threading
from collections import Counter
from itertools import count as counting
from itertools import product
from pathlib import Path

import numpy as np

from seeinin.errors import CacheError, DiskError, SeeInInError
from seeinin.store.files import Files
from seeinin.store.reader import open_cache
from seeinin.store.writer import Writer
from tests.store.caches import laid_out_once, make_contents, without_threads, write_cache
from tests.torture.crashes import some_spec
from tests.torture.rows import Outcome, Row

CALLS = (
    *("open", "pwrite", "preadv", "truncate", "allocate", "datasync", "rename", "remove", "sync_directory"),
    *("lock", "free", "close"),
)
CODES = ("ENOSPC", "EIO", "EDQUOT", "EINTR", "ESTALE", "short")
WAYS = ("writing", "overwriting", "resuming", "reading")


class Failing(Files):
    """The n-th call of any kind fails with an error of that name; or is short, where it reads or writes."""

    def __init__(self, n, code):
        self.left, self.code, self.failed = n, code, ""
        self._lock = threading.Lock()

    def turn(self, name):
        """Whether this is the call. Raises OSError, unless it shall be short."""
        with self._lock:
            self.left -= 1
        if self.left:
            return False
        self.failed = name
        if self.code != "short":
            raise OSError(getattr(errno, self.code), os.strerror(getattr(errno, self.code)))
        return True


def _failing(name):
    def call(self, *arguments):
        if self.turn(name) and name in ("pwrite", "preadv"):
            descriptor, buffer, offset = arguments
            arguments = descriptor, buffer[: max(1, len(buffer) // 2)], offset
        return getattr(Files, name)(self, *arguments)

    return call


for _name in CALLS:
    setattr(Failing, _name, _failing(_name))


class Work:
    """One way to use a cache; `told` are the units that a run was told are safe."""

    def __init__(self, way, rng, folder):
        self.way, self.folder = way, folder
        self.spec = some_spec(rng)
        self.contents = make_contents(self.spec)
        self.expected = write_cache(folder / "expected.h5", self.spec).read_bytes()

    def begin(self, target):
        target.parent.mkdir()
        if self.way == "resuming":
            with Writer.open(target, self.spec) as writer:
                self.contents.commit(writer, 0)
        elif self.way != "writing":
            target.write_bytes(self.expected if self.way == "reading" else b"an older cache")

    def run(self, target, files, told):
        if self.way == "reading":
            read(target, files)
            return
        with Writer.open(target, self.spec, files=files, overwrite=self.way == "overwriting") as writer:
            for unit in sorted(set(range(len(writer.units))) - writer.committed):
                self.contents.commit(writer, unit)
                told.add(unit)
            writer.derive()
            writer.seal()

    def calls(self):
        target, files = self.folder / "counted" / "cache.h5", Failing(-1, "")
        self.begin(target)
        self.run(target, files, set())
        return -1 - files.left

    def fail(self, n, code):
        """What goes wrong with the promises when the n-th call fails; "" where nothing does."""
        target, files, told = self.folder / f"{n} {code}" / "cache.h5", Failing(n, code), set()
        self.begin(target)
        try:
            self.run(target, files, told)
            if files.failed not in ("", "close") and code != "short":  # by then all that counts is synced
                return f"{files.failed} failed and nobody said so"
        except (DiskError, CacheError) as error:
            if code == "short" or str(target.parent) not in str(error):
                return f"{files.failed}: {error}"
        if not target.exists() or target.read_bytes() != self.expected:
            with Writer.open(target, self.spec, overwrite=self.way == "overwriting") as writer:
                if not told <= writer.committed:
                    return f"{files.failed}: units {sorted(told - writer.committed)} are lost"
                self.contents.finish(writer)
        return "" if target.read_bytes() == self.expected else f"{files.failed}: another file came of it"


def read(target, files):
    """All of a cache, through files that may fail."""
    with open_cache(target, files=files) as cache:
        for layer in cache.layers:
            layer.maps(slice(None))
            for channel in range(layer.shape[0]):
                layer.column(channel)
            assert layer.quantiles is not None
        cache.pixels(slice(None))


def run(count, seed):
    rng, tried, failures = np.random.default_rng(seed), Counter(), []
    with laid_out_once(), without_threads(), tempfile.TemporaryDirectory() as name:
        for n in counting():
            folder = Path(name) / str(n)
            folder.mkdir()
            work = Work(WAYS[n % len(WAYS)], rng, folder)
            cases = list(product(range(1, work.calls() + 1), CODES))
            for case in rng.permutation(len(cases))[: max(count // len(WAYS), 1)]:
                tried[work.way] += 1
                try:
                    wrong = work.fail(*cases[case])
                except (OSError, SeeInInError, ValueError) as error:
                    wrong = f"{type(error).__name__}: {error}"
                if wrong:
                    failures.append(f"{work.way}, seed {seed}, cache {n}, call and error {cases[case]}: {wrong}")
            if tried.total() >= count and n + 1 >= len(WAYS):
                return Outcome(tried.total(), tried, failures)
    raise AssertionError("unreachable")


ROWS = (Row("I/O error at the n-th call, every n and error", run, 4_000, 200),)
