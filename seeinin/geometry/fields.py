"""Receptive fields and homes as exact integer tables, one axis at a time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Field:
    """The unclipped receptive field of a layer in input pixels, each as (y, x).

    `size` pixels wide, moving by `stride` from one position to the next; that of position 0 begins at `first`.
    """

    size: tuple[int, int]
    stride: tuple[int, int]
    first: tuple[int, int]
