"""Kernel, stride and padding of a convolution or a pooling, as its parameters tell them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seeinin.precompute.caffe.refused import Misfit, Unsupported

Pair = tuple[int, int]  # of y and x


def window(told: Any) -> tuple[Pair, Pair, Pair]:
    """Kernel, stride and padding. Raises Misfit and Unsupported."""
    kernel, stride = _given(told, "kernel_size", "kernel", 0), _given(told, "stride", "stride", 1)
    if min(*kernel, *stride) < 1:
        raise Misfit(f"cannot have a kernel of {kernel} with a stride of {stride}")
    return kernel, stride, _given(told, "pad", "pad", 0)


def pair(values: Sequence[int], default: int) -> Pair:
    """One value for both axes, or one for each."""
    if len(values) > 2:
        raise Unsupported(f"along {len(values)} axes")
    return (values[0], values[-1]) if values else (default, default)


def _given(told: Any, name: str, short: str, default: int) -> Pair:
    """As a list, or as …_h and …_w."""
    if told.HasField(f"{short}_h") or told.HasField(f"{short}_w"):
        return getattr(told, f"{short}_h"), getattr(told, f"{short}_w")
    return pair(getattr(told, name), default)
