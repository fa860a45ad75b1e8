"""Averages on their way: of the layers in sight, in the background, the newest request first."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from functools import partial

from seeinin.pool import POOL, Token
from seeinin.state.named import Maps, Place
from seeinin.state.selection import Kept, Selection
from seeinin.state.state import ViewerState
from seeinin.views.averages import Mean, growing
from seeinin.views.subjects import CROPS, Subject, subject_of

KEPT = 1 << 25  # values of averages that are out of sight and may be wanted again


class Averaging:
    """The means of the layers in sight, each growing on a thread of the pool: of the draft of a selection while there
    is one, else of the latest of pick and selection.

    `changed()` is called on the state's thread when there is something new. Until the first mean of other images is
    there, the old one stays, so that nothing flickers.
    """

    def __init__(self, state: ViewerState, changed: Callable[[], object]) -> None:
        self.state, self.changed = state, changed
        self.subject: Subject | None = None
        self.means: dict[int, Mean] = {}
        self._latest: int | Selection | None = None  # the image or the selection that is to be shown
        self._asked: object = None  # what is, and how
        self._waiting = False  # to hear which images these are
        self._wanted: list[int] = []
        self._token = Token()
        self._growing: dict[int, Future[Mean]] = {}
        state.events.pick.connect(self._on_pick)
        state.events.selection.connect(self._on_selection)
        state.events.draft.connect(self._on_draft)
        for name in ("maps", "against"):
            getattr(state.events, name).connect(self._ask)
        self._on_selection(state.selection)

    def _on_pick(self, pick: Place | None) -> None:
        self._latest = self.state.selection if pick is None else self.state.image_of(pick)
        self._ask()

    def _on_selection(self, selection: Selection | None) -> None:
        if selection is None and self.state.pick is not None:
            self._on_pick(self.state.pick)
        else:
            self._latest = selection
            self._ask()

    def _on_draft(self, draft: Selection | None) -> None:
        """A lasso sends drafts faster than large averages begin: the next is taken when something of one is shown."""
        began = self.subject is not None and (self.progress() > 0 or not len(self.subject.rows))
        if draft is None or (began and not self._waiting):
            self._ask()

    def _ask(self, *_: object) -> None:
        """Find out off this thread which images are meant; only the newest answer is used."""
        asked = self._due()
        if self._waiting or self.subject is None or asked != self._asked:
            self._asked, self._waiting = asked, True
            subject = POOL.now(subject_of, self.state.cache, *asked)
            self.state.inbox.deliver(subject, partial(self._begin, asked), partial(self._forget_question, asked))

    def _due(self) -> tuple[int | Selection | None, Maps, Kept | None]:
        """What is to be shown now, how, and compared with what."""
        state = self.state
        compared = state.against if state.maps == "difference" else None
        return self._latest if state.draft is None else state.draft, state.maps, compared

    def _begin(self, asked: object, subject: Subject) -> None:
        if asked is not self._asked:
            return
        self.subject, self._waiting = subject, False
        self._token.cancel()
        self._token = Token()
        for future in self._growing.values():
            future.cancel()
        self._growing.clear()
        self._wanted = [n for n in self._wanted if n != CROPS or subject.patches is not None]
        self._start()
        self._follow()
        self.changed()

    def _follow(self) -> None:
        if self.state.draft is not None:
            self._on_draft(self.state.draft)

    def want(self, numbers: Iterable[int]) -> None:
        """The layers in sight; the others are not read, and kept only while there is room."""
        numbers = list(numbers)
        if numbers != self._wanted:
            self._wanted = numbers
            self._forget()
            self._start()

    def ask_again(self) -> None:
        """Begin anew what was lost on its way."""
        self._ask()
        self._start()

    def settled(self) -> bool:
        """Whether all that is wanted is there, to the last row."""
        if self._waiting or self.subject is None or self._asked != self._due():
            return False
        return not len(self.subject.rows) or all(self._complete(n) for n in self._wanted)

    def progress(self) -> int:
        """Images averaged so far at every layer in sight."""
        return min((self._images(n) for n in self._wanted), default=0)

    def _images(self, number: int) -> int:
        mean = self.means.get(number)
        return mean.images if mean is not None and mean.subject is self.subject else 0

    def _complete(self, number: int) -> bool:
        mean = self.means.get(number)
        return mean is not None and mean.subject is self.subject and mean.complete

    def _start(self) -> None:
        for number in self._wanted:
            if self.subject is not None and len(self.subject.rows) and number not in self._growing:
                self._grow(number)

    def _grow(self, number: int) -> None:
        assert self.subject is not None
        if self._complete(number):
            return
        before = self.means.get(number)
        before = before if before is not None and before.subject is self.subject else None
        # a first answer goes ahead of every refinement, but not of the window's first picture
        submit = POOL.later if before or POOL.holding else POOL.now
        self._growing[number] = submit(growing, self._token, self.state.cache, self.subject, number, before)
        arrived, lost = partial(self._arrived, number), partial(self._lose, number, self.subject)
        self.state.inbox.deliver(self._growing[number], arrived, lost)

    def _forget_question(self, asked: object) -> None:
        if asked is self._asked:
            self._asked, self._waiting = None, False

    def _lose(self, number: int, subject: Subject) -> None:
        """It begins anew when it is next in sight, or asked for."""
        if subject is self.subject:
            self._growing.pop(number, None)
            self.means.pop(number, None)

    def _arrived(self, number: int, mean: Mean) -> None:
        if mean.subject is not self.subject:
            return
        del self._growing[number]
        self.means.pop(number, None)
        self.means[number] = mean  # last in the dict: the most recent
        if number in self._wanted:
            self._grow(number)
        self._follow()
        self.changed()

    def _forget(self) -> None:
        kept = 0
        for number in reversed(list(self.means)):
            kept += self.means[number].values.size
            if number not in self._wanted and (kept > KEPT or self.means[number].subject is not self.subject):
                del self.means[number]
