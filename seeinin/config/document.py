"""A config's YAML as plain values, with the line of each. What makes YAML dangerous or doubtful is refused."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from seeinin.errors import ConfigError

MAX_BYTES = 1_000_000
MAX_DEPTH = 32

Place = tuple[str | int, ...]


class Plain(str):
    """An unquoted scalar: its type is decided by the schema, so that a class may be called `no`, `010` or `12:30`."""


def read(path: Path) -> tuple[Any, dict[Place, int]]:
    """The config as dicts, lists, None and text (Plain where it is not quoted), and the lines of all of them.

    Raises ConfigError with `file:line` and what is wrong.
    """
    lines: dict[Place, int] = {}
    return _value(_document(path), (), lines, path), lines


def _document(path: Path) -> yaml.Node:
    text = _text(path)
    try:
        _check_events(path, text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"{path}:{line}: not valid YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not valid YAML: {str(error).splitlines()[0]}") from None
    if node is None:
        raise ConfigError(f"{path} is empty; a config names at least output, model and dataset")
    return node


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}; give the path of a config file") from None
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{path} is larger than 1 MB, which no config is; give the path of a config file")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text (byte {error.start}); give the path of a config file") from None


def _check_events(path: Path, text: str) -> None:
    """Refuse what makes YAML dangerous before any node is built: aliases grow without bound, tags name types."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        place = f"{path}:{event.start_mark.line + 1 if event.start_mark else 1}"
        if getattr(event, "anchor", None) is not None:
            raise ConfigError(f"{place}: anchors and aliases are not allowed in a config; write the value out")
        if (tag := getattr(event, "tag", None)) is not None:
            raise ConfigError(f"{place}: the tag {tag} is not allowed in a config; remove it")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise ConfigError(f"{place}: nested more than {MAX_DEPTH} deep, which no config is")


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1 if node.start_mark else 1


def _value(node: yaml.Node, place: Place, lines: dict[Place, int], path: Path) -> Any:
    """`node` as dicts, lists, None and text; `lines` gets the line of everything in it."""
    lines.setdefault(place, _line(node))
    match node:
        case yaml.MappingNode():
            return dict(_items(node, place, lines, path))
        case yaml.SequenceNode():
            return [_value(item, (*place, i), lines, path) for i, item in enumerate(node.value)]
        case yaml.ScalarNode(style=None):
            return None if node.value in ("", "~", "null", "Null", "NULL") else Plain(node.value)
    return node.value


def _items(node: yaml.MappingNode, place: Place, lines: dict[Place, int], path: Path) -> Iterator[tuple[str, Any]]:
    first: dict[str, int] = {}
    for key, item in node.value:
        line = _line(key)
        if not isinstance(key, yaml.ScalarNode):
            raise ConfigError(f"{path}:{line}: a key must be one word")
        if key.value in first:
            name = ".".join(map(str, (*place, key.value)))
            raise ConfigError(f"{path}:{line}: {name} is given twice (first in line {first[key.value]}); remove one")
        first[key.value] = lines[(*place, key.value)] = line
        yield key.value, _value(item, (*place, key.value), lines, path)
