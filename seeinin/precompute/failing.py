"""Networks and datasets are anybody's code: it raises what it likes, and may even leave the program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from seeinin.errors import ModelError, SeeInInError, Terminated
from seeinin.precompute.halving import is_short
from seeinin.wording import plain


@contextmanager
def staying() -> Iterator[None]:
    """An error, like others, is made of sys.exit(); SIGTERM, which may come in the midst of the code, is none."""
    try:
        yield
    except Terminated:
        raise
    except SystemExit as left:
        raise RuntimeError(f"its code leaves the program by sys.exit({left.code!r})") from left


@contextmanager
def on_images() -> Iterator[None]:
    """Whatever a network raises on images that it should take becomes a ModelError, but for want of memory."""
    try:
        with staying():
            yield
    except SeeInInError:
        raise
    except Exception as error:
        if is_short(error):
            raise
        raise ModelError(
            f"the network fails on some images, though not on others: {reason(error)}; mend it for these and run the "
            "same command again, which keeps what is done, or leave them out of the dataset; where it takes only so "
            "many at once, set batch_size"
        ) from error


def reason(error: BaseException) -> str:
    """What an error says, in one line."""
    text = str(error).strip()
    words = f"{type(error).__name__} {text}" if isinstance(error, LookupError) or not text else text
    return plain(words.splitlines()[0])
