"""Memory that is short: what fits is computed, what was computed is known, and what never fits is named."""

import h5py
import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

import seeinin
from seeinin.errors import ModelError
from seeinin.precompute import job, pipeline

IMAGES = 37
CUDA = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.50 GiB. GPU 0 has a total capacity of 1 GiB")
CPU = RuntimeError(
    "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: not enough memory: you tried to "
    "allocate 2500000 bytes."
)


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.head = nn.Conv2d(1, 4, 3), nn.Linear(4, 3)

    def forward(self, x):
        return self.head(F.relu(self.conv(x)).mean((2, 3)))


@pytest.fixture
def network():
    torch.manual_seed(0)
    return Network().eval()


@pytest.fixture
def limit(network, monkeypatch):
    """Let a layer of the network raise for more than so many images; notes the sizes of all batches that it got."""
    sizes, forward = [], network.conv.forward

    def set_to(most, error=CUDA, module=network.conv, forward=forward):
        def hungry(x):
            if len(x) > most:
                raise type(error)(*error.args)
            sizes.append(len(x))
            return forward(x)

        monkeypatch.setattr(module, "forward", hungry)
        return sizes

    return set_to


@pytest.fixture
def run(network, tmp_path, monkeypatch):
    """Precompute the network's cache in units of one batch of 8."""
    monkeypatch.setattr(job, "UNIT_BYTES", 1)
    pixels = np.random.default_rng(0).integers(0, 256, (IMAGES, 6, 7), np.uint8)

    def write(name="x.h5", **options):
        given = {"scale": 1 / 255, "batch_size": 8, "progress": False, "dtype": "float32"} | options
        return seeinin.precompute(network, (pixels, None), tmp_path / name, **given)

    return write


@pytest.mark.parametrize("error", [CUDA, CPU, MemoryError()], ids=["cuda", "cpu", "python"])
def test_the_batch_halves_until_it_fits_and_stays(run, limit, caplog, error):
    whole = run("whole.h5")
    sizes = limit(3, error)
    with h5py.File(run()) as file, h5py.File(whole) as expected:
        assert set(file["images/batch"]) == {2}
        assert set(expected["images/batch"]) == {8}
        for maps in (f"layers/00{number}/maps" for number in range(4)):
            np.testing.assert_allclose(file[maps], expected[maps], rtol=1e-5, atol=1e-6)
    assert sizes[-19:] == [2] * 16 + [2, 2, 1]
    assert [record.getMessage() for record in caplog.records] == [
        "memory is short for 8 images at once: on with 4",
        "memory is short for 4 images at once: on with 2",
    ]


@pytest.fixture
def short_later(run, limit, monkeypatch):
    """A run whose memory becomes short in the third unit, and which is stopped at a row."""

    def write(name, stop=IMAGES):
        def fill(prepared, rows, *rest, fill=pipeline._fill):
            if rows.start == stop:
                raise KeyboardInterrupt
            limit(4 if rows.start >= 16 else 100)
            fill(prepared, rows, *rest)

        with monkeypatch.context() as patch:
            patch.setattr(pipeline, "_fill", fill)
            try:
                return run(name)
            finally:
                limit(100)

    return write


def test_a_resume_follows_the_sizes_that_were_recorded(run, short_later):
    """Even where there is more memory again."""
    whole = short_later("whole.h5")
    with pytest.raises(KeyboardInterrupt):
        short_later("x.h5", stop=32)
    path = run("x.h5")
    assert path.read_bytes() == whole.read_bytes()
    with h5py.File(path) as file:
        assert file["images/batch"][:].tolist() == [8] * 16 + [4] * 21


def test_what_is_damaged_is_computed_again_as_it_was(run, limit, short_later):
    path = short_later("x.h5")
    whole = path.read_bytes()
    with h5py.File(path) as file:
        start = file["layers/000/maps"].id.get_chunk_info(0).byte_offset
    with path.open("r+b") as file:
        for row in (3, 30):
            file.seek(start + row * 4 * 4 * 5 * 4)
            file.write(b"?")
    sizes = limit(100)
    run()
    assert sizes[-3:] == [8, 4, 4]
    assert path.read_bytes() == whole


def test_the_dry_run_halves_too(run, limit, caplog):
    sizes = limit(3)
    run(dtype="auto")
    assert caplog.text.count("memory is short") == 2
    assert set(sizes[-19:]) == {1, 2}


@pytest.mark.parametrize(
    ("error", "asked"),
    [(CUDA, r"2\.50 GiB more"), (CPU, r"2\.5 MB more"), (MemoryError(), "more")],
    ids=["cuda", "cpu", "python"],
)
def test_where_one_is_too_many_layer_and_bytes_are_named(run, limit, network, monkeypatch, error, asked):
    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "_fill", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            run()
    limit(0, error, network.head)
    with pytest.raises(
        ModelError, match=f"not even one image at a time fits in memory: layer head asks for {asked} than"
    ):
        run()
