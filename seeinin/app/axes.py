"""What the axes of the plots are like: actions for all of a layer, and for the plot or the axis under the cursor."""

from functools import partial
from typing import TYPE_CHECKING

from seeinin.app.action import Action, choices
from seeinin.app.pointed import channels_under
from seeinin.geometry.matrix import Upper
from seeinin.geometry.warp import Kind
from seeinin.state.state import ViewerState

if TYPE_CHECKING:
    from seeinin.app.window import Window

ALL, UNDER = "View/All axes", "Layer/Axes of this plot"
WORDS: dict[Kind, str] = {"linear": "Linear", "log": "Symmetric logarithm", "rank": "Rank"}
_TIPS: dict[Kind, str] = {
    "linear": "Values evenly",
    "log": "The logarithm on both sides of zero, nearly even around it: for values of very different sizes",
    "rank": "By the share of the values that are lower: every part of the axis has as many points",
}


def _warp(kind: Kind, window: "Window") -> None:
    window.state.warp(kind)


def _warp_under(kind: Kind, window: "Window") -> None:
    window.state.warp(kind, channels_under(window.state))


def _all_are(kind: Kind, state: ViewerState) -> bool:
    view = state.view
    if view is None or kind == "linear":
        return view is not None and not view.warps
    return len(view.warps) == len(view.ranges) and {warp.kind for warp in view.warps.values()} == {kind}


def _these_are(kind: Kind, state: ViewerState) -> bool:
    view = state.view
    return view is not None and {view.warp(c).kind for c in channels_under(state)} == {kind}


def _next(window: "Window") -> None:
    """From linear on; from axes of different kinds to linear ones."""
    kinds = list(WORDS)
    now = next((k for k, kind in enumerate(kinds) if _all_are(kind, window.state)), -1)
    window.state.warp(kinds[(now + 1) % len(kinds)])


def _switch_whole(window: "Window") -> None:
    if window.state.view is not None:
        window.state.show_whole(not window.state.view.whole)


TRIANGLE = "View/Above the diagonal"
_UPPER: dict[Upper, tuple[str, str]] = {
    "same": ("The mirror image", "What is below the diagonal, with the axes exchanged"),
    "density": ("Density", "How many points each pixel has, beside the points themselves below"),
    "correlation": ("|Correlation|", "How strongly the two channels are correlated, one value a cell"),
}


AXES = (
    *choices(TRIANGLE, "upper", _UPPER, "Next", "U"),
    *(
        Action(ALL, words, (), _TIPS[kind], partial(_warp, kind), on=partial(_all_are, kind))
        for kind, words in WORDS.items()
    ),
    Action(ALL, "Next kind", ("Y",), "Linear, symmetric logarithm, rank", _next),
    Action(
        ALL,
        "All values",
        ("Shift+Y",),
        "From the lowest to the highest value, and not between the 0.1 and the 99.9 % quantile",
        _switch_whole,
        on=lambda s: s.view is not None and s.view.whole,
        apart=True,
    ),
    *(
        Action(
            UNDER,
            words,
            (),
            _TIPS[kind],
            partial(_warp_under, kind),
            lambda s: s.cell is not None,
            partial(_these_are, kind),
        )
        for kind, words in WORDS.items()
    ),
)
