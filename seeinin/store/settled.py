"""What an earlier run on the same target has settled, so that a later one need not find it out again."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from seeinin.store import journal
from seeinin.store.format import CacheSpec
from seeinin.store.ranks import journal_path

KEY = "the types of the layers"


class Settled(NamedTuple):
    """The type of each layer by its name, for the inputs of `fingerprint`."""

    fingerprint: str
    types: Mapping[str, str]


def types(spec: CacheSpec) -> dict[str, str]:
    """The entry of the journal's header that says them."""
    return {KEY: json.dumps({layer.name: layer.dtype for layer in spec.layers})}


def settled_types(target: Path) -> Settled | None:
    """What the run that left `target` unfinished has settled; None where there was none."""
    header, _ = next(journal.read(journal_path(target)), ({}, 0))
    identity = header.get("identity", {})
    return Settled(identity["fingerprint"], json.loads(identity[KEY])) if KEY in identity else None
