"""The command line: `seeinin precompute`, `seeinin info`, `seeinin view`. Each command imports only what it needs."""

import argparse
import json
import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from seeinin.errors import SeeInInError, SettingError, Terminated
from seeinin.wording import count_of, shortened

if TYPE_CHECKING:
    from seeinin.store.reader import Cache

INTERRUPTED = 130


PANELS = ("window", "matrix", "maps", "overview", "legend", "image", "gallery")  # see `app.stage.Panel`


def main(argv: list[str] | None = None) -> int:
    """Run one command; 0 when it did its work, 2 (or the error's own code) after a sentence on stderr."""
    arguments = parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output left early, as `| head` does
        return 0
    except SeeInInError as error:
        if arguments.debug:
            raise
        rank = f"rank {os.environ['RANK']}: " if "TORCHELASTIC_RUN_ID" in os.environ else ""
        print(f"seeinin: {rank}{shortened(str(error))}", file=sys.stderr)
        return error.exit_code


def parser() -> argparse.ArgumentParser:
    debug = argparse.ArgumentParser(add_help=False)
    debug.add_argument("--debug", action="store_true", help="show the traceback of an error")
    top = argparse.ArgumentParser(prog="seeinin", description="See every image at every layer of a vision network.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int], does: str) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = commands.add_parser(name, parents=[debug], help=does)
        added.set_defaults(run=run)
        return added

    precompute_options(command("precompute", run_precompute, "run the network once and write the cache"))
    info = command("info", run_info, "print the layers of a cache")
    info.add_argument("cache", type=Path)
    info.add_argument("--json", action="store_true", help="for programs")
    view_options(command("view", run_view, "open the window, or render it to a file"))
    command("doctor", run_doctor, "say what this machine has and lacks, for a bug report")
    command("verify", run_verify, "check every stored byte of a cache").add_argument("cache", type=Path)
    return top


def precompute_options(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("config", type=Path, help="what to run: a YAML file; a config that names Python code runs it")
    add("--plan", action="store_true", help="print the layers and the size of the cache, and stop")
    add("--limit", type=positive, metavar="N", help="only the first N images: a uniform sample")
    add("--output", type=Path, metavar="FILE", help="where the cache goes, instead of the config's output")
    add("--overwrite", action="store_true", help="replace an existing cache, once the new one is complete")
    add("--device", metavar="NAME", help="torch's name of the device: cpu, cuda, cuda:1, mps")


def view_options(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("cache", type=Path, help="what precompute wrote")
    add("--layer", metavar="NAME", help="the layer to begin with; the last one without this")
    add("--select", metavar="CLASS", help="begin with the images of this class selected")
    add("--session", type=Path, metavar="FILE", help="look again at what was saved in a session")
    add("--theme", choices=("dark", "light"), help="the window's colours, else those of last time")
    size_help = "of the window, 1600x1000 without this"
    add("--size", type=window_size, default=(1600, 1000), metavar="WxH", help=size_help)
    columns_help = "how wide the window's three columns are, in points"
    add("--columns", type=column_widths, metavar="L,M,R", help=columns_help)
    screenshot_help = "write the window's content as a PNG and leave; needs no display"
    add("--screenshot", type=Path, metavar="FILE", help=screenshot_help)
    panel_help = "what of the window a screenshot shows; all of it without this"
    add("--panel", choices=PANELS, default="window", help=panel_help)
    scale_help = "pixels of a screenshot to a point"
    add("--scale", type=int, choices=range(1, 9), default=1, metavar="1-8", help=scale_help)
    add("--caption", action="store_true", help="say below a screenshot what it shows")


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def window_size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{3,5})[xX×](\d{3,5})", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 1600x1000")
    return int(match[1]), int(match[2])


def column_widths(text: str) -> tuple[int, int, int]:
    match = re.fullmatch(r"(\d{1,5}),(\d{1,5}),(\d{1,5})", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} are not three widths such as 276,978,346")
    return int(match[1]), int(match[2]), int(match[3])


def _terminate(number: int, _: FrameType | None) -> NoReturn:
    raise Terminated(128 + number)


def run_precompute(arguments: argparse.Namespace) -> int:
    from seeinin.config import load

    signal.signal(signal.SIGTERM, _terminate)
    config = load(arguments.config)  # before torch, which takes seconds to import
    from seeinin.precompute import ranks
    from seeinin.precompute.run import precompute

    launch = ranks.torchrun()
    chosen = {key: getattr(arguments, key) for key in ("plan", "limit", "output", "overwrite", "device")}
    try:
        result = precompute(config, launch=launch, **chosen)
    except SettingError as error:
        raise SettingError(f"{arguments.config}: {error}") from error
    if launch.rank.number == 0:
        print(result)
    return 0


def run_info(arguments: argparse.Namespace) -> int:
    from seeinin.store.reader import open_cache

    with open_cache(arguments.cache) as cache:
        facts = describe(cache)
    print(json.dumps(facts) if arguments.json else table(arguments.cache, facts))
    return 0


def describe(cache: "Cache") -> dict[str, Any]:
    """What `info --json` prints. Receptive fields in input pixels: a number where both axes agree, else [y, x]."""

    def field(pair: tuple[int, int]) -> int | list[int]:
        return pair[0] if pair[0] == pair[1] else list(pair)

    layers = [
        {
            "name": layer.name,
            "op": layer.op,
            "shape": list(layer.shape),
            "points": layer.points,
            "receptive_field": {part: field(getattr(layer.field, part)) for part in ("size", "stride", "first")},
            "bytes": layer.nbytes,
        }
        for layer in cache.layers
    ]
    return {"images": cache.images, "classes": list(cache.classes), "layers": layers}


def table(path: Path, facts: dict[str, Any]) -> str:
    sizes = {"image": facts["images"], "class": len(facts["classes"]), "layer": len(facts["layers"])}
    head = f"{path}: {', '.join(count_of(size, noun) for noun, size in sizes.items())}"
    rows = [("layer", "op", "channels × height × width", "points", "field", "bytes")]
    for layer in facts["layers"]:
        size = f"{layer['receptive_field']['size']}/{layer['receptive_field']['stride']}"
        rows.append(
            (
                layer["name"],
                layer["op"],
                " × ".join(map(str, layer["shape"])),
                f"{layer['points']:,}",
                size,
                f"{layer['bytes']:,}",
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    left = (True, True, False, False, False, False)
    lines = (
        "  ".join(c.ljust(w) if at_left else c.rjust(w) for c, w, at_left in zip(row, widths, left, strict=True))
        for row in rows
    )
    return "\n".join([head, "", *(line.rstrip() for line in lines)])


def run_view(arguments: argparse.Namespace) -> int:
    from seeinin.app.main import view

    names = ("layer", "select", "size", "session", "screenshot", "theme", "panel", "scale", "caption", "columns")
    return view(arguments.cache, **{name: getattr(arguments, name) for name in names})


def run_doctor(arguments: argparse.Namespace) -> int:
    from seeinin.app.doctor import examine

    report, well = examine()
    print(report)
    return 0 if well else 1


def run_verify(arguments: argparse.Namespace) -> int:
    from tqdm import tqdm

    from seeinin.store.verify import verify

    size = arguments.cache.stat().st_size if arguments.cache.exists() else None
    with tqdm(total=size, desc="checking", unit="B", unit_scale=True, disable=None, leave=False) as bar:
        damaged = verify(arguments.cache, bar.update)
    print("\n".join(damaged) if damaged else f"{arguments.cache}: every stored byte is as it was written")
    return 1 if damaged else 0
