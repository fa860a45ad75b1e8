"""The keys of a config: frozen, typed models. Inputs are relative to its folder, which validation's context names."""

from __future__ import annotations

import os
import re
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

from seeinin.config.document import Plain


def _expanded(text: str) -> str:
    """Replace each ${NAME} by that environment variable."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in os.environ:
            raise ValueError(f"the environment variable {name} is not set; set it with `export {name}=…`")
        return os.environ[name]

    return re.sub(r"\$\{(\w+)\}", value, text)


def _path(text: str) -> str:
    """With ${NAME} and ~ replaced."""
    path = os.path.expanduser(_expanded(text))  # noqa: PTH111  which leaves an unknown user as it is
    if path.startswith("~") and "/" in path:
        raise ValueError(f"nobody here is called {path[1 : path.index('/')]!r}; write the folder out")
    return path


def _beside_config(path: str, info: ValidationInfo) -> str:
    if "\0" in path:
        raise ValueError(f"{path!r} cannot be the name of a file")
    return str(Path((info.context or {}).get("folder", "")) / _path(path))


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


def _possible(size: tuple[int, int] | None) -> tuple[int, int] | None:
    if size is not None and size[0] * size[1] > MAX_PIXELS:
        raise ValueError(f"{size[0]:,} × {size[1]:,} pixels are more than any image has")
    return size


def _not_zero(values: tuple[float, ...] | None) -> tuple[float, ...] | None:
    if values is not None and 0 in values:
        raise ValueError("a standard deviation of 0 cannot be divided by")
    return values


MAX_PIXELS = 89_478_485  # as of image files: see `precompute.reading.decoding`
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

    size: Annotated[tuple[PositiveInt, PositiveInt] | None, AfterValidator(_possible)] = None  # height, width
    scale: Number = 1.0
    mean: tuple[Number, ...] | None = None
    std: Annotated[tuple[Number, ...] | None, AfterValidator(_not_zero)] = None
    channels: Literal["rgb", "bgr"] = "rgb"  # as the network takes them; mean and std are in this order too


class Layers(_Section):
    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()
    every: Annotated[int, pydantic.Field(ge=1, le=10_000)] = 1
    # where these cannot be seen: height and width of a transformer's patches; layers whose tensors end in channels
    grid: tuple[PositiveInt, PositiveInt] | None = None
    channels_last: tuple[str, ...] = ()


class Storage(_Section):
    dtype: Literal["auto", "float16", "float32"] = "auto"


class Settings(_Section):
    """All that a run needs to know beyond its network and its images."""

    output: Annotated[str, AfterValidator(_path)]
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


SECTIONS: dict[tuple[str, ...], type[_Section]] = {
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
