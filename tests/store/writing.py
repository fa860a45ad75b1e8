"""A process that writes a small cache: python -m tests.store.writing TARGET."""

import sys
from pathlib import Path

from tests.store.caches import make_spec, write_cache

if __name__ == "__main__":
    write_cache(Path(sys.argv[1]), make_spec())
