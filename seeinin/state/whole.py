"""Files that have their names only when they are whole."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from seeinin.errors import DiskError


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Where to write what is then called `path`; an older file of that name stays until then. Raises DiskError."""
    partial = path.parent / (path.name + ".partial")
    try:
        yield partial
        partial.replace(path)
    except OSError as error:
        raise DiskError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            partial.unlink()
