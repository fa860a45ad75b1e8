"""Damaged inputs of a run: each is read as something that may be, or refused in one sentence that names the file."""

import importlib.util
import io
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn

from seeinin import config
from seeinin.errors import SeeInInError
from seeinin.precompute import caffe, datasets, exported, onnx
from seeinin.precompute.caffe import schema
from seeinin.precompute.reading.decoding import Entry, Files
from seeinin.precompute.reading.task import Look, Unreadable, answer
from seeinin.precompute.weights import read_weights
from tests.torture.rows import Outcome, Row

CONFIG = """\
output: cache/x.h5  # relative to where one is
model:
  source: torch
  target: models.py:Net
  arguments: {size: 28, padding: [1, 2], name: "a b", deep: {x: 1e-3}}
  weights: net.safetensors
dataset:
  source: csv
  path: ${HOME}/images.csv
  classes: [zero, no, 010, 12:30:00, ü]
  max_bad: 0.5
preprocess:
  size: [28, 28]
  mean: [0.485, 0.456, 0.406]
layers: {include: ["*"], exclude: [conv1], every: 2}
batch_size: 128
"""
PROTOTXT = """\
name: "small"
input: "data" input_shape { dim: 1 dim: 1 dim: 12 dim: 12 }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 4 kernel_size: 3 stride: 1 pad: 1 group: 1 } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool" pooling_param { pool: MAX kernel_size: 3 stride: 2 } }
layer { name: "norm" type: "LRN" bottom: "pool" top: "norm" lrn_param { local_size: 3 alpha: 0.1 } }
layer { name: "ip" type: "InnerProduct" bottom: "norm" top: "ip" inner_product_param { num_output: 3 } }
layer { name: "prob" type: "Softmax" bottom: "ip" top: "prob" }
"""
WORDS = [
    "0",
    "-1",
    "1e999",
    "99999999999",
    "[]",
    "{}",
    "null",
    "*a",
    "&a x",
    "!!python/x y",
    "'",
    '"',
    ": ",
    "- ",
    "\0",
    "\t",
]

Read = Callable[[Path], str]  # what became of it


def caffemodel() -> bytes:
    net = schema.Net()
    for name, shapes in {"conv": [(4, 1, 3, 3), (4,)], "ip": [(3, 144), (3,)]}.items():
        layer = net.layer.add(name=name, type="x")
        for shape in shapes:
            blob = layer.blobs.add(data=np.linspace(-1, 1, int(np.prod(shape))))
            blob.shape.dim.extend(shape)
    return bytes(net.SerializeToString())


@cache
def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(72, 2)).eval()


def saved(write: Callable[[io.BytesIO], object]) -> bytes:
    buffer = io.BytesIO()
    write(buffer)
    return buffer.getvalue()


def safetensors() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        save_file(network().state_dict(), Path(folder) / "w")
        return (Path(folder) / "w").read_bytes()


def program() -> bytes:
    with warnings.catch_warnings(action="ignore"):
        made = torch.export.export(network(), (torch.rand(2, 1, 8, 8),))
        return saved(lambda buffer: torch.export.save(made, buffer))


def graph() -> dict[str, bytes]:
    """In ONNX's format; nothing where its extra is not installed."""
    if importlib.util.find_spec("onnx") is None or importlib.util.find_spec("onnxruntime") is None:
        return {}
    with warnings.catch_warnings(action="ignore"):
        arguments = (network(), (torch.rand(2, 1, 8, 8),))
        return {"n.onnx": saved(lambda buffer: torch.onnx.export(*arguments, buffer, dynamo=False))}


def pictures() -> dict[str, bytes]:
    """The same picture in every format, and in modes that are converted."""
    pixels = np.random.default_rng(0).integers(0, 256, (9, 11, 3), np.uint8)
    colour = Image.fromarray(pixels)
    images = {
        "a.png": colour, "b.png": colour.quantize(16), "c.png": Image.fromarray(pixels[..., 0].astype(np.uint16) * 257),
        "d.jpg": colour, "e.jpg": colour.convert("CMYK"), "f.gif": colour.quantize(8), "g.bmp": colour, "h.ppm": colour,
        "i.tif": colour, "j.webp": colour, "k.png": colour.convert("RGBA"),
    }  # fmt: skip
    formats = Image.registered_extensions() or (Image.init(), Image.registered_extensions())[1]
    return {
        name: saved(partial(image.save, format=formats["." + name.rpartition(".")[2]]))
        for name, image in images.items()
    }


def arrays() -> dict[str, bytes]:
    pixels = np.random.default_rng(0).integers(0, 256, (3, 4, 5), np.uint8)
    head = b"\0\0\x08\x03" + np.array(pixels.shape, ">u4").tobytes()
    table = "path,label,more\n" + "".join(f"{name},{i % 2},{i / 3}\n" for i, name in enumerate("abc"))
    archive = saved(lambda buffer: np.savez(buffer, images=pixels, labels=[0, 1, 2]))
    return {"x.npz": archive, "x.idx": head + pixels.tobytes(), "x.csv": table.encode()}


def damaged(content: bytes, rng: np.random.Generator) -> bytes:
    """Cut, with other bits, with a piece elsewhere, or with a word put in."""
    data = bytearray(content)
    for _ in range(rng.integers(1, 4)):
        at = int(rng.integers(len(data) + 1))
        match rng.integers(6):
            case 0 | 1:
                for place in rng.integers(0, max(len(data), 1), rng.integers(1, 6)):
                    data[place : place + 1] = rng.bytes(1)
            case 2:
                del data[at:]
            case 3:
                del data[at : at + int(rng.integers(1, 40))]
            case 4:
                piece = bytes(data[at : at + int(rng.integers(1, 60))])
                to = int(rng.integers(len(data) + 1))
                data[to:to] = piece
            case _:
                data[at:at] = str(rng.choice(WORDS)).encode()
    return bytes(data)


def as_config(path: Path) -> str:
    config.load(path)
    return "read"


def as_prototxt(path: Path) -> str:
    caffe.load(path, path.with_name("whole.caffemodel"))
    return "read"


def as_caffemodel(path: Path) -> str:
    caffe.load(path.with_name("whole.prototxt"), path)
    return "read"


def as_weights(path: Path) -> str:
    read_weights(path)
    return "read"


def as_program(path: Path) -> str:
    exported.load(path)
    return "read"


def as_onnx(path: Path) -> str:
    onnx.load(path)
    return "read"


def as_dataset(path: Path) -> str:
    match path.suffix:
        case ".npz":
            made = config.Npz(source="npz", path=str(path))
        case ".idx":
            made = config.Idx(source="idx", images=str(path))
        case _:
            made = config.Csv(source="csv", path=str(path), workers=0)
    datasets.load(made).close()
    return "read"


def as_image(path: Path) -> str:
    """Images are never refused: they have a reason. What is read has the size that was asked for."""
    entry = Entry.of(str(path))
    look = answer(Files(), entry, None)
    if isinstance(look, Look):
        pixels = answer(Files(), entry, (7, 5, 3))
        assert isinstance(pixels, Unreadable) or (pixels.shape, pixels.dtype) == ((7, 5, 3), np.uint8)
        return "given a reason" if isinstance(pixels, Unreadable) else "read"
    assert isinstance(look, Unreadable)
    assert "\n" not in look.reason
    return "given a reason"


def cases(originals: dict[str, bytes], count: int, rng: np.random.Generator, folder: Path) -> Iterator[Path]:
    names = list(originals)
    for number in range(count if names else 0):
        name = names[number % len(names)]
        path = folder / name
        path.write_bytes(damaged(originals[name], rng))
        yield path


def run(originals: Callable[[], dict[str, bytes]], read: Read, count: int, seed: int) -> Outcome:
    rng, found, failures = np.random.default_rng(seed), Counter[str](), []
    with tempfile.TemporaryDirectory() as place, warnings.catch_warnings(action="ignore"):
        folder = Path(place)
        (folder / "whole.prototxt").write_text(PROTOTXT)
        (folder / "whole.caffemodel").write_bytes(caffemodel())
        for number, path in enumerate(cases(originals(), count, rng, folder)):
            try:
                found[read(path)] += 1
            except SeeInInError as error:
                found["refused"] += 1
                if "\n" in str(error) or path.name not in str(error):
                    failures.append(f"case {number}: the sentence is {error}")
            except Exception as error:  # noqa: BLE001 - that is what is looked for
                failures.append(f"case {number} ({path.name}): {type(error).__name__}: {error}")
    return Outcome(count, found, failures)


def row(what: str, originals: Callable[[], dict[str, bytes]], read: Read, few: int) -> Row:
    return Row(f"damaged {what}, read or refused in a sentence", partial(run, originals, read), 20 * few, few)


ROWS = [
    row("configs", lambda: {"c.yaml": CONFIG.encode()}, as_config, 250),
    row("prototxts", lambda: {"n.prototxt": PROTOTXT.encode()}, as_prototxt, 150),
    row("caffemodels", lambda: {"w.caffemodel": caffemodel()}, as_caffemodel, 150),
    row(
        "state dicts and safetensors",
        lambda: {"w.pt": saved(partial(torch.save, network().state_dict())), "w.safetensors": safetensors()},
        as_weights,
        100,
    ),
    row("exported programs", lambda: {"p.pt2": program()}, as_program, 10),
    row("ONNX networks", graph, as_onnx, 50),
    row("images", pictures, as_image, 230),
    row("archives, IDX files and tables", arrays, as_dataset, 60),
]
