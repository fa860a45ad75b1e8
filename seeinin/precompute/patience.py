"""What is said while the network gives no answer: nobody can tell from outside whether it ever will."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)

SECONDS = 60.0


@contextmanager
def patience() -> Iterator[None]:
    """While the network works, in whatever language."""
    words = "the network has given no answer for %g seconds; it may take longer, or never end: Ctrl-C does"
    timer = threading.Timer(SECONDS, log.warning, (words, SECONDS))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
