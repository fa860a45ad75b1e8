"""The config of a precompute run: YAML read into frozen, typed models, every mistake with its file and line."""

from pathlib import Path

import pydantic

from seeinin.config.document import read
from seeinin.config.mistakes import sentence
from seeinin.config.schema import (
    AnyModel,
    CaffeModel,
    Config,
    Csv,
    Dataset,
    Digits,
    ExportedModel,
    Folder,
    Idx,
    Layers,
    Model,
    Npz,
    OnnxModel,
    Preprocess,
    Reading,
    Settings,
    Storage,
    TorchDataset,
)
from seeinin.errors import ConfigError

__all__ = [
    "AnyModel", "CaffeModel", "Config", "Csv", "Dataset", "Digits",
    "ExportedModel", "Folder", "Idx", "Layers", "Model", "Npz",
    "OnnxModel", "Preprocess", "Reading", "Settings", "Storage", "TorchDataset",
    "load",
]  # fmt: skip


def load(path: str | Path) -> Config:
    """Read and check the config at `path`; inputs are relative to it, the output to the working directory.

    Raises ConfigError with `file:line: key`, what is wrong, and the nearest known key.
    """
    path = Path(path)
    value, lines = read(path)
    try:
        return Config.model_validate(value, context={"folder": path.parent})
    except pydantic.ValidationError as error:
        raise ConfigError(sentence(path, error, lines)) from None
