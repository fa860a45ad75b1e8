"""What pydantic found wrong with a config, as a sentence: file, line, key, and the nearest known key."""

import difflib
from pathlib import Path
from typing import Any

import pydantic

from seeinin.config.document import Place
from seeinin.config.schema import SECTIONS

# where pydantic speaks of Python
_PLAIN = {
    "tuple_type": "it should be a list in brackets",
    "too_long": "it has too many entries",
    "too_short": "it has too few entries",
    "float_parsing": "it should be a number, written out as 0.00392",
    "int_parsing": "it should be a whole number",
}


def sentence(path: Path, error: pydantic.ValidationError, lines: dict[Place, int]) -> str:
    """The first mistake in words; a key that is not known comes before one that is missing, being often its cause."""
    mistakes = error.errors()
    mistake = min(mistakes, key=lambda m: m["type"] != "extra_forbidden")
    # pydantic puts the source of a model or dataset into the place of a mistake, where the file has no such level
    tag, place = _without_tag(mistake["loc"])
    line = next(lines[place[:n]] for n in range(len(place), -1, -1) if place[:n] in lines)
    return f"{path}:{line}: {_problem(mistake, place, (*place[:1], *tag))}"


def _without_tag(place: Place) -> tuple[tuple[str, ...], Place]:
    if place[:1] in (("model",), ("dataset",)) and len(place) > 1:
        return (str(place[1]),), (place[0], *place[2:])
    return (), place


def _problem(mistake: Any, place: Place, section: Place) -> str:
    key = ".".join(map(str, place)) or "the config"
    given = repr(str(mistake["input"]))
    match mistake["type"]:
        case "extra_forbidden":
            known = list(SECTIONS[tuple(map(str, section if len(place) > 1 else ()))].model_fields)
            near = difflib.get_close_matches(str(place[-1]), known, n=1, cutoff=0)[0]
            return f"{key} is not a key of a config; did you mean {near}? Known here: {', '.join(known)}"
        case "missing":
            return f"{key} is missing; add it"
        case "union_tag_not_found":
            alike = difflib.get_close_matches("source", mistake["input"], n=1)
            cure = f"did you mean it by {alike[0]}?" if alike else f"add one of {_sources(key)}"
            return f"{key}.source is missing; {cure}"
        case "union_tag_invalid":
            return f"{key}.source is {mistake['ctx']['tag']!r}, but must be one of {_sources(key)}"
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"{key} must hold keys and values"
        case "value_error":
            return f"{key}: {mistake['ctx']['error']}"
    text = _PLAIN.get(mistake["type"]) or mistake["msg"][:1].lower() + mistake["msg"][1:]
    return f"{key} is {given}; {text.replace('input should', 'it should')}"


def _sources(section: str) -> str:
    return ", ".join(place[1] for place in SECTIONS if len(place) == 2 and place[0] == section)
