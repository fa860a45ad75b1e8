"""How long until the first picture: `seeinin view` against an empty VisPy window with one scatter plot.

Whole processes, imports included, watched from outside: both run on a virtual screen that keeps its frame buffer in a
file, and the clock stops when enough coloured pixels stand in the middle of it. Neither side is asked when it is done.
"""

import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.inputs import cache_of_images
from benchmarks.report import Row, main

WIDTH, HEIGHT = 1920, 1200
PEER = """
import numpy as np
from vispy import app, scene
canvas = scene.SceneCanvas(size=(1600, 1000), show=True)
view = canvas.central_widget.add_view("panzoom")
points = np.random.default_rng(0).normal(size=(10_000, 2))
scene.visuals.Markers(pos=points, face_color="orange", edge_width=0, parent=view.scene)
view.camera.set_range()
app.run()
"""


class Screen:
    """A virtual screen whose pixels can be looked at."""

    def __init__(self, folder: Path) -> None:
        read, write = os.pipe()
        self.process = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-fbdir", folder],
            pass_fds=[write],
            stderr=subprocess.DEVNULL,
        )
        os.close(write)
        with os.fdopen(read) as answer:
            self.display = f":{answer.readline().strip()}"
        file = folder / "Xvfb_screen0"  # an X window dump: a header, the colour map, the pixels
        header = struct.unpack(">25I", file.read_bytes()[:100])
        start = header[0] + header[19] * 12
        pixels = np.memmap(file, np.uint8, "r", start, (HEIGHT, WIDTH, 4))
        self.middle = pixels[
            350:650:2, 650:950:2, :3
        ]  # inside the matrix of either window, which opens at the top left

    def coloured(self) -> int:
        middle = self.middle.astype(np.int16)
        return int((middle.max(axis=2) - middle.min(axis=2) > 60).sum())

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()


def seconds_to_picture(screen: Screen, command: Sequence[str], limit: float = 120) -> float:
    """From the start of the process until the middle of the screen is coloured."""
    assert screen.coloured() < 20, "the screen is not empty"
    environment = os.environ | {"DISPLAY": screen.display}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # a program compiles its modules once, not at every start
    start = time.perf_counter()
    process = subprocess.Popen(command, env=environment)
    try:
        while screen.coloured() < 100:
            assert process.poll() is None, f"{command[0]} ended before it drew anything"
            assert time.perf_counter() - start < limit, f"nothing drawn within {limit} s: {command}"
            time.sleep(0.005)
        return time.perf_counter() - start
    finally:
        process.kill()
        process.wait()
        while screen.coloured():
            time.sleep(0.005)


def measure(rounds: int = 5) -> list[Row]:
    ours = [sys.executable, "-m", "seeinin", "view", os.fspath(cache_of_images())]
    theirs = [sys.executable, "-c", PEER]
    with tempfile.TemporaryDirectory() as folder:
        screen = Screen(Path(folder))
        try:
            seconds = [[seconds_to_picture(screen, command) for command in (ours, theirs)] for _ in range(rounds + 1)]
        finally:
            screen.close()
    first, second = (statistics.median(times) for times in zip(*seconds[1:], strict=True))
    return [Row("open", "first picture of the window", first, "s", "VisPy, one scatter plot", second, promise=1.5)]


if __name__ == "__main__":
    main(measure, __doc__)
