"""`seeinin.store.inspect` for one file after the other: `python -m tests.torture.inspector` answers a path with a line.

The program starts a process for each file, which takes a hundred times as long as to look at it.
"""

import json
import resource
import select
import subprocess
import sys
from pathlib import Path

from seeinin.store import inspect

ROOT = Path(__file__).parents[2]


class Inspector:
    """A process that answers; one that crashes or takes longer than the program allows has a successor."""

    def __init__(self):
        self.process = None

    def answer(self, path):
        """As `opening._answer`."""
        if self.process is None:
            command = [sys.executable, "-m", "tests.torture.inspector"]
            self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.stdin.write(b"%s\n" % bytes(path))
        self.process.stdin.flush()
        ready = select.select([self.process.stdout], [], [], inspect.SECONDS)[0]
        line = self.process.stdout.readline() if ready else b""
        if not line:
            self.close()
        return json.loads(line or b"{}")

    def close(self):
        if self.process:
            self.process.kill()
            self.process.communicate()
        self.process = None


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (inspect.MEMORY, inspect.MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for given in sys.stdin:
        sys.stdout.write(json.dumps(inspect.main(Path(given.rstrip("\n")))) + "\n")
        sys.stdout.flush()
