"""Networks as people have them: wrapped, recurrent, of other types, particular about what they are given."""

import logging
from dataclasses import dataclass

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from seeinin import config
from seeinin.errors import ModelError
from seeinin.precompute import exported, model, preprocess, trace
from seeinin.precompute.capture import capture
from tests.precompute.networks import conv


class Patches(nn.Module):
    """Patch tokens in a module of torch that mixes them all."""

    def __init__(self, mixing, classes):
        super().__init__()
        self.embed, self.mix, self.classes = conv(1, 8, 4, stride=4), mixing, classes
        self.cls = nn.Parameter(torch.rand(1, classes, 8))

    def tokens(self, x):
        x = self.embed(x).flatten(2).transpose(1, 2)
        return torch.cat([self.cls.expand(x.shape[0], -1, -1), x], 1) if self.classes else x

    def forward(self, x):
        x = self.mix(self.tokens(x))
        if isinstance(self.mix, nn.LSTM):
            steps, (state, _) = x
            return steps, state[-1]
        return x


def block():
    return nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)


@pytest.mark.parametrize(("mixing", "classes"), [(block, 1), (lambda: nn.TransformerEncoder(block(), 2), 0)])
def test_a_block_of_torch_keeps_the_grid(mixing, classes, caplog):
    network, images = Patches(mixing(), classes).eval(), torch.rand(3, 1, 12, 16)
    with torch.no_grad():
        expected = network.mix(network.tokens(images))
        found = capture(network, images).chosen(["mix*"])
        patches, *beside = found.run(images)
    torch.testing.assert_close(patches.flatten(2).movedim(1, 2), expected[:, classes:])
    assert len(beside) == classes
    for i, token in enumerate(beside):
        torch.testing.assert_close(token[..., 0, 0], expected[:, i])
    assert [(layer.y.size, layer.x.size) for layer in found.layers] == [(12, 16)] * (1 + classes)
    assert "cannot be followed" not in caplog.text


@pytest.mark.parametrize("both", [False, True])
def test_an_lstm_keeps_the_grid_and_its_last_state_the_images(both, caplog):
    network = Patches(nn.LSTM(8, 5, batch_first=True, bidirectional=both), 0).eval()
    images = torch.rand(3, 1, 12, 16)
    with torch.no_grad():
        expected, (state, _) = network.mix(network.tokens(images))
        found = capture(network, images)
        steps, last = found.chosen(["mix", "mix_1"]).run(images)
    torch.testing.assert_close(steps.flatten(2).movedim(1, 2), expected)
    torch.testing.assert_close(last.flatten(1), state.movedim(1, 0).flatten(1))
    assert "no layers" not in caplog.text


def test_attention_among_few_tokens_is_followed(caplog):
    """Torch's fused attention makes 0 of NaN where there are fewer than 16 of them."""
    network, images = Patches(block(), 1).eval(), torch.rand(3, 1, 12, 16)
    with torch.no_grad():
        found = trace.capture(exported.export(network, images), images)
    attention = [layer for layer in found.layers if layer.name.startswith("scaled_dot_product_attention")]
    assert [layer.shape for layer in attention] == [(8, 3, 4), (8, 1, 1)]
    assert "lets no NaN through" not in caplog.text


class Masked(nn.Module):
    """Comparisons let no NaN through, and yet see but what they compare."""

    def __init__(self):
        super().__init__()
        self.conv = conv(1, 2, 3)

    def forward(self, x):
        x = self.conv(x)
        x = torch.where((x > 0) & ~(x >= 0.5), x, x.exp() - 1)
        return x.masked_fill(x == 0, 1.0).nan_to_num()


def test_comparisons_keep_the_field(caplog):
    layers = {layer.name: layer for layer in capture(Masked(), torch.rand(2, 1, 9, 8)).layers}
    for name in ("where", "masked_fill", "nan_to_num"):
        assert (layers[name].y.size, layers[name].y.stride, layers[name].y.first) == (3, 1, 0)
    assert not caplog.text


@pytest.mark.filterwarnings("ignore:.*jit:DeprecationWarning")
@pytest.mark.parametrize("wrap", [torch.compile, nn.DataParallel, lambda x: torch.compile(nn.DataParallel(x))])
def test_out_of_its_wrapping(wrap):
    network = nn.Sequential(conv(1, 2), nn.ReLU())
    assert model.unwrapped(wrap(network)) is network


@pytest.mark.filterwarnings("ignore:.*jit:DeprecationWarning")
def test_torchscript_is_refused():
    with pytest.raises(ModelError, match=r"TorchScript.*return the module"):
        model.unwrapped(torch.jit.trace(conv(1, 2), torch.rand(1, 1, 5, 5), check_trace=False))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_images_have_the_type_of_the_weights(dtype):
    network = nn.Sequential(conv(1, 2), nn.ReLU()).to(dtype)
    steps = preprocess.fit(config.Preprocess(scale=1 / 255), network, 1, torch.device("cpu"))
    images = steps(torch.randint(256, (2, 8, 8, 1), dtype=torch.uint8).numpy())
    assert images.dtype == dtype
    with torch.no_grad():
        torch.testing.assert_close(capture(network, images).chosen(["1"]).run(images)[0], network(images))


class Squeezing(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.head = conv(1, 4), nn.Linear(4, 3)

    def forward(self, x):
        return self.head(F.adaptive_avg_pool2d(self.conv(x), 1).squeeze())


def test_a_network_that_loses_the_axis_of_a_single_image():
    network, images = Squeezing().eval(), torch.rand(3, 1, 8, 8)
    with torch.no_grad():
        (one,) = capture(network, images).chosen(["head"]).run(images[:1])
        torch.testing.assert_close(one[..., 0, 0], network(images)[:1])


class Centred(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = conv(1, 4)

    def forward(self, x):
        x = self.conv(x)
        return x - x.mean(0)


def test_it_is_said_where_images_depend_on_each_other(caplog):
    capture(Centred(), torch.rand(3, 1, 8, 8))
    assert "depends on the others in its batch" in caplog.text
    caplog.clear()
    capture(Squeezing(), torch.rand(3, 1, 8, 8))
    assert "depends" not in caplog.text


class Optional(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = conv(1, 4)

    def forward(self, x, mask=None, *, scale=2.0):
        x = self.conv(x) * scale
        return x if mask is None else x * mask


def test_what_forward_may_be_given_besides_is_left_as_it_is(caplog, capsys):
    network, images = Optional(), torch.rand(3, 1, 8, 8)
    with caplog.at_level(logging.INFO):
        found = capture(network, images)
    assert [record.getMessage() for record in caplog.records] == ["torch.fx found 2 layers"]
    assert capsys.readouterr().err == ""  # torch prints a traceback where a graph fails
    with torch.no_grad():
        torch.testing.assert_close(found.chosen(["mul"]).run(images)[0], network(images))


@dataclass
class Answer:
    logits: torch.Tensor
    hidden: dict[str, torch.Tensor]


class Answering(nn.Module):
    """Returns its tensors in a dataclass of its own."""

    def __init__(self):
        super().__init__()
        self.first, self.second = conv(1, 4), conv(4, 4)

    def forward(self, x):
        x = F.mish(self.first(x))
        return Answer(self.second(x).mean((2, 3)), {"mish": x})


def test_an_answer_in_a_dataclass_is_traced(caplog):
    network, images = Answering().eval(), torch.rand(3, 1, 8, 8)
    with caplog.at_level(logging.INFO):
        found = capture(network, images).chosen()
    assert [record.getMessage() for record in caplog.records] == ["torch.fx found 4 layers"]
    assert [layer.name for layer in found.layers] == ["first", "mish", "second", "mean"]
    with torch.no_grad():
        _, mish, _, mean = found.run(images)
        answer = network(images)
    torch.testing.assert_close(mish, answer.hidden["mish"])
    torch.testing.assert_close(mean[..., 0, 0], answer.logits)


class Two(nn.Module):
    def forward(self, x, y):
        return x + y


def test_a_second_input_is_named():
    with pytest.raises(ModelError, match="does not take images alone: missing a required argument: 'y'"):
        capture(Two(), torch.rand(2, 1, 8, 8))


class Until(nn.Module):
    """As many steps as it takes; none for NaN."""

    def __init__(self):
        super().__init__()
        self.first, self.step = conv(1, 4), conv(4, 4, padding=1)

    def forward(self, x):
        x, steps = self.first(x), 0
        while x.abs().max() > 0 and steps < 2:
            x, steps = self.step(x).tanh(), steps + 1
        return x


def test_layers_that_do_not_run_on_nan_see_the_whole_image():
    network, images = Until().eval(), torch.rand(3, 1, 8, 8)
    found = capture(network, images).chosen()
    assert [(layer.name, layer.y.size) for layer in found.layers] == [("first", 3), ("step", 8), ("step_1", 8)]
    with torch.no_grad():
        first, step, _ = found.run(images)
        torch.testing.assert_close(step, network.step(first))
    calm = capture(network, images).chosen(["first"])  # and those that always run can be had by themselves
    with torch.no_grad():
        network.first.weight.zero_(), network.first.bias.zero_()
        assert not calm.run(images)[0].any()
        with pytest.raises(ModelError, match=r"other layers for some images than for others \(step, step_1\)"):
            found.run(images)


class Fourier(nn.Module):
    """Every value sees every other, so that rows cannot be followed."""

    def forward(self, x):
        return torch.fft.irfft2(torch.fft.rfft2(x) * 2, s=x.shape[-2:])


def test_the_grid_of_maps_can_be_told():
    images = torch.rand(3, 1, 6, 8)
    assert capture(Fourier(), images).layers[-1].shape == (48, 1, 1)
    (layer,) = capture(Fourier(), images, config.Layers(grid=(6, 8))).layers
    assert (layer.shape, layer.y.size, layer.x.size) == ((1, 6, 8), 6, 8)


class Autocast(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = conv(1, 4), conv(4, 4)

    def forward(self, x):
        with torch.autocast("cpu", torch.bfloat16):
            return self.second(self.first(x))


def test_what_torch_export_hides_is_hooked():
    network, images = Autocast().eval(), torch.rand(3, 1, 8, 8)
    found = capture(network, images).chosen()
    assert [layer.name for layer in found.layers] == ["first", "second"]
    with torch.no_grad():
        torch.testing.assert_close(found.run(images)[1], network(images))
