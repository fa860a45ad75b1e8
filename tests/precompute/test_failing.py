"""Networks and datasets that raise what they like, or leave the program: always a sentence, never a silent end."""

import os
import signal
import sys
import warnings
from unittest import mock

import numpy as np
import pytest
import torch
from torch import nn

from seeinin.errors import ModelError, Terminated
from seeinin.precompute import hooks, model
from seeinin.precompute.capture import capture
from seeinin.precompute.reading.task import answer
from seeinin.precompute.run import precompute
from seeinin.precompute.stopping import stoppable
from tests.precompute.networks import conv


class Sized(nn.Module):
    """What it reads depends on what it is given; NaN gives no number at all."""

    def __init__(self):
        super().__init__()
        self.first, self.second = conv(1, 4), conv(4, 4)

    def forward(self, x):
        x = self.first(x)
        return self.second(x[:, :, : 4 + int(x.sum()) * 0])


def test_sizes_that_depend_on_values_need_no_nan(caplog):
    network, images = Sized().eval(), torch.rand(3, 1, 8, 8)
    found = capture(network, images).chosen()
    assert "does not run on NaN (cannot convert float NaN to integer)" in caplog.text
    assert [(layer.name, layer.shape, layer.y.size) for layer in found.layers] == [
        ("first", (4, 6, 6), 8),
        ("second", (4, 2, 4), 8),
    ]
    with torch.no_grad():
        torch.testing.assert_close(found.run(images)[1], network(images))


class Shrinking(Sized):
    """Of another size where there are NaN."""

    def forward(self, x):
        x = self.first(x)
        return self.second(x[..., 1:] if bool(x.isnan().any()) else x)


def test_sizes_that_nan_changes_are_not_taken_from_it():
    layers = hooks.capture(Shrinking().eval(), torch.rand(3, 1, 8, 8)).layers
    assert [(layer.shape, layer.x.size) for layer in layers] == [((4, 6, 6), 3), ((4, 4, 4), 8)]


class Leaving(nn.Module):
    """Leaves the program when `when(x)`."""

    def __init__(self, when):
        super().__init__()
        self.conv, self.when = conv(1, 2), when

    def forward(self, x):
        if self.when(x):
            sys.exit(0)
        return self.conv(x)


@pytest.mark.parametrize(
    ("when", "words"),
    [
        (lambda x: True, r"cannot take images of 1 × 8 × 8 .*sys.exit\(0\)"),
        (lambda x: len(x) == 1, None),
        (lambda x: not torch.is_tensor(x) or torch.compiler.is_exporting(), None),
        (lambda x: bool(x.isnan().any()), None),
    ],
    ids=["always", "alone", "traced", "NaN"],
)
def test_a_network_that_leaves_the_program(when, words, caplog):
    network, images = Leaving(when).eval(), torch.rand(3, 1, 8, 8)
    if words:
        with pytest.raises(ModelError, match=words):
            capture(network, images)
    else:
        assert [layer.name for layer in capture(network, images).chosen().layers] == ["conv"]
        assert "its code leaves the program by sys.exit(0)" in caplog.text


def failing(x):
    raise KeyError("fifty")


@pytest.mark.parametrize(
    ("fail", "words"), [(lambda x: sys.exit(0), r"leaves the program by sys.exit\(0\)"), (failing, "KeyError 'fifty'")]
)
def test_the_image_is_named_that_a_network_fails_on_in_the_midst(fail, words, tmp_path, monkeypatch):
    """What was done before is kept, and gone on with."""
    monkeypatch.setattr("seeinin.precompute.job.UNIT_BYTES", 1)
    pixels = np.random.default_rng(0).integers(0, 200, (300, 8, 8), np.uint8)
    bad = int(np.random.default_rng(0).permutation(300)[290])
    pixels[bad, 0, 0] = 255
    network = Leaving(lambda x: float(x.max()) == 255 and fail(x)).eval()

    def run():
        return precompute(network, (pixels, None), tmp_path / "x.h5", batch_size=8, progress=False)

    with pytest.raises(ModelError, match=rf"^image {bad}: the network fails on some images.*{words}.*same command"):
        run()
    assert (tmp_path / "x.h5.partial").exists()
    network.when, seen = lambda x: float(x.max()) > 255, []
    network.conv.register_forward_pre_hook(lambda _, given: seen.append(len(given[0])))
    assert run().exists()
    assert sum(seen) < 300


class Crowded(nn.Module):
    """Fails on no image alone."""

    def __init__(self):
        super().__init__()
        self.conv = conv(1, 2)

    def forward(self, x):
        if float(x.amax((1, 2, 3)).sum()) == 501:
            raise ValueError("too bright")
        return self.conv(x)


def test_where_it_takes_several_the_batch_is_named(tmp_path):
    pixels, order = np.zeros((300, 8, 8), np.uint8), np.random.default_rng(0).permutation(300)
    pixels[order[288], 0, 0], pixels[order[295], 0, 0] = 250, 251
    with pytest.raises(ModelError, match=rf"^images {order[288]} to {order[295]} of a batch: .*too bright"):
        precompute(Crowded().eval(), (pixels, None), tmp_path / "x.h5", batch_size=8, progress=False)


def test_sigterm_is_not_taken_for_an_exit_of_the_network(monkeypatch):
    def terminate(*_):
        raise Terminated(143)

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        network = Leaving(lambda x: os.kill(os.getpid(), signal.SIGTERM)).eval()
        with pytest.raises(Terminated) as caught:
            capture(network, torch.rand(3, 1, 8, 8))
    finally:
        signal.signal(signal.SIGTERM, before)
    assert caught.value.code == 143


def test_python_is_told_of_sigterm_by_the_same_exception(capfd):
    with stoppable() as stop:
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(Terminated) as caught:
            stop.check()
    assert caught.value.code == 143


class Departing:
    """A dataset one of whose images leaves the program."""

    def __len__(self):
        return 3

    def __getitem__(self, number):
        return sys.exit(0) if number == 1 else (np.zeros((8, 8), np.uint8), 0)


def test_an_image_that_leaves_the_program_is_counted_as_unreadable(tmp_path):
    with pytest.raises(Exception, match=r"1 of 3 images cannot be read \(image 1 SystemExit: 0\)"):
        precompute(conv(1, 2), Departing(), tmp_path / "x.h5", progress=False)


def test_sigterm_while_an_image_is_read_is_no_fault_of_the_image():
    def terminated(item):
        raise Terminated(143)

    with pytest.raises(Terminated):
        answer(mock.Mock(look=terminated), 1, None)


@pytest.mark.parametrize("made", [torch.Tensor.to_sparse, lambda y: torch.nested.nested_tensor(list(y))])
def test_outputs_that_are_no_plain_tensors_cannot_be_compared(made):
    network = nn.Sequential(conv(1, 2)).eval()
    network.register_forward_hook(lambda _, given, output: made(output))
    with warnings.catch_warnings(action="ignore"):
        assert "0" in [layer.name for layer in capture(network, torch.rand(3, 1, 8, 8)).chosen().layers]


def test_weights_that_are_none_are_refused():
    with pytest.raises(ModelError, match=r"has no 0\.weight yet; it is lazy: give it images once"):
        model.unwrapped(nn.Sequential(nn.LazyConv2d(4, 3)))
    with warnings.catch_warnings(action="ignore"):
        quantized = torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(4, 2)), {nn.Linear})
    with pytest.raises(ModelError, match="which is no tensor; return it as it was before it was quantized"):
        model.unwrapped(quantized)
