"""The benchmarks' own machinery: rows and their verdicts, and peers that are missing, crash or paint something else."""

import importlib
import json
import os
from functools import partial
from importlib.util import find_spec

import numpy as np
import pytest

from benchmarks import painters
from benchmarks.__main__ import NAMES
from benchmarks.ours import seeinin_frame
from benchmarks.peers import started, versus
from benchmarks.report import Row, table
from benchmarks.scene import Scene, same_dots


def test_every_benchmark_is_there():
    assert all(find_spec(f"benchmarks.{name}") for name in NAMES)


@pytest.mark.parametrize(("theirs", "ratio", "met"), [(100.0, 0.04, True), (40.0, 0.1, False), (None, None, None)])
def test_a_row_tells_whether_a_promise_is_kept(theirs, ratio, met):
    row = Row("render", "a case", 4.0, "ms", "a peer", theirs, 1 / 20, "a note")
    told = json.loads(json.dumps(row.as_json()))
    keys = ["benchmark", "case", "ours", "unit", "peer", "theirs", "promise", "note", "ratio", "met"]
    assert (list(told), told["ratio"], told["met"]) == (keys, ratio, met)
    assert Row.from_json(told) == row
    words = {True: "met", False: "**missed**", None: "| a note |"}
    assert words[met] in table([row])


@pytest.fixture(scope="module")
def scene():
    return Scene(side=2, points=300)


def test_ours_lights_the_pixels_that_numpy_says(scene):
    np.testing.assert_array_equal(seeinin_frame(scene)()[..., :3].any(axis=2), scene.lit)


def test_same_dots_forgives_a_pixel_and_no_more(scene):
    lit = np.zeros_like(scene.lit)
    lit[500, 400:440] = True
    for shift, same in ((0, True), (1, True), (2, False)):
        assert same_dots(lit, np.roll(lit, shift, axis=0)[..., None].astype(np.uint8)) == same
    assert not same_dots(lit, np.zeros((*lit.shape, 3), np.uint8))


def test_a_peer_that_cannot_be_measured_is_a_row_that_says_so(scene):
    def row(ours, peer, theirs, note):
        return Row("render", "a case", ours, "ms", peer, theirs, note=note)

    def measured(painter, same, given=scene):
        return versus(row, seeinin_frame(scene), started({"peer": painter}, given), same, rounds=1)[0]

    right = measured(painters.matplotlib_pixels, partial(same_dots, scene.lit))
    assert right.theirs > 0 == len(right.note)
    for painter, same, given, note in (
        (painters.matplotlib_pixels, partial(same_dots, ~scene.lit), scene, "paints other dots"),
        (partial(importlib.import_module, "no_such_library"), bool, scene, "No module named 'no_such_library'"),
        (os._exit, bool, 3, "crashed: exit status 3"),
    ):
        found = measured(painter, same, given)
        assert (found.theirs, found.ratio) == (None, None)
        assert found.ours > 0
        assert note in found.note
