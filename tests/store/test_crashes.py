"""The writer's operations recorded, and every prefix of them replayed as a crash.

A killed process loses nothing that it wrote. A power cut keeps what was synced; of the rest, any sectors of any writes
may have reached the disk, and any number of the latest changes to the folder may be missing.
"""

from dataclasses import dataclass, field

import numpy as np
import pytest

from seeinin.store.files import Files
from seeinin.store.reader import open_cache
from seeinin.store.writer import Writer

SECTOR = 512


class Recorder(Files):
    """Does as it is told, and notes it: (operation, name, …). The test adds ("told", unit) when a commit returns."""

    def __init__(self):
        self.log, self._names = [], {}

    def open(self, path):
        if not path.exists():
            self.log.append(("create", path.name))
        descriptor = super().open(path)
        self._names[descriptor] = path.name
        return descriptor

    def pwrite(self, descriptor, data, offset):
        self.log.append(("write", self._names[descriptor], offset, bytes(data)))
        return super().pwrite(descriptor, data, offset)

    def truncate(self, descriptor, size):
        self.log.append(("resize", self._names[descriptor], size))
        super().truncate(descriptor, size)

    def allocate(self, descriptor, size):
        self.log.append(("resize", self._names[descriptor], size))
        super().allocate(descriptor, size)

    def datasync(self, descriptor):
        super().datasync(descriptor)
        self.log.append(("sync", self._names[descriptor]))

    def rename(self, source, target):
        self.log.append(("rename", source.name, target.name))
        super().rename(source, target)

    def remove(self, path):
        self.log.append(("remove", path.name))
        super().remove(path)

    def sync_directory(self, path):
        super().sync_directory(path)
        self.log.append(("sync folder",))


class Hasty(Files):
    """For the runs after a crash, whose own crashes are not the question."""

    def datasync(self, descriptor):
        pass

    def sync_directory(self, path):
        pass


@dataclass
class File:
    """A file, live and as the disk has it: `pending` are the writes and sizes since the last sync."""

    live: bytearray = field(default_factory=bytearray)
    disk: bytearray = field(default_factory=bytearray)
    pending: list = field(default_factory=list)

    def apply(self, content, change):
        if change[0] == "resize":
            del content[change[1] :]
            content.extend(bytes(change[1] - len(content)))
        else:
            _, offset, data = change
            content.extend(bytes(max(0, offset + len(data) - len(content))))
            content[offset : offset + len(data)] = data

    def change(self, change):
        self.apply(self.live, change)
        self.pending.append(change)

    def sync(self):
        self.disk, self.pending = bytearray(self.live), []

    def after_power_cut(self, rng):
        """What was synced, and of each write since then any of its sectors."""
        content = bytearray(self.disk)
        for change in self.pending:
            if change[0] == "resize":
                if rng.random() < 0.5:
                    self.apply(content, change)
                continue
            _, offset, data = change
            for start in range(0, len(data), SECTOR):
                if rng.random() < 0.5:
                    self.apply(content, ("write", offset + start, data[start : start + SECTOR]))
        return bytes(content)


class Disk:
    """A folder, live and as the disk has it."""

    def __init__(self, old):
        self.live = {name: File(bytearray(data), bytearray(data)) for name, data in old.items()}
        self.disk, self.pending, self.told = dict(self.live), [], set()

    def do(self, operation, *arguments):
        if operation == "told":
            self.told.add(*arguments)
        elif operation in ("write", "resize"):
            self.live[arguments[0]].change((operation, *arguments[1:]))
        elif operation == "sync":
            self.live[arguments[0]].sync()
        elif operation == "sync folder":
            self.disk, self.pending = dict(self.live), []
        else:
            change = (operation, *arguments, File())
            self.pending.append(change)
            self.arrange(self.live, change)

    def arrange(self, folder, change):
        if change[0] == "create":
            folder[change[1]] = change[-1]
        elif change[0] == "rename":
            folder[change[2]] = folder.pop(change[1])
        else:
            folder.pop(change[1], None)

    def killed(self):
        return {name: bytes(file.live) for name, file in self.live.items()}

    def cut(self, rng):
        folder = dict(self.disk)
        for change in self.pending[: rng.integers(len(self.pending) + 1)]:
            self.arrange(folder, change)
        return {name: file.after_power_cut(rng) for name, file in folder.items()}


@dataclass
class Story:
    """A recorded run, what it should come to, and the folder before it."""

    spec: object
    contents: object
    log: list
    expected: bytes
    old: dict


@pytest.fixture(params=["new", "overwrite", "resumed", "ranks", "after ranks"])
def story(request, tmp_path, make):
    layers = (("conv1", "conv2d", (2, 3, 2), "float16"), ("fc", "linear", (3, 1, 1), "float32"))
    spec = make.spec(rows=7, unit=3, layers=layers)
    contents = make.contents(spec)
    expected = make.cache(tmp_path / "expected.h5", spec).read_bytes()
    target, files = tmp_path / "recorded" / "cache.h5", Recorder()
    if request.param == "overwrite":
        target.parent.mkdir()
        target.write_bytes(b"an older cache")
    elif request.param in ("resumed", "after ranks"):
        with make.ranks(target, spec, 2 if request.param == "after ranks" else 1) as writers:
            contents.commit(writers[-1], 1)
        files.log.append(("told", 1))
    old = {path.name: path.read_bytes() for path in tmp_path.glob("recorded/*")}
    count = 2 if request.param == "ranks" else 1
    with make.ranks(target, spec, count, files=files, overwrite=request.param == "overwrite") as writers:
        for writer in reversed(writers):
            for unit in writer.todo:
                contents.commit(writer, unit)
                files.log.append(("told", unit))
        for writer in reversed(writers):
            writer.follow()
            writer.derive()
            writer.follow()
            writer.seal()
        files.log.append(("told", "sealed"))
    assert target.read_bytes() == expected
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    return Story(spec, contents, files.log, expected, old)


def recover(folder, state, story, told):
    """The same command again, in the folder that a crash left."""
    folder.mkdir()
    for name, data in state.items():
        (folder / name).write_bytes(data)
    target = folder / "cache.h5"
    if state.get(target.name) not in (None, story.old.get(target.name)):
        assert state[target.name] == story.expected
        open_cache(target).close()
        return
    assert "sealed" not in told
    with Writer.open(target, story.spec, overwrite=True, files=Hasty()) as writer:
        assert told <= writer.committed
        story.contents.finish(writer)
    assert target.read_bytes() == story.expected


def test_killed_after_every_operation(tmp_path, story):
    disk, before = Disk(story.old), None
    for n, operation in enumerate(story.log):
        disk.do(*operation)
        state = disk.killed()
        if state != before:
            recover(tmp_path / f"killed {n}", state, story, disk.told)
        before = state


@pytest.mark.parametrize("seed", range(2))
def test_power_cut_after_every_operation(tmp_path, story, seed):
    rng = np.random.default_rng(seed)
    disk = Disk(story.old)
    for n, operation in enumerate(story.log):
        disk.do(*operation)
        recover(tmp_path / f"cut {n}", disk.cut(rng), story, disk.told)
    for n in range(10):
        recover(tmp_path / f"cut at the end {n}", disk.cut(rng), story, disk.told)


def test_begun_anew_and_cut(tmp_path, make):
    """Another cache is begun over a partial one and the power is cut: what the first had committed is not believed."""
    layers = (("conv", "conv2d", (3, 1, 2), "float32"),)
    first, second = (make.spec(rows=7, unit=3, layers=layers, fingerprint=name) for name in ("first", "second"))
    expected = make.cache(tmp_path / "expected.h5", first).read_bytes()
    target = tmp_path / "recorded" / "cache.h5"
    with Writer.open(target, first) as writer:
        make.contents(first).commit(writer, 0)
    old = {path.name: path.read_bytes() for path in target.parent.iterdir()}
    files = Recorder()
    with Writer.open(target, second, overwrite=True, files=files) as writer:
        make.contents(second, seed=2).commit(writer, 0)
    disk, rng = Disk(old), np.random.default_rng(0)
    for n, operation in enumerate(files.log):
        disk.do(*operation)
        recover(tmp_path / str(n), disk.cut(rng), Story(first, make.contents(first), [], expected, {}), set())
