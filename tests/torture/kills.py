"""Real processes, killed at random times and started again until one gets through.

A process that has imported everything forks them: to start each anew would take a hundred times as long.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from itertools import count as counting
from pathlib import Path

import numpy as np

from seeinin.store.writer import Writer
from tests.store.caches import laid_out_once, make_contents, make_spec, write_cache
from tests.torture.rows import Outcome, Row

ROOT = Path(__file__).parents[2]
MOST = 5  # kills of one cache
PATIENCE = 60  # seconds
LOST = 3  # exit code


def run(count, seed):
    command = [sys.executable, "-m", "tests.torture.kills", str(count), str(seed)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return Outcome(**json.loads(done.stdout))


def write(target, spec, contents, told, pipe):
    """What a process does. It says on `pipe` which units it was told are safe; those of before are `told`."""
    signal.alarm(PATIENCE)
    with Writer.open(target, spec) as writer:
        if not told <= writer.committed:
            os._exit(LOST)
        for unit in sorted(set(range(len(writer.units))) - writer.committed):
            contents.commit(writer, unit)
            os.write(pipe, bytes([unit]))
        writer.derive()
        writer.seal()


def attempt(delay, told, *work):
    """Fork a process that writes, and kill it after `delay` seconds; how it ended, and what it was told."""
    reading, writing = os.pipe()
    if not (child := os.fork()):
        code = 1
        try:
            write(*work, told, writing)
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    if delay is not None:
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with os.fdopen(reading, "rb") as pipe:
        return code, set(pipe.read())


def until_finished(target, expected, took, rng, *work):
    """How often it was killed, and what went wrong."""
    kills, told = 0, set()
    while True:
        code, more = attempt(rng.uniform(0, took) if kills < MOST else None, told, target, *work)
        told |= more
        if code == 0 or (code == -signal.SIGKILL and target.exists()):
            break
        if code != -signal.SIGKILL:
            return kills, "an acknowledged unit is lost" if code == LOST else f"it ended with {code}"
        kills += 1
    if code:  # killed when it had the name already
        kills += 1
    if target.read_bytes() != expected:
        return kills, "another file came of it"
    return kills, ""


def main(count, seed):
    rng, figures, failures = np.random.default_rng(seed), Counter(kills=0, files=0), []
    with laid_out_once(), tempfile.TemporaryDirectory() as name:
        spec = make_spec(rows=40, unit=3)
        contents = make_contents(spec)
        expected = write_cache(Path(name) / "expected.h5", spec).read_bytes()  # compiles and imports, too
        begun = time.perf_counter()
        assert attempt(None, set(), Path(name) / "timed.h5", spec, contents)[0] == 0
        took = time.perf_counter() - begun
        for n in counting():
            target = Path(name) / str(n) / "cache.h5"
            kills, wrong = until_finished(target, expected, took, rng, spec, contents)
            figures.update(kills=kills, files=1)
            if wrong:
                failures.append(f"seed {seed}, file {n}, after {kills} kills: {wrong}")
            if figures["kills"] >= count or len(failures) > count:
                return Outcome(figures["kills"], {"files finished, byte-identical": n + 1 - len(failures)}, failures)
    raise AssertionError("unreachable")


ROWS = (Row("SIGKILL at random times, resumed until finished", run, 500, 20),)

if __name__ == "__main__":
    outcome = main(*map(int, sys.argv[1:]))
    json.dump({"tried": outcome.tried, "figures": outcome.figures, "failures": outcome.failures}, sys.stdout)
