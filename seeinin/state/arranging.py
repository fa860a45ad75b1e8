"""Finding the channel: orders worked out behind the window, and the next best cell."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from seeinin.errors import DataError
from seeinin.geometry.orders import CellRanking, Ranking
from seeinin.pool import POOL, Latest
from seeinin.state.questions import Order, Question
from seeinin.state.state import ViewerState
from seeinin.state.view import Arrangement

ORDERS: dict[Order, str] = {
    "network": "as in the network",
    "variance": "variance",
    "class": "tells the classes apart",
    "few": "fires for few classes",
    "similar": "similar side by side",
    "separates": "separates the selection",
    "tells": "tells most about the selection",
}
NEED_SELECTION = ("separates", "tells")


class Arranging:
    """Asks the questions; the answers become the state's arrangement and its view. A layer that is opened gets the
    order of the one before.
    """

    def __init__(self, state: ViewerState) -> None:
        self.state = state
        self._channels, self._cells = Latest(POOL.later), Latest(POOL.later)
        self._question: Question | None = None  # that `_ranking` answers
        self._ranking: CellRanking | None = None
        self._next = 0
        self._waiting = -1  # the layer just opened whose order was asked for
        state.events.view.connect(self._follow)

    @property
    def arrangement(self) -> Arrangement:
        return Arrangement() if self.state.view is None else self.state.view.arrangement

    def write(self, text: str) -> None:
        """Show the channels that were typed. Raises ChannelError where they are none."""
        self.state.arrange(replace(self.arrangement, text=text.strip()))

    def pin(self, channel: int) -> None:
        """Keep a channel in front of all others, or, if it is pinned, no longer."""
        self.pin_all((channel,), pinned=channel not in self.arrangement.pinned)

    def pin_all(self, channels: Sequence[int], *, pinned: bool) -> None:
        """Keep some channels in front of all others, or no longer."""
        others = tuple(c for c in self.arrangement.pinned if c not in channels)
        kept = self.arrangement.pinned if pinned else others
        new = tuple(c for c in channels if c not in kept) if pinned else ()
        self.state.arrange(replace(self.arrangement, pinned=(*kept, *new)))

    def order_by(self, order: Order) -> None:
        """Order the channels of the active layer. Raises DataError where the order needs what is not there."""
        if order == "network":
            self._channels.cancel()
            self.state.arrange(replace(self.arrangement, order=order, ranking=None))
            return
        question = self._ask(order)
        if order in NEED_SELECTION and question.selection is None:
            raise DataError(f"This order, {ORDERS[order]!r}, needs a selection: select something first.")
        if order in ("class", "few") and not self.state.cache.classes:
            raise DataError("The images have no classes, and this order is about classes.")
        self.state.busy = f"ordering the channels: {ORDERS[order]}"
        answer = self._channels.request(_order_channels, self.state.sources, question)
        self.state.inbox.deliver(answer, partial(self._ordered, question), self._give_up)
        answer.add_done_callback(lambda _: self.state.inbox.post(self._idle))

    def next_cell(self) -> None:
        """Go to the cell in which the selection can best be told from the rest, and then to the next best."""
        question = self._ask("network")
        if question.selection is None:
            raise DataError("The best cells are those that show a selection apart: select something first.")
        if question == self._question and self._ranking is not None:
            self._next += 1
            self._go()
            return
        self.state.busy = "looking for the cells that show the selection apart"
        answer = self._cells.request(_order_cells, self.state.sources, question)
        self.state.inbox.deliver(answer, partial(self._found, question))
        answer.add_done_callback(lambda _: self.state.inbox.post(self._idle))

    def _ask(self, order: Order) -> Question:
        state = self.state
        assert state.view is not None
        rest = None if state.against is None else state.against.selection
        return Question(state.view.layer, order, state.selection, rest, state.link)

    def _ordered(self, question: Question, ranking: Ranking) -> None:
        if self.state.view is not None and self.state.view.layer == question.layer:
            self.state.arrange(replace(self.arrangement, order=question.order, ranking=ranking))

    def _found(self, question: Question, ranking: CellRanking) -> None:
        self._question, self._ranking, self._next = question, ranking, 0
        if self.state.view is not None and self.state.view.layer == question.layer:
            self._go()

    def _go(self) -> None:
        if self._ranking is not None and len(self._ranking.cells):
            row, column = self._ranking.cells[self._next % len(self._ranking.cells)]
            self.state.open_cell(int(row), int(column))

    def _follow(self, *_: object) -> None:
        layer = -1 if self.state.view is None or not self.arrangement.is_pending else self.state.view.layer
        if layer != self._waiting:
            self._waiting = layer
            self.state.inbox.post(partial(self._carry, layer))

    def _carry(self, layer: int) -> None:
        """Order a layer that has just been opened, if it is still seen, as the one before it was."""
        if self.state.view is None or self.state.view.layer != layer or not self.arrangement.is_pending:
            return
        try:
            self.order_by(self.arrangement.order)  # type: ignore[arg-type]
        except DataError:  # the selection that it needs is gone
            self._give_up()

    def _give_up(self) -> None:
        if self.arrangement.is_pending:
            self.state.arrange(replace(self.arrangement, order="network"))

    def _idle(self) -> None:
        self.state.busy = ""


def _order_channels(*job: object) -> object:
    from seeinin.state.orders import order_channels  # kernels, which the window starts without

    return order_channels(*job)  # type: ignore[arg-type]


def _order_cells(*job: object) -> object:
    from seeinin.state.cells import order_cells

    return order_cells(*job)  # type: ignore[arg-type]
