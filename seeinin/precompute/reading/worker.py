"""A process that reads images for another: it gets a task, then lists of items, and answers them one by one.

It is started as `python -m seeinin.precompute.reading.worker DESCRIPTOR`, and not by multiprocessing, which would run
the user's script a second time. It ends when the other side of its socket does.
"""

from __future__ import annotations

import logging
import sys
import warnings
from contextlib import suppress
from multiprocessing.connection import Connection

from seeinin.precompute.reading.task import answer


def serve(connection: Connection) -> None:
    task = connection.recv()  # imports what it needs
    connection.send(None)
    while True:
        shape, items = connection.recv()
        for item in items:
            connection.send(answer(task, item, shape))


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # of odd metadata in images
    logging.disable()  # what is wrong with an image is its answer; Pillow would say it without a name
    with suppress(EOFError, ConnectionError):
        serve(Connection(int(sys.argv[1])))
