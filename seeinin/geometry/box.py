"""The pixels of a cell. A module of its own, since the window lays cells out before any kernel is loaded."""

Box = tuple[int, int, int, int]
"""y0, y1, x0, x1; the first and the last + 1."""
