"""Recorded runs, every operation of them the last before a crash: the same command again must make the same file."""

import tempfile
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from itertools import count as counting
from pathlib import Path

import numpy as np

from seeinin.errors import SeeInInError
from seeinin.store.reader import open_cache
from seeinin.store.writer import Writer
from tests.store.caches import laid_out_once, make_contents, make_spec, open_ranks, without_threads, write_cache
from tests.torture.disk import Disk, Hasty, Recorder
from tests.torture.rows import Outcome, Row

KINDS = ("new", "overwritten", "resumed", "mended", "begun anew", "given up")
RANKS = ("two ranks", "two after one", "one after two", "two after two")
COUNTS = {"one": 1, "two": 2}
DTYPES = ("float16", "float32")


@dataclass(frozen=True)
class Story:
    """A recorded run, the folder before it, and what it comes to."""

    kind: str
    spec: object
    contents: object
    old: dict
    log: list
    expected: bytes


def some_spec(rng, **changes):
    layers = [
        (f"layer {n}", "conv2d", tuple(map(int, rng.integers(1, (4, 4, 3)))), str(rng.choice(DTYPES)))
        for n in range(rng.integers(1, 4))
    ]
    rows, unit = int(rng.integers(3, 9)), int(rng.integers(1, 5))
    return make_spec(rows, unit, layers, predicts=bool(rng.integers(2)), seed=int(rng.integers(1 << 30)), **changes)


def flags(kind):
    """What the command was given, and is given again."""
    return {"overwrite": kind in ("overwritten", "begun anew", "given up"), "mending": kind == "mended"}


def tell(kind, folder, rng):
    """Write a cache in one of the ways in which it can come about."""
    spec = some_spec(rng)
    contents, target = make_contents(spec), folder / "recorded" / "cache.h5"
    target.parent.mkdir()
    expected = write_cache(folder / "expected.h5", spec).read_bytes()
    units = -(-len(spec.index) // spec.unit)
    if kind == "overwritten":
        target.write_bytes(b"an older cache")
    elif kind == "mended":
        target.write_bytes(expected[: len(expected) // 2])
    elif kind == "resumed":
        _begin(target, spec, contents, range(0, units, 2))
    elif kind == "begun anew":
        other = some_spec(rng, fingerprint="another")
        _begin(target, other, make_contents(other), [0])
    elif kind == "given up":
        _begin(target, spec, contents, [0])
    elif " after " in kind:
        with open_ranks(target, spec, COUNTS[kind.rpartition(" ")[2]], "an earlier run") as writers:
            for writer in writers:
                for unit in writer.todo[:1]:
                    contents.commit(writer, unit)
    old = {path.name: path.read_bytes() for path in target.parent.iterdir()}
    files = Recorder()
    if kind == "given up":  # another cache was begun over it, and now this one is wanted again
        other = replace(spec, fingerprint="another")
        _begin(target, other, make_contents(other, seed=2), [0], overwrite=True, files=files)
        return Story(kind, spec, contents, old, files.log, expected)
    with open_ranks(target, spec, COUNTS.get(kind.partition(" ")[0], 1), files=files, **flags(kind)) as writers:
        _write(writers, contents, files.log, rng)
    assert target.read_bytes() == expected
    return Story(kind, spec, contents, old, files.log, expected)


def _write(writers, contents, log, rng):
    """Writers at work together, now the one and now the other."""
    todo = [(writer, unit) for writer in writers for unit in writer.todo]
    for writer, unit in (todo[n] for n in rng.permutation(len(todo))):
        contents.commit(writer, unit)
        log.append(("told", unit))
    for writer in reversed(writers):  # the first seals, when it has heard that the others are done
        writer.follow()
        writer.derive()
        writer.follow()
        writer.seal()
    log.append(("told", "sealed"))


def _begin(target, spec, contents, units, **options):
    with Writer.open(target, spec, **options) as writer:
        for unit in units:
            contents.commit(writer, unit)


def recover(folder, state, story, told, rng):
    """The same command again, in the folder that a crash left; where ranks wrote it, by one or two.

    Raises AssertionError where that is not as promised.
    """
    for path in folder.iterdir():
        path.unlink()
    for name, data in state.items():
        (folder / name).write_bytes(data)
    target = folder / "cache.h5"
    if state.get(target.name) not in (None, story.old.get(target.name)):
        assert state[target.name] == story.expected, "the name was given to something else"
        open_cache(target).close()
        return
    assert "sealed" not in told, "the sealed file is gone"
    ranks = int(rng.integers(1, 3)) if story.kind in RANKS else 1
    with open_ranks(target, story.spec, ranks, "again", files=Hasty(), **flags(story.kind)) as writers:
        assert told <= writers[-1].committed, f"units {sorted(told - writers[-1].committed)} are lost"
        _write(writers, story.contents, [], rng)
    assert target.read_bytes() == story.expected, "another file came of it"
    assert [path.name for path in folder.iterdir()] == [target.name], "something was left beside it"


def killed(story, rng):
    """(What is left, what was acknowledged) at every boundary, and in the midst of every write."""
    disk, before = Disk(story.old), None
    for operation in story.log:
        if operation[0] == "write" and len(operation[3]) > 1:
            _, name, offset, data = operation
            yield disk.killed((name, offset, data[: rng.integers(1, len(data))])), set(disk.told)
        disk.do(*operation)
        if (state := disk.killed()) != before:
            yield state, set(disk.told)
        before = state


def cut(story, rng):
    """The same where the power goes, once at every boundary and several times at the end."""
    disk = Disk(story.old)
    for operation in (*story.log, *[None] * 5):
        if operation:
            disk.do(*operation)
        yield disk.cut(rng), set(disk.told)


def replay(ends, kinds, count, seed):
    """Stories of all kinds in turn, and `ends` of each, until there are `count`."""
    rng, tried, failures = np.random.default_rng(seed), Counter(), []
    with laid_out_once(), without_threads(), tempfile.TemporaryDirectory() as name:
        for n in counting():
            kind, folder = kinds[n % len(kinds)], Path(name) / str(n)
            (folder / "crashed").mkdir(parents=True)
            story = tell(kind, folder, rng)
            points = list(enumerate(ends(story, rng)))
            chosen = rng.permutation(len(points))[: -(-count // len(kinds))]
            for at, (state, told) in (points[n] for n in sorted(chosen)):
                tried[kind] += 1
                try:
                    recover(folder / "crashed", state, story, told, rng)
                except (AssertionError, SeeInInError, OSError, ValueError) as error:
                    failures.append(f"{kind}, seed {seed}, story {n}, point {at}: {error}")
            if tried.total() >= count and n + 1 >= len(kinds):
                return Outcome(tried.total(), tried, failures)
    raise AssertionError("unreachable")


ROWS = (
    Row("crash at every write, rename and fsync, one process", partial(replay, killed, KINDS), 5_000, 500),
    Row("the same, two ranks", partial(replay, killed, RANKS), 5_000, 500),
    Row("power cut: unsynced pages, lost or early renames", partial(replay, cut, KINDS + RANKS), 2_000, 100),
)
