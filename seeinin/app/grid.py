"""Where the pictures of a gallery stand: row by row, evenly spread, from the top of a sheet as tall as it needs."""

from typing import NamedTuple

GAP, BAR = 3, 2  # px between pictures, and of the line below each that has its class's colour


class Grid(NamedTuple):
    """`pictures` of `width` × `height` px, `room` px from left to right."""

    pictures: int
    width: int
    height: int
    room: int

    @property
    def across(self) -> int:
        """Pictures to a row."""
        return max((self.room + GAP) // (self.width + GAP), 1)

    @property
    def pitch_x(self) -> int:
        """From picture to picture: spread over the room, but not so far that a row falls apart."""
        spread = min((self.room + GAP) // self.across, self.width + self.width // 4 + GAP)
        return max(spread, self.width + GAP)

    @property
    def pitch_y(self) -> int:
        return self.height + GAP + BAR

    @property
    def tall(self) -> int:
        """Height of the sheet."""
        return -(-self.pictures // self.across) * self.pitch_y

    def corner(self, place: int) -> tuple[int, int]:
        """The left and the top of a picture."""
        row, column = divmod(place, self.across)
        return column * self.pitch_x, row * self.pitch_y

    def at(self, x: float, y: float) -> int | None:
        """The picture at a place of the sheet."""
        column, row = int(x // self.pitch_x), int(y // self.pitch_y)
        place = row * self.across + column
        if not (0 <= column < self.across and 0 <= place < self.pictures):
            return None
        left, top = self.corner(place)
        return place if left <= x < left + self.width and top <= y < top + self.height else None

    def between(self, top: int, bottom: int) -> range:
        """The pictures of the rows that come between two heights of the sheet."""
        first, last = top // self.pitch_y, -(-bottom // self.pitch_y)
        return range(min(first * self.across, self.pictures), min(last * self.across, self.pictures))
