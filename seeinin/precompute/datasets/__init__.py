"""The images of a run, from every source that a config can name, or from Python objects; refused in words."""

from __future__ import annotations

from seeinin import config
from seeinin.precompute.datasets.archive import npz
from seeinin.precompute.datasets.digits import digits
from seeinin.precompute.datasets.folder import folder
from seeinin.precompute.datasets.idx import idx
from seeinin.precompute.datasets.memory import Images
from seeinin.precompute.datasets.objects import called, wrap
from seeinin.precompute.datasets.rows import Batch, Rows
from seeinin.precompute.datasets.table import table
from seeinin.precompute.datasets.unread import Unread

__all__ = ["Batch", "Images", "Rows", "Unread", "load", "wrap"]


def load(dataset: config.Dataset) -> Images | Unread:
    """The dataset that a config names; DataError says which file is wrong and how."""
    match dataset:
        case config.Digits():
            return digits(dataset.classes)
        case config.Idx():
            return idx(dataset)
        case config.Npz():
            return npz(dataset)
        case config.Folder():
            return folder(dataset)
        case config.Csv():
            return table(dataset)
        case config.TorchDataset():
            return called(dataset)
