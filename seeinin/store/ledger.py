"""What the lines of the journals add up to: which units and layers count, and their CRC32s."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from seeinin.store.checksums import checksum
from seeinin.store.format import layer_path, pieces
from seeinin.store.journal import Record
from seeinin.store.layout import Layout

Checksums = Mapping[str, NDArray[np.uint32]]


class Ledger:
    """`committed` are units of maps, `derived` layers, and `checksums` the CRC32s of all that counts, by dataset.

    `batches` are the images that went through the network at once, for units that were ever committed; 0 if not known.
    """

    def __init__(self, layout: Layout) -> None:
        self._places = layout.places
        self.committed: set[int] = set()
        self.derived: set[int] = set()
        self.batches: dict[int, int] = {}
        self.checksums = {path: np.zeros(pieces(place), np.uint32) for path, place in layout.places.items()}
        for path, array in layout.given.items():
            self.checksums[path][...] = checksum(array)

    def apply(self, record: Record) -> None:
        """Take a line of a journal for granted."""
        unit = record.get("unit")
        for path, digits in record.get("crc", {}).items():
            table, found = self.checksums[path], np.frombuffer(bytes.fromhex(digits), np.uint32)
            if unit is None:
                table[...] = found.reshape(table.shape)
            else:
                first = record["row"] // (self._places[path].piece or 1)
                table[first : first + len(found)] = found
        if unit is not None:
            self.committed.add(unit)
            self.batches[unit] = record["batch"]
        if "layer" in record:
            self.derived.add(record["layer"])
        if "lost" in record:
            self.committed.discard(record["lost"])
            self.derived.clear()  # maps that are computed again may differ in their last bits

    @property
    def missing(self) -> set[int]:
        """The units that are still to be committed."""
        return set(range(len(self.checksums["images/valid"]))) - self.committed

    @property
    def underived(self) -> dict[int, int]:
        """The layers that are still to be derived, and the bytes of their maps."""
        sizes: dict[int, int] = {}
        while (place := self._places.get(f"{layer_path(len(sizes))}/maps")) is not None:
            sizes[len(sizes)] = place.nbytes
        return {layer: size for layer, size in sizes.items() if layer not in self.derived}


def encoded(checksums: Checksums) -> dict[str, str]:
    """CRC32s by dataset as a line of the journal has them."""
    return {path: table.tobytes().hex() for path, table in checksums.items()}
