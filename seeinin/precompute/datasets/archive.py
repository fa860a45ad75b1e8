"""A NumPy archive."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import numpy as np

from seeinin import config
from seeinin.errors import DataError
from seeinin.precompute import files
from seeinin.precompute.datasets.memory import Images, images

# What a damaged archive makes NumPy and zipfile raise.
DAMAGE = (
    ValueError, TypeError, AttributeError, KeyError, SyntaxError, RuntimeError, NotImplementedError, MemoryError,
    OverflowError, EOFError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def npz(dataset: config.Npz) -> Images:
    """A NumPy archive with `images` uint8 (N, h, w[, c]) and, where it has them, `labels` and `classes`."""
    files.check(path := Path(dataset.path), cure := "correct dataset.path", DataError)
    try:
        with files.reading(path, cure, DataError), path.open("rb") as file:
            if not zipfile.is_zipfile(file):  # of which NumPy would say to unpickle it
                raise zipfile.BadZipFile("it is no zip file, or cut short")
            file.seek(0)
            archive = np.load(file, allow_pickle=False)
            for packed in archive.zip.infolist():
                files.check_memory(path, packed.file_size)
            arrays = {name: archive[name] for name in ("images", "labels", "classes") if name in archive}
    except DAMAGE as error:
        why = "arrays of Python objects are refused" if "allow_pickle" in str(error) else error
        raise DataError(
            f"{dataset.path} is not a NumPy archive of plain arrays ({why}); "
            "save it as np.savez(path, images=…, labels=…)"
        ) from None
    if "images" not in arrays:
        raise DataError(f"{dataset.path} holds no array called images; save it as np.savez(path, images=…, labels=…)")
    classes = dataset.classes or tuple(str(name) for name in np.atleast_1d(arrays.get("classes", ())).tolist())
    return images(arrays["images"], arrays.get("labels"), classes, dataset.path)
