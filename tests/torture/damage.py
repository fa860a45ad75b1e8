"""Damaged caches: what is read of them is as it was written, or refused in words; no crash, no hang, no other values.

Processes of their own open many each, so that a crash is one of theirs.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from unittest import mock

import numpy as np

from seeinin.errors import CacheError
from seeinin.store import opening
from seeinin.store.access import DamageError
from seeinin.store.files import Files
from seeinin.store.opening import open_file
from seeinin.store.reader import Layer, Stored, open_cache
from seeinin.store.verify import verify
from tests.store.caches import make_spec, small_chunks, write_cache
from tests.torture import damages
from tests.torture.inspector import Inspector
from tests.torture.rows import Outcome, Row

ROOT = Path(__file__).parents[2]
MEMORY = 4 << 30
SLOW, HANGS = 2, 30  # seconds
STATISTICS = [name for name, value in vars(Layer).items() if isinstance(value, Stored)]
VERIFIED = 5  # every so manyth


def parts(cache):
    """(name, how to read it, which entries those are, if only some can be damaged) of all that a cache holds."""
    for name in ("index", "label", "classes", "class_count", "config", "graph", "step", "pixel_shape", "images"):
        yield name, partial(getattr, cache, name), None
    yield "extra", lambda: {name: column.tolist() for name, column in cache.extra.items()}, None
    yield "names", lambda: [cache.name(row) for row in range(cache.images)], None
    every, some = np.arange(cache.images), np.array([0, 2, cache.images - 1]) % max(cache.images, 1)
    for name in ("valid", "prediction"):
        yield name, partial(getattr, cache, name), every
    yield "pixels", partial(cache.pixels, every), every
    yield "thumbnails", partial(cache.thumbnails, some), some
    for layer in cache.layers:
        for name in ("name", "op", "shape", "field", "quantile_levels"):
            yield f"{layer.number} {name}", partial(getattr, layer, name), None
        for rows in (every, some):
            yield f"{layer.number} maps {len(rows)}", partial(layer.maps, rows), rows
        for channel in range(min(layer.shape[0], 20)):
            yield f"{layer.number} column {channel}", partial(layer.column, channel), np.arange(layer.points)
        for name in STATISTICS:
            yield f"{layer.number} {name}", partial(getattr, layer, name), None


def same(found, wanted, good=slice(None)):
    if not isinstance(wanted, np.ndarray):
        return found == wanted
    alike = isinstance(found, np.ndarray) and (found.shape, found.dtype) == (wanted.shape, wanted.dtype)
    return alike and found[good].tobytes() == wanted[good].tobytes()


def look(path, known):
    """What became of a file: not opened, partly refused, or read as it was.

    Raises AssertionError for values that are not the `known` ones; nothing is known of forged files.
    """
    try:
        cache = open_cache(path)
    except CacheError:
        return "not opened"
    refused = 0
    with cache:
        for name, read, entries in parts(cache):
            good = slice(None)
            try:
                value = read()
            except DamageError as error:
                value, refused = error.values, refused + 1
                if error.holes:
                    lost = np.array([n for hole in error.holes for n in hole])
                    good = ~np.isin(entries, lost)
            except CacheError:
                value, refused = None, refused + 1
            assert value is None or known is None or same(value, known[name], good), f"{name} has other values"
    return "partly refused" if refused else "read as it was"


def check(path, data, known, thorough):
    """What became of a file of these bytes, with `verify` of the same opinion."""
    path.write_bytes(data)
    found = look(path, known)
    if thorough:
        try:
            listed = verify(path)
        except CacheError as error:
            listed = [str(error)]
        assert listed or found == "read as it was" or known is None, f"{found}, but `verify` finds nothing"
    return found


def work(folder, seed, first, step, count):
    """Tell of every `step`-th case on a line of its own: its number, then what became of it, or what went wrong."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGALRM, _hangs)
    bases = []
    for path in sorted(folder.glob("*.h5")):
        with open_cache(path) as cache:
            known = {name: read() for name, read, _ in parts(cache)}
        bases.append((path.read_bytes(), known, damages.places(path, open_file(path, Files())[1])))
    path = folder / f"damaged {first}"
    with closing(Inspector()) as inspector, mock.patch.object(opening, "_answer", inspector.answer):
        for n in range(first, count, step):
            rng, damage = np.random.default_rng([seed, n]), damages.KINDS[n % len(damages.KINDS)]
            good, known, places = bases[n // len(damages.KINDS) % len(bases)]
            data = damage(bytearray(good), rng, places)
            begun = time.process_time()  # a busy machine is no hang; who waits in vain is woken
            signal.alarm(HANGS)
            try:
                found = check(path, data, None if damage is damages.forged_directory else known, n % VERIFIED == 0)
            except Exception as error:  # noqa: BLE001 - whatever is no CacheError is what this looks for
                at = traceback.extract_tb(error.__traceback__)[-1]
                place = f"{Path(at.filename).name}:{at.lineno}"
                found = f"wrong: {damage.__name__}: {place}: {type(error).__name__}: {error}"
            signal.alarm(0)
            if (took := time.process_time() - begun) > SLOW:
                found = f"wrong: {damage.__name__}: it took {took:.0f} seconds"
            sys.stdout.write(json.dumps([n, damage.__name__.replace("_", " "), found]) + "\n")
            sys.stdout.flush()


def _hangs(number, frame):
    raise TimeoutError(f"it hangs in {frame.f_code.co_qualname}")


def oversee(folder, seed, first, step, count):
    """All lines of a process, and of those that take its place when it crashes."""
    lines, failures = [], []
    while first < count:
        command = [sys.executable, "-m", "tests.torture.damage", folder, seed, first, step, count]
        with subprocess.Popen(list(map(str, command)), cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout:
                lines.append(json.loads(line))
                first = lines[-1][0] + step
        if first < count:
            failures.append(f"seed {seed}, case {first}: the process ended with {process.returncode}")
            first += step
    return lines, failures


def run(count, seed):
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor() as threads:
        folder = Path(name)
        write_cache(folder / "a.h5", make_spec())
        with small_chunks():
            write_cache(folder / "b.h5", make_spec(rows=17, unit=3, pixel_shape=(70, 20, 3)))
        step = os.cpu_count() or 1
        told = list(threads.map(lambda first: oversee(folder, seed, first, step, count), range(step)))
    lines = [line for lines, _ in told for line in lines]
    failures = [failure for _, failures in told for failure in failures]
    failures += [f"seed {seed}, case {n}: {found}" for n, _, found in lines if found.startswith("wrong")]
    figures = Counter(found for _, _, found in lines if not found.startswith("wrong"))
    return Outcome(len(lines) + len(failures), figures, failures)


ROWS = (Row("damaged caches, opened and read", run, 100_000, 2_000),)

if __name__ == "__main__":
    work(Path(sys.argv[1]), *map(int, sys.argv[2:]))
