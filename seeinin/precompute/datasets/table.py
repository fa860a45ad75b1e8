"""A CSV file of paths and labels; its other columns go into the cache for colouring."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seeinin import config
from seeinin.errors import DataError
from seeinin.precompute import files
from seeinin.precompute.datasets.folder import of_files
from seeinin.precompute.datasets.labels import numbered
from seeinin.precompute.datasets.unread import Unread

DELIMITERS = ",;\t"


def table(dataset: config.Csv) -> Unread:
    """The images that a CSV names, in its order. Its first line names the columns; paths are relative to its folder and
    stay inside it, unless the config allows others. An empty label is none.
    """
    path = Path(dataset.path)
    header, *rows = _lines(path)
    names = [name.strip() for name in header[1]]
    _check_header(names, dataset, path)
    for line, row in rows:
        if len(row) != len(names):
            raise DataError(
                f"{path}:{line}: there are {len(row)} cells below {len(names)} column names; mend that line"
            )
    columns = {name: [row[k].strip() for _, row in rows] for k, name in enumerate(names) if name}
    files = columns.pop(dataset.image)
    texts = columns.pop(dataset.label, None)
    paths = [_inside(path, line, file, dataset.outside) for (line, _), file in zip(rows, files, strict=True)]
    label, classes = numbered(None if texts is None else _labels(texts), len(paths), dataset.classes, str(path))
    extra = {name: _typed(column) for name, column in columns.items()}
    return of_files(paths, path.parent, label, classes, str(path), dataset, extra)


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    """Line numbers and cells of what is not blank, the header first."""
    try:
        text = files.content(path, "correct dataset.path", DataError).decode("utf-8-sig")  # Excel begins with a mark
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 text (byte {error.start}); save it as CSV in UTF-8") from None
    lines = text.splitlines()
    delimiter = max(DELIMITERS, key=lines[0].count) if lines else ","
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    try:
        found = [(reader.line_num, row) for row in reader if any(row)]
    except csv.Error as error:
        raise DataError(f"{path}:{reader.line_num}: {error}; save it as CSV in UTF-8") from None
    if len(found) < 2:
        raise DataError(f"{path} has no lines below its header; the first line names the columns, each other an image")
    return found


def _check_header(names: list[str], dataset: config.Csv, path: Path) -> None:
    known = ", ".join(filter(None, names))
    if dataset.image not in names:
        raise DataError(f"{path} has no column {dataset.image} of paths; set dataset.image to one of {known}")
    if "label" in dataset.model_fields_set and dataset.label not in names:
        raise DataError(f"{path} has no column {dataset.label} of labels; set dataset.label to one of {known}")
    for name in names:
        if name and names.count(name) > 1:
            raise DataError(f"{path} has two columns called {name}; rename one")
        if "/" in name or "\0" in name or len(name.encode()) > 100 or set(name) == {"."}:
            raise DataError(f"{path}: a column cannot be called {name[:100]!r} in a cache; rename it")


def _inside(table: Path, line: int, name: str, outside: bool) -> str:
    """The file's path. Links are followed, so that none leads out."""
    path = os.path.join(table.parent, name)  # noqa: PTH118
    if not name or "\0" in name:
        raise DataError(f"{table}:{line}: there is no path; mend that line")
    home = os.path.realpath(table.parent)
    if not outside and os.path.commonpath([home, os.path.realpath(path)]) != home:
        raise DataError(f"{table}:{line}: {name} lies outside of {table.parent}; set dataset.outside: true to allow it")
    return path


def _labels(texts: list[str]) -> NDArray[np.generic]:
    """Numbers where all are whole ones, -1 for the empty, else the texts."""
    numbers = list(_whole(texts))
    return np.array(numbers) if len(numbers) == len(texts) and max(numbers) >= 0 else np.array(texts, object)


def _whole(texts: list[str]) -> Iterator[int]:
    for text in texts:
        if not text:
            yield -1
        elif text.isascii() and text.isdigit() and len(text) < 10:
            yield int(text)


def _typed(column: list[str]) -> NDArray[np.generic]:
    """Whole numbers, numbers (NaN where a cell is empty), or texts."""
    try:
        if "" not in column:
            return np.array(column).astype(np.int64)
    except (ValueError, OverflowError):
        pass
    try:
        return np.array([cell or "nan" for cell in column]).astype(np.float64)
    except ValueError:
        return np.array(column, object)
