"""Weights: safetensors, or a state dict that torch can read without running anything."""

from __future__ import annotations

import hashlib
import pickle
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from seeinin.errors import ModelError
from seeinin.precompute import files

Weights = Mapping[str, torch.Tensor]


def load_weights(network: nn.Module, path: Path) -> None:
    """Fill `network` from the file, every key of both accounted for."""
    weights = read_weights(path)
    known = network.state_dict()
    if not weights.keys() & known.keys():
        weights = _unwrapped(weights)
    # counters of batches mean nothing outside training, and old files lack them
    missing = [key for key in known if key not in weights and not key.endswith("num_batches_tracked")]
    unexpected = [key for key in weights if key not in known]
    if missing or unexpected:
        raise ModelError(f"{path} does not fit the network: {_listed(missing, unexpected)}; name the file made from it")
    for key, value in known.items():
        if key in weights and weights[key].shape != value.shape:
            raise ModelError(
                f"{path} does not fit the network: {key} is {tuple(weights[key].shape)} in the file "
                f"but {tuple(value.shape)} in the network; check model.arguments"
            )
    network.load_state_dict({**known, **weights})


def read_weights(path: Path) -> Weights:
    """The state dict in the file, taken out of `model_state_dict`, `state_dict` or `model` where it is nested there."""
    files.check(path, cure := "correct model.weights", ModelError)
    try:
        with files.reading(path, cure, ModelError):
            content = load_file(path) if path.suffix == ".safetensors" else _torch(path)
    except SafetensorError as error:
        raise ModelError(f"{path} is cut short or not safetensors ({error}); fetch it again") from None
    for nest in ("model_state_dict", "state_dict", "model"):
        content = content[nest] if isinstance(content, Mapping) and isinstance(content.get(nest), Mapping) else content
    if not isinstance(content, Mapping) or not all(isinstance(value, torch.Tensor) for value in content.values()):
        found = ", ".join(map(str, list(content)[:5])) if isinstance(content, Mapping) else type(content).__name__
        raise ModelError(f"{path} holds no state dict but {found}; save it with torch.save(network.state_dict(), path)")
    return content


def _unwrapped(weights: Weights) -> Weights:
    """Without what DataParallel and torch.compile put before the names, one around the other or alone."""
    while weights and (prefix := next(iter(weights)).partition(".")[0]) in ("module", "_orig_mod"):
        if not all(key.startswith(f"{prefix}.") for key in weights):
            break
        weights = {key.removeprefix(f"{prefix}."): value for key, value in weights.items()}
    return weights


def fingerprint(network: nn.Module) -> str:
    """SHA-256 of every tensor of the network, whatever file or code they came from."""
    digest = hashlib.sha256()
    for key, value in network.state_dict().items():
        digest.update(f"{key} {value.dtype} {tuple(value.shape)}".encode())
        digest.update(value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()


def _torch(path: Path) -> Any:
    try:
        with warnings.catch_warnings(action="ignore"):  # of old pickle protocols: they are read or refused all the same
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if "global" not in str(error).lower():
            raise ModelError(f"{path} is not a state dict, nor safetensors; name what torch.save wrote") from None
        raise ModelError(
            f"{path} holds more than tensors, which would run code when read, so it is refused; "
            "where you trust it, save its state dict with safetensors.torch.save_file and name that file"
        ) from None
    except (RuntimeError, EOFError, ValueError, KeyError, IndexError) as error:
        reason = " ".join(str(error).split())
        if "TorchScript" in reason:  # torch would have it read without weights_only
            raise ModelError(f"{path} is TorchScript; save its state dict and name that file") from None
        raise ModelError(f"{path} looks cut short or damaged ({path.stat().st_size:,} bytes): {reason}") from None


def _listed(missing: Iterable[str], unexpected: Iterable[str]) -> str:
    """The first five of each, and how many more."""

    def first(keys: Iterable[str], what: str) -> str:
        keys = list(keys)
        more = f" and {len(keys) - 5} more" if len(keys) > 5 else ""
        return f"{what} {', '.join(keys[:5])}{more}" if keys else ""

    return "; ".join(filter(None, [first(missing, "missing"), first(unexpected, "unexpected")]))
