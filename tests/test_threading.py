"""numba's threading layer is never entered: where libgomp is missing it would abort the process."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import seeinin
from tests.app.caches import written

SOURCE = Path(seeinin.__file__).parent

TOGETHER = """
import sys, threading
import numpy as np
import seeinin
from seeinin.geometry.matrix import Camera
from seeinin.pool import POOL
from seeinin.state.state import Place

with seeinin.Viewer(sys.argv[1], (800, 600)) as viewer:
    state, matrix, errors = viewer.state, viewer.window.matrix, []
    viewer.show_layer("conv")
    angle = np.linspace(0, 6, 200)
    for turn in range(12):
        state.jump(Camera(1.5 + turn % 3, 0.5 + turn % 2, 1.0 + turn % 2))  # refining
        box = matrix.viewport
        circle = np.stack([0.5 + 0.4 * np.cos(angle), 0.5 + 0.4 * np.sin(angle)], axis=1)
        line = (box.x, box.y) + circle * (box.width, box.height)
        matrix.hits.select_polygon((turn % 2, 1 + turn % 3), line, "add")
        for k in range(8):
            matrix.hits.hover_at(box.x + box.width * k / 8, box.y + box.height / 2)
        state.inbox.run()
    viewer.picture()
    assert state.selection is not None
print("ended well")
"""


@pytest.fixture(scope="module")
def cache_path(tmp_path_factory):
    return written(tmp_path_factory.mktemp("threads") / "small.h5")


@pytest.mark.parametrize("layer", ["workqueue", "omp, which is not there"])
def test_hover_lasso_and_refining_together(cache_path, without_display, layer, tmp_path):
    """`workqueue` aborts when two threads enter it; a layer that cannot be loaded fails as soon as one is needed."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nsys.modules['numba.np.ufunc.omppool'] = sys.modules['numba.np.ufunc.tbbpool'] = None\n"
    )
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = without_display | {"NUMBA_THREADING_LAYER": layer.partition(",")[0], "PYTHONPATH": path}
    command = [sys.executable, "-c", TOGETHER, cache_path]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ended well\n", "")


def test_no_kernel_is_parallel():
    """What `parallel=True`, `prange` and parallel ufuncs need libgomp for is nowhere in the program."""
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword):
                assert node.arg != "parallel", path
                assert not (node.arg == "target" and getattr(node.value, "value", "") == "parallel"), path
            names = {getattr(node, "id", ""), getattr(node, "attr", "")}
            assert not names & {"prange", "vectorize", "guvectorize"}, path
