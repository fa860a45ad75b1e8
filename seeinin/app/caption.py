"""The line below a picture that says what it shows."""

from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QColor, QFont, QImage, QPainter

from seeinin.app.channelbar import in_words
from seeinin.app.layers import shape_of
from seeinin.app.status import drawn_words
from seeinin.state.arranging import ORDERS
from seeinin.state.questions import Order
from seeinin.state.state import ViewerState
from seeinin.views.theme import Theme
from seeinin.wording import count_of, plain

SIZE, MARGIN = 9, 10  # pt, px


def caption_of(state: ViewerState) -> str:
    """'mnist.h5 · layer ip2, 10 channels · all 10,000 points in 25 cells · 974 of 10,000 images selected · …'"""
    cache, view = state.cache, state.view
    words = [plain(cache.path.name)]
    if view is not None:
        layer = cache.layers[view.layer]
        words.append(f"layer {plain(layer.name)}, {shape_of(layer)}")
        if view.arrangement.order in ORDERS and view.arrangement.order != "network":
            order: Order = view.arrangement.order
            words.append(f"channels by: {ORDERS[order]}")
        kinds = sorted({warp.kind for warp in view.warps.values()})
        words += [f"axes: {', '.join(kinds)}"] if kinds else []
    words += [drawn_words(state.drawn)] if state.drawn is not None else []
    if state.selection is not None:
        images = int((state.linker.images(state.selection) > 0).sum())
        words.append(f"{images:,} of {count_of(cache.images, 'image')} selected, linked by {state.link}")
    if state.hidden:
        names = ", ".join(plain(cache.classes[number]) for number in sorted(state.hidden)[:5])
        words.append(f"without {names}" + (" and others" if len(state.hidden) > 5 else ""))
    return " · ".join([*words, f"colour: {in_words(state.colour_by)}"])


def captioned(image: QImage, text: str, theme: Theme) -> QImage:
    """The picture with the text below it, in as many lines as it needs, and with as many pixels to a point."""
    ratio = image.devicePixelRatio()
    width = image.width() / ratio
    font = QFont()
    font.setPointSize(SIZE)
    wrapped = Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap
    room = QRectF(MARGIN, 0, max(width - 2 * MARGIN, 40), 10_000)
    measured = QPainter(image)
    measured.setFont(font)
    high = measured.boundingRect(room, int(wrapped), text).height() + 2 * MARGIN
    measured.end()
    out = QImage(image.width(), image.height() + round(high * ratio), QImage.Format.Format_RGBA8888)
    out.setDevicePixelRatio(ratio)
    out.fill(QColor(theme.panel))
    painter = QPainter(out)
    painter.drawImage(0, 0, image)
    painter.setFont(font)
    painter.setPen(QColor(theme.text))
    top = image.height() / ratio + MARGIN
    painter.drawText(room.translated(0, top), int(wrapped), text)
    painter.end()
    return out
