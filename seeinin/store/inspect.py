"""What HDF5 makes of a file, told as JSON by a process that may crash, hang or run out of memory in the viewer's stead.

`python -m seeinin.store.inspect FILE` prints {"facts": …} as `directory.from_facts` takes them, or {"version": …,
"needs": …} of a newer format, or {"error": …}, the rest of a sentence that begins with the file's name.
"""

import json
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from seeinin.store.checksums import text_checksum
from seeinin.store.directory import MOST_LAYERS
from seeinin.store.format import FORMAT, LEVELS, VERSION, layer_path

MEMORY = 4 << 30
SECONDS = 2  # of processor time, and one more for each BYTES
BYTES = 1e11
DEEPEST = 4


def inspect(path: Path) -> dict[str, Any]:
    """Facts about the cache at `path`. Raises ValueError with the rest of a sentence where it is none."""
    try:
        file = h5py.File(path, "r", locking=False)
    except OSError as error:
        raise ValueError(f"is damaged: HDF5 cannot read it ({error}). Make the cache again.") from None
    with file:
        if file.attrs.get("format") != FORMAT:
            raise ValueError("is not a seeinin cache: it is an HDF5 file of another kind.")
        if (version := int(file.attrs["version"])) > VERSION:
            return {"version": version, "needs": str(file.attrs.get("needs", ""))}
        datasets = {name: _entry(name, dataset) for name, dataset in _walk(file, "", 0)}
        for name in [name for name in datasets if f"checksums/{name}" in datasets]:
            table = file[f"checksums/{name}"].attrs
            datasets[name][-1] = int(table["rows"] if "rows" in table else table["values"])
        layers = [_layer(file[layer_path(number)]) for number in range(min(len(file["layers"]), MOST_LAYERS))]
        words = str(file.attrs["fingerprint"]), *(word for layer in layers for word in layer[:2])
        if file.attrs.get("text", text := text_checksum(*words)) != text:
            raise ValueError("is damaged: the names in it are not as they were written. Make the cache again.")
        facts = {
            "size": path.stat().st_size,
            "fingerprint": words[0],
            "step": int(file.attrs["step"]),
            "levels": file[f"{layer_path(0)}/quantiles"].attrs.get("levels", LEVELS).tolist(),
            "layers": layers,
            "metadata": 0,
            "datasets": datasets,
        }
    return {"facts": facts}


def _walk(group: Any, prefix: str, depth: int) -> Iterator[tuple[str, Any]]:
    """Every dataset below `group`. Nothing that leads out of the file, or round in circles, is followed."""
    if depth > DEEPEST:
        raise ValueError(f"is not a seeinin cache: /{prefix} is nested too deeply.")
    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise ValueError(f"is not a seeinin cache: /{prefix}{name} is a link to elsewhere, which is not followed.")
        if isinstance(item := group[name], h5py.Group):
            yield from _walk(item, f"{prefix}{name}/", depth + 1)
        elif isinstance(item, h5py.Dataset):
            yield f"{prefix}{name}", item


def _entry(name: str, dataset: Any) -> list[Any]:
    """Offset, type, shape, chunk and piece of a dataset that lies in this file, as it is and in order."""
    properties = dataset.id.get_create_plist()
    layout = properties.get_layout()
    if properties.get_external_count() or layout == h5py.h5d.VIRTUAL:
        raise ValueError(f"is not a seeinin cache: the values of /{name} lie in another file, which is not read.")
    if properties.get_nfilters() or layout == h5py.h5d.COMPACT or dataset.dtype.kind not in "biufS":
        raise ValueError(f"is not a seeinin cache: /{name} is stored in a way that no cache is.")
    offset = _first_chunk(name, dataset) if layout == h5py.h5d.CHUNKED else dataset.id.get_offset()
    return [offset or 0, dataset.dtype.str, dataset.shape, dataset.chunks, None]


def _first_chunk(name: str, dataset: Any) -> int:
    """Where the chunks begin, if they follow each other in order."""
    offsets: list[int] = []
    sizes: set[int] = set()

    def note(chunk: Any) -> None:
        offsets.append(chunk.byte_offset)
        sizes.add(chunk.size)

    dataset.id.chunk_iter(note)
    if len(sizes) != 1 or np.any(np.diff(offsets) != sizes.pop()):
        raise ValueError(f"is not a seeinin cache: the chunks of /{name} are not in order.")
    return offsets[0]


def _layer(group: Any) -> list[Any]:
    fields = [group.attrs[f"field_{part}"].tolist() for part in ("size", "stride", "first")]
    return [str(group.attrs["name"]), str(group.attrs["op"]), fields]


def main(path: Path) -> dict[str, Any]:
    """The answer for `path`: never an exception."""
    try:
        return inspect(path)
    except ValueError as error:
        return {"error": str(error)}
    except (KeyError, AttributeError, TypeError, OSError, RuntimeError, IndexError) as error:
        return {"error": f"is not a seeinin cache, or is damaged: {error}. Make the cache again."}


def limit(path: Path) -> None:
    """Let this process end before it takes too much memory or time for the file."""
    seconds = SECONDS + int(path.stat().st_size / BYTES)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    limit(Path(sys.argv[1]))
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]))))
