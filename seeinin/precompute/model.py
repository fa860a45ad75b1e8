"""The user's network: the callable that a config names, called.

A config that names Python code runs it; this is the only place where it does.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn

from seeinin import config
from seeinin.errors import ModelError
from seeinin.precompute import caffe, exported, files, onnx
from seeinin.precompute.failing import staying
from seeinin.precompute.weights import load_weights
from seeinin.wording import plain


def load(model: config.AnyModel) -> nn.Module:
    """The network with its weights, ready for inference; ModelError says what does not fit."""
    if isinstance(model, config.CaffeModel):
        return caffe.load(Path(model.network), Path(model.weights))
    if isinstance(model, config.ExportedModel):
        return exported.load(Path(model.network))
    if isinstance(model, config.OnnxModel):
        return onnx.load(Path(model.network))
    network = call(model.target, model.arguments)
    if not isinstance(network, nn.Module):
        raise ModelError(f"{model.target} gave a {type(network).__name__}, not a torch.nn.Module; return the network")
    network = unwrapped(network)
    if model.weights is not None:
        load_weights(network, Path(model.weights))
    return network.eval()


def unwrapped(network: nn.Module) -> nn.Module:
    """The network itself, out of what torch.compile and training on several GPUs put around it.

    Raises ModelError where it is TorchScript, or holds what is no weight yet, or no more.
    """
    while isinstance(network, nn.DataParallel | nn.parallel.DistributedDataParallel) or hasattr(network, "_orig_mod"):
        network = getattr(network, "_orig_mod", None) or network.module
    if isinstance(network, torch.jit.ScriptModule):
        raise ModelError(
            "the network is TorchScript, in which no layers can be seen; return the module that it was made from, "
            "or export that with torch.export (source: exported)"
        )
    for name, value in network.state_dict().items():
        if not torch.is_tensor(value):
            raise ModelError(
                f"the network holds {name}, which is no tensor; return it as it was before it was quantized"
            )
        if isinstance(value, nn.parameter.UninitializedTensorMixin):
            raise ModelError(f"the network has no {name} yet; it is lazy: give it images once before it is returned")
    return network


def call(target: str, arguments: dict[str, Any]) -> Any:
    """What FILE.py:CALLABLE or package.module:CALLABLE returns for `arguments`."""
    place, _, name = target.rpartition(":")
    from_file = place.endswith(".py")
    with _neighbours_importable(Path(place).parent.resolve()) if from_file else contextlib.nullcontext():
        try:
            function = getattr(_from_file(Path(place)) if from_file else _from_package(place), name)
        except AttributeError:
            raise ModelError(f"{place} defines no {name}; correct the target {target}") from None
        try:
            with staying():
                return function(**arguments)
        except Exception as error:  # it is anybody's code; --debug shows where it failed
            raise ModelError(f"{target} failed with {type(error).__name__}: {plain(str(error))}") from error


def _from_package(name: str) -> ModuleType:
    try:
        with staying():
            return importlib.import_module(name)
    except ImportError as error:
        raise ModelError(f"the module {name} cannot be imported: {error}; install it, or name a FILE.py") from error
    except Exception as error:  # as torchvision's, where it was built for another torch
        raise ModelError(
            f"the module {name} cannot be imported: {type(error).__name__}: {plain(str(error))}"
        ) from error


def _from_file(path: Path) -> ModuleType:
    files.check(path, "correct the target in the config", ModelError)
    spec = importlib.util.spec_from_file_location(f"seeinin_user_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses and typing look a class's module up while it is defined
    try:
        with staying():
            spec.loader.exec_module(module)
    except Exception as error:  # it is anybody's code; --debug shows where it failed
        raise ModelError(f"{path} cannot be run: {type(error).__name__}: {plain(str(error))}") from error
    finally:
        del sys.modules[spec.name]
    return module


@contextlib.contextmanager
def _neighbours_importable(folder: Path) -> Iterator[None]:
    """Let a file import its neighbours, and afterwards leave the interpreter's imports as they were."""
    before = set(sys.modules)
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(str(folder))
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None)
            if file and Path(file).resolve().is_relative_to(folder):
                del sys.modules[name]
