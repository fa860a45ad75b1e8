"""A small cache with known values for windows to open."""

import numpy as np

from seeinin.geometry import fields
from seeinin.store.format import CacheSpec, Field, LayerSpec
from seeinin.store.writer import Writer

IMAGES, SIDE = 90, 8
CLASSES = ("cat", "dog", "frog")


def layer(name, shape):
    """A layer of a grid of the image's own size (3 × 3 fields), or of none."""
    axis = fields.window(fields.image(SIDE), SIDE, 3, padding=1)
    rf, home = (axis.rf, axis.home) if shape[1] > 1 else (np.array([[0, SIDE - 1]], np.int32),) * 2
    size = 3 if shape[1] > 1 else SIDE
    field = Field((size, size), (1, 1), (-1, -1) if shape[1] > 1 else (0, 0))
    return LayerSpec(name, "conv2d", shape, "float32", rf, rf, home, home, field)


LAYERS = (layer("conv", (4, SIDE, SIDE)), layer("fc", (6, 1, 1)), layer("out", (2, 1, 1)))


def written(
    path, *, classes=CLASSES, names=None, seed=0, layers=LAYERS, images=IMAGES, present=None, change=lambda maps: None
):
    """Random activations, drawn apart by class so that a lasso has something to find.

    `present`: the classes that have images, if not all; `change` gets the maps of all layers before they are written.
    """
    random = np.random.default_rng(seed)
    some = np.arange(len(classes)) if present is None else np.asarray(present)
    label = (some[random.integers(0, len(some), images)] if len(some) else np.full(images, -1)).astype(np.int32)
    spec = CacheSpec(
        layers=layers,
        pixel_shape=(SIDE, SIDE, 1),
        index=random.permutation(images).astype(np.int64),
        label=label,
        names=names or [f"image {n}.png" for n in range(images)],
        extra={},
        classes=tuple(classes),
        predicts=False,
        config="",
        graph="{}",
        fingerprint="test",
        unit=30,
    )
    maps = [
        (random.normal(size=(images, *one.shape)) + 3 * (label[:, None, None, None] % 5)).astype(np.float32)
        for one in layers
    ]
    change(maps)
    pixels = random.integers(0, 256, (images, SIDE, SIDE, 1)).astype(np.uint8)
    with Writer.open(path, spec) as writer:
        for number, rows in enumerate(writer.units):
            part = slice(rows.start, rows.stop)
            writer.commit(number, pixels=pixels[part], valid=np.ones(len(rows), bool), maps=[m[part] for m in maps])
        writer.derive()
        writer.seal()
    return path
