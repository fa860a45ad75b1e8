"""The config of a precompute run: YAML read into frozen, typed models, every mistake with its file and line."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic
import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    NonNegativeInt,
    PositiveInt,
    Tag,
    ValidationInfo,
)

from seeinin.errors import ConfigError

MAX_BYTES = 1_000_000
MAX_DEPTH = 32


class Plain(str):
    """An unquoted scalar: its type is decided by the schema, so that a class may be called `no`, `010` or `12:30`."""


def _expanded(text: str) -> str:
    """Replace each ${NAME} by that environment variable."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in os.environ:
            raise ValueError(f"the environment variable {name} is not set; set it with `export {name}=…`")
        return os.environ[name]

    return re.sub(r"\$\{(\w+)\}", value, text)


def _beside_config(path: str, info: ValidationInfo) -> str:
    return str(Path((info.context or {}).get("folder", "")) / _expanded(path))


def _target(text: str, info: ValidationInfo) -> str:
    place, colon, name = text.rpartition(":")
    if not (colon and place and name.isidentifier()):
        raise ValueError(f"{text!r} is neither FILE.py:CALLABLE nor package.module:CALLABLE")
    return f"{_beside_config(place, info)}:{name}" if place.endswith(".py") else text


def _typed(value: Any) -> Any:
    """Give the unquoted scalars in `value` their type by YAML 1.2's core schema, where no schema of ours does."""
    match value:
        case dict():
            return {key: _typed(item) for key, item in value.items()}
        case list():
            return [_typed(item) for item in value]
        case Plain() if value.lower() in ("true", "false"):
            return value.lower() == "true"
        case Plain() if re.fullmatch(r"[-+]?(0|[1-9]\d*)", value):
            return int(value)
        case Plain() if re.fullmatch(r"[-+]?(\.\d+|(0|[1-9]\d*)(\.\d*)?)([eE][-+]?\d+)?", value):
            return float(value)
        case Plain():
            return str(value)
    return value


def _model_source(value: Any) -> str:
    """A model is one of torch where its config does not say otherwise."""
    return str(value.get("source", "torch") if isinstance(value, dict) else getattr(value, "source", "torch"))


def _not_zero(values: tuple[float, ...] | None) -> tuple[float, ...] | None:
    if values is not None and 0 in values:
        raise ValueError("a standard deviation of 0 cannot be divided by")
    return values


InputPath = Annotated[str, AfterValidator(_beside_config)]
Target = Annotated[str, AfterValidator(_target)]
Number = Annotated[float, pydantic.Field(allow_inf_nan=False)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class Model(_Section):
    source: Literal["torch"] = "torch"
    target: Target
    arguments: Annotated[dict[str, Any], BeforeValidator(_typed)] = {}
    weights: InputPath | None = None


class CaffeModel(_Section):
    source: Literal["caffe"]
    network: InputPath
    weights: InputPath


class ExportedModel(_Section):
    source: Literal["exported"]
    network: InputPath


class OnnxModel(_Section):
    source: Literal["onnx"]
    network: InputPath


AnyModel = Model | CaffeModel | ExportedModel | OnnxModel


class _Dataset(_Section):
    classes: tuple[str, ...] = ()
    limit: PositiveInt | None = None


class Digits(_Dataset):
    source: Literal["digits"]


class Idx(_Dataset):
    source: Literal["idx"]
    images: InputPath
    labels: InputPath | None = None


class Npz(_Dataset):
    source: Literal["npz"]
    path: InputPath


class Reading(_Section):
    """How images are read that are not held in memory, and how many may fail; nothing in the cache depends on it."""

    max_bad: Annotated[float, pydantic.Field(ge=0, le=1)] = 0.01  # share of images that may be unreadable
    workers: NonNegativeInt | None = None  # processes that decode: one a core, eight at most; 0: none of their own
    timeout: Annotated[float, pydantic.Field(gt=0, allow_inf_nan=False)] = 120.0  # seconds for one image


class Folder(_Dataset, Reading):
    source: Literal["folder"]
    path: InputPath


class Csv(_Dataset, Reading):
    source: Literal["csv"]
    path: InputPath
    image: str = "path"  # the column of paths
    label: str = "label"  # the column of labels
    outside: bool = False  # whether paths may lead out of the CSV's folder


class TorchDataset(_Dataset, Reading):
    source: Literal["torch"]
    target: Target
    arguments: Annotated[dict[str, Any], BeforeValidator(_typed)] = {}


Dataset = Digits | Idx | Folder | Npz | Csv | TorchDataset


class Preprocess(_Section):
    """What happens to the pixels (0..255) before the network sees them, in this order."""

    size: tuple[PositiveInt, PositiveInt] | None = None  # height, width
    scale: Number = 1.0
    mean: tuple[Number, ...] | None = None
    std: Annotated[tuple[Number, ...] | None, AfterValidator(_not_zero)] = None
    channels: Literal["rgb", "bgr"] = "rgb"  # as the network takes them; mean and std are in this order too


class Layers(_Section):
    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()
    every: PositiveInt = 1
    # where these cannot be seen: height and width of a transformer's patches; layers whose tensors end in channels
    grid: tuple[PositiveInt, PositiveInt] | None = None
    channels_last: tuple[str, ...] = ()


class Storage(_Section):
    dtype: Literal["auto", "float16", "float32"] = "auto"


class Settings(_Section):
    """All that a run needs to know beyond its network and its images."""

    output: Annotated[str, AfterValidator(_expanded)]
    preprocess: Preprocess = Preprocess()
    layers: Layers = Layers()
    storage: Storage = Storage()
    batch_size: PositiveInt = 128
    device: str = "auto"
    seed: NonNegativeInt = 0

    def to_yaml(self) -> str:
        """The resolved config, with every default written out, but for the output, since a cache may be moved, and for
        how images are read: a run may go on with more patience.
        """
        values = self.model_dump(mode="json", exclude={"output": True, "dataset": set(Reading.model_fields)})
        return yaml.safe_dump(values, sort_keys=False, default_flow_style=None, allow_unicode=True)


class Config(Settings):
    model: Annotated[
        Annotated[Model, Tag("torch")]
        | Annotated[CaffeModel, Tag("caffe")]
        | Annotated[ExportedModel, Tag("exported")]
        | Annotated[OnnxModel, Tag("onnx")],
        Discriminator(_model_source),
    ]
    dataset: Annotated[Dataset, pydantic.Field(discriminator="source")]


_SECTIONS: dict[tuple[str, ...], type[_Section]] = {
    (): Config,
    ("model", "torch"): Model,
    ("model", "caffe"): CaffeModel,
    ("model", "exported"): ExportedModel,
    ("model", "onnx"): OnnxModel,
    ("dataset", "digits"): Digits,
    ("dataset", "idx"): Idx,
    ("dataset", "folder"): Folder,
    ("dataset", "npz"): Npz,
    ("dataset", "csv"): Csv,
    ("dataset", "torch"): TorchDataset,
    ("preprocess",): Preprocess,
    ("layers",): Layers,
    ("storage",): Storage,
}

Place = tuple[str | int, ...]


def load(path: str | Path) -> Config:
    """Read and check the config at `path`; inputs are relative to it, the output to the working directory.

    Raises ConfigError with `file:line: key`, what is wrong, and the nearest known key.
    """
    path = Path(path)
    lines: dict[Place, int] = {}
    value = _value(_document(path), (), lines, path)
    try:
        return Config.model_validate(value, context={"folder": path.parent})
    except pydantic.ValidationError as error:
        raise ConfigError(_sentence(path, error, lines)) from None


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


def _sentence(path: Path, error: pydantic.ValidationError, lines: dict[Place, int]) -> str:
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
            known = list(_SECTIONS[tuple(map(str, section if len(place) > 1 else ()))].model_fields)
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
    text = mistake["msg"][:1].lower() + mistake["msg"][1:]
    return f"{key} is {given}; {text.replace('input should', 'it should')}"


def _sources(section: str) -> str:
    return ", ".join(place[1] for place in _SECTIONS if len(place) == 2 and place[0] == section)
