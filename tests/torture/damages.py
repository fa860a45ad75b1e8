"""Ways to damage a file: each takes its bytes and a generator of random numbers, and gives other bytes."""

import json
import zlib

import numpy as np

from seeinin.store import directory as directories

BLOCKS = (64, 512, 4096)


def flips(data, rng, places):
    for _ in range(rng.integers(1, 9)):
        data[rng.integers(len(data))] ^= 1 << int(rng.integers(8))
    return data


def cut(data, rng, places):
    return data[: rng.integers(len(data))]


def swapped_blocks(data, rng, places):
    one, other, size = _two_blocks(data, rng)
    data[one : one + size], data[other : other + size] = data[other : other + size], data[one : one + size]
    return data


def written_elsewhere(data, rng, places):
    one, other, size = _two_blocks(data, rng)
    data[one : one + size] = data[other : other + size]
    return data


def zeroed_pages(data, rng, places):
    size = int(rng.choice(BLOCKS))
    for _ in range(rng.integers(1, 4)):
        start = int(rng.integers(len(data) // size)) * size
        data[start : start + size] = bytes(size)
    return data


def mutated_metadata(data, rng, places):
    """Bytes of HDF5's own description."""
    return _mutated(data, rng, places["metadata"])


def mutated_directory(data, rng, places):
    """Bytes of ours, and of the tables of checksums."""
    return _mutated(data, rng, places["directory"])


def forged_directory(data, rng, places):
    """Ours, made to say something else, with a checksum that fits: nobody's accident."""
    start, length = places["directory"][0]
    line, text = bytes(data[start : start + length]).split(b"\n", 1)
    facts = json.loads(text)
    for _ in range(rng.integers(1, 4)):
        datasets = facts.get("datasets")
        _forge(datasets if isinstance(datasets, dict) and rng.random() < 0.7 else facts, rng)
    text = json.dumps(facts, separators=(",", ":")).encode()
    head = b"%s %08x %010d\n" % (b" ".join(line.split(b" ")[:2]), zlib.crc32(text), len(text))
    forged = head + text
    data[start : start + len(forged)] = forged
    return data


KINDS = (
    *(flips, cut, swapped_blocks, written_elsewhere, zeroed_pages),
    *(mutated_metadata, mutated_directory, forged_directory),
)


def _two_blocks(data, rng):
    size = int(rng.choice(BLOCKS))
    one, other = (rng.choice(len(data) // size, 2, replace=False) * size).tolist()
    return one, other, size


def _mutated(data, rng, runs):
    start, length = runs[rng.integers(len(runs))]
    for _ in range(rng.integers(1, 17)):
        data[start + rng.integers(length)] = int(rng.choice((0, 1, 255, rng.integers(256))))
    return data


def _forge(facts, rng):
    """Change one number, text or entry somewhere."""
    inside = facts
    while True:
        keys = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
        if not keys:
            return
        key = keys[rng.integers(len(keys))]
        if isinstance(inside[key], dict | list) and rng.random() < 0.95:
            inside = inside[key]
            continue
        if rng.random() < 0.1:
            del inside[key]
        else:
            inside[key] = _other(inside[key], rng)
        return


def _other(value, rng):
    odd = (
        0,
        1,
        -1,
        2**31,
        2**62,
        2**63,
        10**30,
        None,
        "",
        "<f4",
        "|S9",
        [],
        [0],
        {},
        1.5,
        float("nan"),
        float("inf"),
        True,
    )
    if isinstance(value, int) and rng.random() < 0.7:
        return value + int(rng.integers(-4096, 4097))
    return odd[rng.integers(len(odd))]


def places(path, directory):
    """Where in the file the metadata of HDF5 are, and where ours, each [(start, length)]."""
    table = np.frombuffer(path.read_bytes(), "u1")
    extents = directory.places[directories.EXTENTS]
    found = table[extents.offset : extents.offset + extents.nbytes].view("<i8").reshape(-1, 2)
    head = (directories.OFFSET, len(directory.encode()))
    tables = [place for name, place in directory.places.items() if name.startswith("checksums/") and place.nbytes]
    ours = [head, *((place.offset, place.nbytes) for place in tables)]
    return {"metadata": [(start, length) for start, length in found.tolist() if length], "directory": ours}
