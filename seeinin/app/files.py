"""What the window writes to files and reads from them, by the dialogs of the system."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtWidgets import QFileDialog, QInputDialog

from seeinin.app.names import as_file
from seeinin.errors import DataError
from seeinin.pool import POOL
from seeinin.state import session
from seeinin.state.export import write_selection

if TYPE_CHECKING:
    from seeinin.app.window import Window

SESSIONS = "Sessions (*.json)"


def save_session(window: "Window") -> None:
    """Layer, camera, order, selections, pick and looks, to be seen again."""
    if path := target(window, "Save session", "session.json", SESSIONS):
        session.save(window.state, path)


def open_session(window: "Window") -> None:
    """Raises SessionError, reported in the window, where it does not belong to this cache."""
    name, _ = QFileDialog.getOpenFileName(window, "Open session", "", SESSIONS)
    if name:
        session.restore(window.state, Path(name))


def export_selection(window: "Window") -> None:
    """The selected points of the active layer, as CSV with the values of the channels shown."""
    state = window.state
    layer, selection, view = state.layer, state.selection, state.view
    if layer is None or selection is None or view is None:
        raise DataError("Nothing is selected that could be exported: select something first.")
    path = target(window, "Export selection", f"{as_file(layer.name)}.csv", "Tables (*.csv)")
    if path:
        state.busy = f"writing {path.name}"
        channels = list(dict.fromkeys((*view.columns, *view.rows)))
        written = POOL.now(write_selection, path, state.sources, selection, state.link, layer, channels)
        written.add_done_callback(lambda _: state.inbox.post(partial(setattr, state, "busy", "")))
        state.inbox.deliver(written, lambda _: None)


def keep_selection(window: "Window") -> None:
    """Ask for the name under which the selection stays."""
    name, given = QInputDialog.getText(
        window, "Keep selection", "Name:", text=f"selection {len(window.state.kept) + 1}"
    )
    if given and name.strip():
        window.state.keep(name.strip())


def target(window: "Window", title: str, name: str, kinds: str) -> Path | None:
    """Where the user wants a file, called `name` or otherwise; a name without an ending gets that of `name`."""
    chosen, _ = QFileDialog.getSaveFileName(window, title, name, kinds)  # which asks before it replaces a file
    if not chosen:
        return None
    path = Path(chosen)
    complete = path if path.suffix else path.with_name(path.name + Path(name).suffix)
    return path if complete.exists() else complete  # about that one it has not asked
