"""Every question by its name. Kernels are imported with this, so only worker threads may."""

from collections.abc import Callable, Generator

from seeinin.pool import Token
from seeinin.state.answers.answer import Answers, Asked
from seeinin.state.answers.duplicates import duplicates
from seeinin.state.answers.mistakes import mistakes
from seeinin.state.answers.odd import odd_images
from seeinin.state.answers.parting import parting
from seeinin.state.answers.place import place_or_thing
from seeinin.state.answers.silent import silent_channels
from seeinin.state.answers.tightness import tightness
from seeinin.state.answers.wrong import why_wrong
from seeinin.state.sources import Sources

Job = Callable[[Token, Sources, Asked], Generator[None, None, Answers]]

JOBS: dict[str, Job] = {
    "mistakes": mistakes,
    "parting": parting,
    "place": place_or_thing,
    "wrong": why_wrong,
    "odd": odd_images,
    "tight": tightness,
    "silent": silent_channels,
    "duplicates": duplicates,
}
