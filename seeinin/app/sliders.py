"""Sliders of the toolbar."""

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QSlider, QWidget

from seeinin.app.focus import OwnKeys
from seeinin.state.state import ViewerState


class StateSlider(QWidget):
    """A slider that writes one number of the state, in steps of `step`, and follows it."""

    def __init__(
        self, state: ViewerState, field: str, low: float, high: float, step: float, *, name: str, tip: str
    ) -> None:
        super().__init__()
        self.state, self.field, self.step = state, field, step
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(round(low / step), round(high / step))
        self.slider.setFixedWidth(76)
        self.slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.slider.setAccessibleName(tip)
        OwnKeys(self.slider)
        self.setToolTip(tip)
        label = QLabel(name)
        label.setObjectName("note")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        line = QHBoxLayout(self)
        line.setContentsMargins(4, 0, 4, 0)
        line.addWidget(label)
        line.addWidget(self.slider)
        # Only what the user does: valueChanged would write back what the slider was told, rounded.
        self.slider.actionTriggered.connect(self._write)
        getattr(state.events, field).connect(self._follow)
        self._follow()

    def _write(self, *_: object) -> None:
        setattr(self.state, self.field, self.slider.sliderPosition() * self.step)

    def _follow(self, *_: object) -> None:
        self.slider.setValue(round(getattr(self.state, self.field) / self.step))
