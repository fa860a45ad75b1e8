"""Every call to the operating system failing once: a sentence each, and nothing acknowledged is lost or half done."""

import errno
import os
import re
import threading

import pytest

from seeinin.errors import DiskError
from seeinin.store.files import Files
from seeinin.store.writer import Writer

CALLS = ("open", "pwrite", "preadv", "truncate", "allocate", "datasync", "rename", "remove", "sync_directory", "lock")


class Failing(Files):
    """The n-th call of any kind fails with `code`; a short write before that where it is a write."""

    def __init__(self, n, code):
        self.left, self.code, self.failed = n, code, None
        self._lock = threading.Lock()

    def _count(self, name):
        with self._lock:
            self.left -= 1
            if self.left == 0:
                self.failed = name
                raise OSError(self.code, os.strerror(self.code))


def _failing(name):
    def call(self, *arguments):
        self._count(name)
        return getattr(Files, name)(self, *arguments)

    return call


for _name in CALLS:
    setattr(Failing, _name, _failing(_name))


def count_calls(target, spec, contents):
    files = Failing(-1, 0)
    with Writer.open(target, spec, files=files) as writer:
        contents.finish(writer)
    return -1 - files.left


def run(target, spec, contents, files, told):
    """One run; `told` are the units that it was told are safe."""
    with Writer.open(target, spec, files=files) as writer:
        for unit in range(len(writer.units)):
            contents.commit(writer, unit)
            told.add(unit)
        writer.derive()
        writer.seal()


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
def test_the_nth_call_fails(tmp_path, make, code):
    spec = make.spec(rows=6, unit=3, layers=(("conv1", "conv2d", (2, 2, 2), "float16"),))
    contents = make.contents(spec)
    expected = make.cache(tmp_path / "expected.h5", spec).read_bytes()
    calls = count_calls(tmp_path / "counted.h5", spec, contents)
    assert calls > 70
    for n in range(1, calls + 1, 1 if code == errno.EIO else 7):
        target = tmp_path / str(n) / "cache.h5"
        files, told = Failing(n, code), set()
        with pytest.raises(DiskError, match=re.escape(str(target.parent))):
            run(target, spec, contents, files, told)
        if not target.exists():
            with Writer.open(target, spec) as writer:
                assert writer.committed >= told, files.failed
                contents.finish(writer)
        assert target.read_bytes() == expected, files.failed
