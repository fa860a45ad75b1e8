"""A session file: what was looked at, so that it can be looked at again."""

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np

from seeinin.errors import CacheError, SessionError
from seeinin.geometry.matrix import Camera, Upper
from seeinin.state.checking import between, gallery_of, number_of, one_of, slots_of, warp_of
from seeinin.state.colouring import ColourBy, Meaning
from seeinin.state.gallery import GalleryBy
from seeinin.state.named import Place
from seeinin.state.ranges import Limits, Ranges
from seeinin.state.savedorder import order_as_json, order_of
from seeinin.state.selection import Kept, Selection, chosen
from seeinin.state.state import ViewerState
from seeinin.state.view import Arrangement, View
from seeinin.state.whole import whole

FORMAT, VERSION = "seeinin-session", 1
LARGEST = 2**28  # bytes of a file that is read at all
LOOKS = ("link", "tool", "style", "point_size", "opacity", "maps", "contrast", "legend", "upper")


def save(state: ViewerState, path: Path) -> None:
    """Write the session. Raises DiskError."""
    with whole(path) as partial:
        partial.write_text(json.dumps(as_json(state), indent=1) + "\n", encoding="utf-8")


def restore(state: ViewerState, path: Path) -> None:
    """Look again at what a session holds. Raises SessionError, and changes nothing, where it is not for this cache."""
    try:
        if path.stat().st_size > LARGEST:
            raise SessionError(f"{path} is too large for a session")
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SessionError(f"{path} cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise SessionError(f"{path} is not a session, or is damaged: {error}") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise SessionError(f"{path} is not a session of Seein' In")
    if content.get("version") != VERSION:
        raise SessionError(f"{path} is of version {content.get('version')!r}; this program reads version {VERSION}")
    if content.get("fingerprint") != state.cache.fingerprint:
        raise SessionError(f"{path} belongs to another cache, {content.get('cache')!r}, not to {state.cache.path}")
    try:
        _restore(state, content)
    except (
        KeyError,
        TypeError,
        ValueError,
        IndexError,
        AttributeError,
        OverflowError,
        CacheError,
        zlib.error,
    ) as error:
        raise SessionError(f"{path} is damaged: {type(error).__name__} {error}") from error


def as_json(state: ViewerState) -> dict[str, Any]:
    """The session as JSON's types."""
    layers, view, pick = state.cache.layers, state.view, state.pick
    return {
        "format": FORMAT,
        "version": VERSION,
        "cache": state.cache.path.name,
        "fingerprint": state.cache.fingerprint,
        "view": None if view is None else _of_view(view, layers[view.layer].name),
        "pick": None if pick is None else {"layer": layers[pick.layer].name, "point": pick.point},
        "selection": _of_selection(state, state.selection),
        "kept": [_of_kept(state, kept) for kept in state.kept],
        "against": None if state.against is None else _of_kept(state, state.against),
        "hidden": sorted(state.hidden),
        "slots": list(state.slots),
        "colour_by": list(state.colour_by),
        "gallery": list(state.gallery),
        **{name: getattr(state, name) for name in LOOKS},
    }


def _of_view(view: View, name: str) -> dict[str, Any]:
    seen = {*view.rows, *view.columns}
    ranges = {str(channel): list(limits) for channel, limits in view.ranges.items() if channel in seen}
    warps = {str(channel): list(warp) for channel, warp in view.warps.items()}
    camera = [view.camera.x, view.camera.y, view.camera.span]
    axes = {"ranges": ranges, "warps": warps, "whole": view.whole}
    how = view.arrangement
    text = {"order": how.order, "text": how.text, "pinned": how.pinned, "ranking": order_as_json(how.ranking)}
    return {"layer": name, "rows": view.rows, "columns": view.columns, "camera": camera, **axes, **text}


def _of_selection(state: ViewerState, selection: Selection | None) -> dict[str, Any] | None:
    if selection is None:
        return None
    bits = zlib.compress(np.packbits(selection.strength > 0).tobytes())
    name = None if selection.layer is None else state.cache.layers[selection.layer].name
    return {"layer": name, "points": base64.b64encode(bits).decode()}


def _of_kept(state: ViewerState, kept: Kept) -> dict[str, Any]:
    return {"name": kept.name, **(_of_selection(state, kept.selection) or {})}


def _restore(state: ViewerState, content: Mapping[str, Any]) -> None:
    """Everything is read before anything is written, so that a damaged session changes nothing."""
    selection = _selection(state, content["selection"])
    kept = tuple(_kept(state, one) for one in content["kept"])
    against = content.get("against")  # which older sessions lack
    pick = None if content["pick"] is None else _place(state, content["pick"])
    fields: dict[str, Any] = {
        "against": None if against is None else _kept(state, against),
        "hidden": frozenset(number_of(number, len(state.cache.classes)) for number in content["hidden"]),
        "slots": slots_of(len(state.cache.classes), content["slots"]),
        "colour_by": _colour_by(state, *content["colour_by"]),
        "gallery": gallery_of(content.get("gallery", GalleryBy())),
        "link": one_of(content["link"], "place", "image"),
        "tool": one_of(content["tool"], "pan", "lasso", "rectangle", "brush"),
        "style": one_of(content["style"], "auto", "points", "density"),
        "point_size": between(content["point_size"], 1.0, 20.0),
        "opacity": between(content["opacity"], 0.01, 1.0),
        "maps": one_of(content["maps"], "average", "difference"),
        "contrast": one_of(content["contrast"], "layer", "channel"),
        "upper": one_of(content.get("upper", "same"), *get_args(Upper)),
        "legend": one_of(content.get("legend", "name"), "name", "count", "lift"),
    }
    view = None if content["view"] is None else _view(state, content["view"])
    state.pick, state.kept = pick, kept
    for name, value in fields.items():
        setattr(state, name, value)
    state.clear() if selection is None else state.select(selection)
    if view is not None:
        state.show_view(view.layer, partial(_completed, view))


def _completed(view: View, limits: Limits) -> View:
    """With the ranges of the channels that were not shown."""
    return replace(view, ranges={**limits.ranges(view.warps, whole=view.whole), **view.ranges})


def _view(state: ViewerState, content: Mapping[str, Any]) -> View:
    layer = state.cache.layer(content["layer"])
    rows, columns = (tuple(int(c) for c in content[side]) for side in ("rows", "columns"))
    ranges: Ranges = {int(c): (float(low), float(high)) for c, (low, high) in content["ranges"].items()}
    warps = {int(c): warp_of(*warp) for c, warp in content.get("warps", {}).items()}
    x, y, span = (float(v) for v in content["camera"])
    pinned = tuple(int(c) for c in content["pinned"])
    known = rows and columns and all(0 <= c < layer.shape[0] for c in (*rows, *columns, *ranges, *warps, *pinned))
    numbers = x, y, span, *(end for limits in ranges.values() for end in limits)
    if not known or not np.isfinite(numbers).all() or span <= 0 or any(not a < b for a, b in ranges.values()):
        raise ValueError("the view shows what the layer has not")
    ranking = order_of(content.get("ranking"), layer.shape[0])  # which older sessions lack
    arrangement = Arrangement(str(content["order"]), str(content["text"]), pinned, ranking)
    axes = warps, bool(content.get("whole", False))
    return View(layer.number, rows, columns, ranges, Camera(x, y, span), arrangement, *axes)


def _selection(state: ViewerState, content: Mapping[str, Any] | None) -> Selection | None:
    return None if content is None else _selected(state, content)


def _selected(state: ViewerState, content: Mapping[str, Any]) -> Selection:
    layer = None if content["layer"] is None else state.cache.layer(content["layer"])
    size = state.cache.images if layer is None else layer.points
    unpack = zlib.decompressobj()
    bits = unpack.decompress(base64.b64decode(content["points"], validate=True), size // 8 + 1)
    if len(bits) != -(-size // 8) or unpack.unconsumed_tail:
        raise ValueError(f"a selection of {size} points has another length")
    return chosen(None if layer is None else layer.number, np.unpackbits(np.frombuffer(bits, np.uint8), count=size))


def _kept(state: ViewerState, content: Mapping[str, Any]) -> Kept:
    return Kept(str(content["name"]), _selected(state, content))


def _place(state: ViewerState, content: Mapping[str, Any]) -> Place:
    layer, point = state.cache.layer(content["layer"]), int(content["point"])
    if not 0 <= point < layer.points:
        raise ValueError(f"{layer.name} has no point {point}")
    return Place(layer.number, point)


def _colour_by(state: ViewerState, meaning: str, which: int | str) -> ColourBy:
    known = cast("Meaning", one_of(meaning, *get_args(Meaning)))
    if known == "extra" and which not in state.cache.extra:
        raise ValueError(f"there is no column {which!r}")
    return ColourBy(known, which if known == "extra" else number_of(which))
