"""A model of a disk under a crash: the writer's operations recorded, and what of them is left at any moment.

A killed process loses nothing that it wrote. A power cut keeps what was synced; of the rest, any sectors of any writes
may have reached the disk, and any of the latest changes to the folder may be missing, or there before what they name.
"""

import threading
from dataclasses import dataclass, field

from seeinin.store.files import Files

SECTOR = 512


class Recorder(Files):
    """Does as it is told, and notes it: (operation, name, …). The test adds ("told", unit) when a commit returns."""

    def __init__(self):
        self.log, self._names = [], {}
        self._lock = threading.Lock()  # the log is in the order in which things happened, whichever thread did them

    def open(self, path):
        if not path.exists():
            self.log.append(("create", path.name))
        descriptor = super().open(path)
        self._names[descriptor] = path.name
        return descriptor

    def pwrite(self, descriptor, data, offset):
        with self._lock:
            self.log.append(("write", self._names[descriptor], offset, bytes(data)))
            return super().pwrite(descriptor, data, offset)

    def truncate(self, descriptor, size):
        self.log.append(("resize", self._names[descriptor], size))
        super().truncate(descriptor, size)

    def allocate(self, descriptor, size):
        self.log.append(("resize", self._names[descriptor], size))
        super().allocate(descriptor, size)

    def datasync(self, descriptor):
        with self._lock:
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
    """A folder, live and as the disk has it. `told` is what the writer has acknowledged."""

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
        elif change[0] == "remove":
            folder.pop(change[1], None)
        elif change[1] in folder:
            folder[change[2]] = folder.pop(change[1])

    def killed(self, torn=None):
        """What is left when the process dies; in the midst of a write, `torn` (name, offset, data) is done of it."""
        state = {name: bytes(file.live) for name, file in self.live.items()}
        if torn:
            name, offset, data = torn
            state[name] = state[name][:offset].ljust(offset, b"\0") + data + state[name][offset + len(data) :]
        return state

    def cut(self, rng):
        """What is left when the power goes. Changes to the folder are lost from some moment on, or, on a worse disk,
        any of them."""
        folder, lost = dict(self.disk), rng.integers(len(self.pending) + 1)
        for n, change in enumerate(self.pending):
            if n < lost or rng.random() < 0.3:
                self.arrange(folder, change)
        return {name: file.after_power_cut(rng) for name, file in folder.items()}
