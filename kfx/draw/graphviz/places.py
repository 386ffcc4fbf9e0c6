"""Positions of everything in a picture, in px, y downwards from the top left corner."""

from __future__ import annotations

from dataclasses import dataclass

Point = tuple[float, float]
Rect = tuple[float, float, float, float]  # left, top, width, height


@dataclass(frozen=True, slots=True)
class Layout:
    """Positions in the order of the picture's boxes, frames and lines.

    Attributes:
        width: Of the whole.
        height: Of the whole.
        boxes: One rectangle a box.
        frames: One rectangle an unfolded container.
        lines: Points of one cubic Bézier spline a line, ``1 + 3 k`` of them from source to target; none for a port.
        out: The side of a box at which the model's outputs leave: ``"down"``, ``"up"``, ``"right"`` or ``"left"``.
    """

    width: float
    height: float
    boxes: tuple[Rect, ...]
    frames: tuple[Rect, ...]
    lines: tuple[tuple[Point, ...], ...]
    out: str = "down"

    def moved(self, right: float, down: float, width: float, height: float) -> Layout:
        """Return the layout elsewhere in a larger whole."""

        def rect(place: Rect) -> Rect:
            return round(place[0] + right, 1), round(place[1] + down, 1), place[2], place[3]

        lines = tuple(tuple((round(x + right, 1), round(y + down, 1)) for x, y in points) for points in self.lines)
        boxes, frames = tuple(map(rect, self.boxes)), tuple(map(rect, self.frames))
        return Layout(round(width, 1), round(height, 1), boxes, frames, lines, self.out)

    def turned(self) -> Layout:
        """Return the layout with x and y exchanged."""

        def rect(place: Rect) -> Rect:
            return place[1], place[0], place[3], place[2]

        lines = tuple(tuple((y, x) for x, y in points) for points in self.lines)
        return Layout(self.height, self.width, tuple(map(rect, self.boxes)), tuple(map(rect, self.frames)), lines, self.out)
