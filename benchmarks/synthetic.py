"""Caches of layers of a given size, made up of clusters, by the writer of the store; kept for the next run."""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seeinin.geometry.fields import Field
from seeinin.store.format import CacheSpec, LayerSpec
from seeinin.store.writer import Writer

ROOT = Path(__file__).parent.parent
CLASSES = 10
PIXELS = (32, 32, 1)

Shape = tuple[int, int, int]


def cache_of_layers(name: str, images: int, shapes: dict[str, Shape]) -> Path:
    """The cache `bench-NAME.h5` of float16 layers (D, H, W), made when it is not there yet."""
    path = ROOT / "cache" / f"bench-{name}.h5"
    if not path.exists():
        print(f"making {path.name}", file=sys.stderr)
        _write(path, images, shapes)
    return path


def _write(path: Path, images: int, shapes: dict[str, Shape]) -> None:
    rng = np.random.default_rng(0)
    label = rng.integers(0, CLASSES, images).astype(np.int32)
    centres = {name: rng.normal(size=(CLASSES, shape[0], 1, 1)).astype(np.float32) for name, shape in shapes.items()}
    with Writer.open(path, _spec(label, shapes), overwrite=True) as writer:
        for unit, rows in enumerate(writer.units):
            of = label[rows.start : rows.stop]
            maps = [_maps(rng, centres[name][of], shape) for name, shape in shapes.items()]
            writer.commit(unit, pixels=rng.integers(0, 256, (len(of), *PIXELS), np.uint8), valid=of >= 0, maps=maps)
        writer.derive()
        writer.seal()


def _maps(rng: np.random.Generator, centre: NDArray[np.float32], shape: Shape) -> NDArray[np.float16]:
    maps = rng.standard_normal((len(centre), *shape), np.float32)
    maps += centre
    return maps.astype(np.float16)


def _spec(label: NDArray[np.int32], shapes: dict[str, Shape]) -> CacheSpec:
    return CacheSpec(
        layers=[_layer(name, shape) for name, shape in shapes.items()],
        pixel_shape=PIXELS,
        index=np.arange(len(label)),
        label=label,
        names=[str(row) for row in range(len(label))],
        extra={},
        classes=tuple(str(k) for k in range(CLASSES)),
        predicts=False,
        config="",
        graph="{}",
        fingerprint="",
    )


def _layer(name: str, shape: Shape) -> LayerSpec:
    """Its homes are the pixels of the image, divided among its positions."""
    rows, columns = (_homes(count, side) for count, side in zip(shape[1:], PIXELS[:2], strict=True))
    return LayerSpec(name, "conv2d", shape, "float16", rows, columns, rows, columns, Field((1, 1), (1, 1), (0, 0)))


def _homes(count: int, side: int) -> NDArray[np.int32]:
    first = np.arange(count) * side // count
    last = np.maximum((np.arange(count) + 1) * side // count - 1, first)
    return np.stack([first, last], axis=1).astype(np.int32)
