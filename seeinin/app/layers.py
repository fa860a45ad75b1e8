"""The choice of the layer."""

from seeinin.app.choice import Choice
from seeinin.state.state import ViewerState
from seeinin.store.reader import Layer
from seeinin.wording import plain


def shape_of(layer: Layer) -> str:
    """'20 × 24 × 24', or '10 channels' where there are no positions."""
    channels, height, width = layer.shape
    if layer.positions == 1:
        return "1 channel" if channels == 1 else f"{channels:,} channels"
    return f"{channels:,} × {height} × {width}"


class LayerChoice(Choice):
    """All layers in order of execution, with their shapes."""

    def __init__(self, state: ViewerState) -> None:
        super().__init__("The layer whose points are plotted (PgUp, PgDn)", "Layer")
        self.state = state
        for layer in state.cache.layers:
            self.addItem(f"{plain(layer.name)} · {shape_of(layer)}")
        self.setCurrentIndex(-1)
        self.activated.connect(state.show_layer)
        state.events.view.connect(self._follow)
        self._follow()

    def _follow(self, *_: object) -> None:
        if self.state.view is not None:
            self.setCurrentIndex(self.state.view.layer)
