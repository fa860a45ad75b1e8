"""A process that writes a small cache, slowly enough to be killed anywhere: -m tests.store.writing TARGET SECONDS."""

import sys
import time
from pathlib import Path

from seeinin.store.files import Files
from seeinin.store.writer import Writer
from tests.store.caches import make_contents, make_spec


class Slow(Files):
    def datasync(self, descriptor):
        time.sleep(float(sys.argv[2]))
        super().datasync(descriptor)

    def pwrite(self, descriptor, data, offset):
        time.sleep(float(sys.argv[2]) / 10)
        return super().pwrite(descriptor, data, offset)


if __name__ == "__main__":
    spec = make_spec()
    with Writer.open(Path(sys.argv[1]), spec, files=Slow()) as writer:
        make_contents(spec).finish(writer)
