"""The parts of a picture as plain values: measured boxes, frames of unfolded containers and lines."""

from __future__ import annotations

from dataclasses import dataclass

from kfx.draw.text_width import fit, text_width

NAME_PX, DETAIL_PX, BADGE_PX = 12.0, 11.0, 10.5  # font sizes
HEIGHT, HEIGHT_ONE_LINE = 38, 26
TEXT_AT, PAD = 26, 9  # px from a box's edge to its text: at the left, after the glyph, and at the right
MOST = 240  # px that a name or a line of settings may be wide


@dataclass(frozen=True, slots=True)
class Options:
    """The contents of a box and the direction of the picture; by the names of ``keras.utils.plot_model``."""

    show_shapes: bool = True
    show_dtype: bool = False
    show_layer_names: bool = True
    show_layer_activations: bool = True
    show_trainable: bool = False
    rankdir: str = "TB"
    splines: str = "spline"
    every_shape: bool = False  # also where a line carries the shape above it, and on skips
    wide: float = 960.0  # px that the drawing may be wide; 0 for one line as it comes


@dataclass(frozen=True, slots=True)
class Box:
    """One drawn box: a call, or a folded container.

    Attributes:
        key: Of the call or the container.
        family: Of its glyph.
        name: First line, cut to fit.
        detail: Second line, cut to fit, or ``""``.
        right: Parameters, e.g. ``"36.9 k"``, or ``""``.
        badge: ``"+6 layers"`` or ``"×4"`` on a folded container, else ``""``.
        title: The whole name and type, for a tooltip and a screen reader.
        frame: Key of the unfolded container around it, or None.
        folded: True when it can be unfolded.
        dead: True when nothing takes what it makes and the model does not return it.
        width: px.
        height: px.
        marks: Class names for its style, e.g. ``("new",)`` or ``("removed",)``.
        side: Text left of the bar at its side, e.g. ``"new"``, ``"+"``; ``""`` for no bar.
        tag: Names of the variables that hold what it makes, shown below it; ``""`` for none.
        apart: True for a layer that was never called; it is drawn apart from the graph.
        port: Text of the tag at its side for a value that many boxes take, or of the one that gives it; ``""`` for none.
        size: Of what it returns, where it is an output of the model; else ``""``.
    """

    key: str
    family: str
    name: str
    detail: str
    right: str
    badge: str
    title: str
    frame: str | None
    folded: bool
    dead: bool
    width: int
    height: int
    marks: tuple[str, ...] = ()
    side: str = ""
    tag: str = ""
    apart: bool = False
    port: str = ""
    size: str = ""

    @property
    def beside(self) -> float:
        """px that its tag needs at its right."""
        return 20 + text_width(self.port, 10.5) if self.port else 0.0


@dataclass(frozen=True, slots=True)
class Frame:
    """An unfolded container: a ground with a title row around its boxes.

    Attributes:
        key: Of the container.
        name: Its title, cut to fit.
        right: Text at the right of the title.
        title: The whole name.
        frame: Key of the frame around it, or None.
        width: px that the title row needs.
        loose: True when its boxes' wiring is unknown; its own box is then one of them and takes the lines.
    """

    key: str
    name: str
    right: str
    title: str
    frame: str | None
    width: int
    loose: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One tensor between two boxes, given by their places in `Picture.boxes`.

    Attributes:
        source: The box that makes it.
        target: The box that takes it.
        label: The shape it carries, ``""`` where it is left out.
        kind: ``"trunk"`` (on the longest path), ``"skip"`` (a longer path joins its ends too), ``"edge"``, or ``"port"`` for a
            value that many boxes take: it is drawn as a tag at each of them, without a line.
        marks: Class names for its style, e.g. ``("err",)``.
    """

    source: int
    target: int
    label: str
    kind: str
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """All that a layout needs to know.

    Attributes:
        name: The model's.
        boxes: What is drawn.
        frames: Unfolded containers around some of them.
        lines: Tensors between boxes.
        pairs: Keys of the boxes or frames at the two ends of each level of a U, the outermost first.
    """

    name: str
    boxes: tuple[Box, ...]
    frames: tuple[Frame, ...]
    lines: tuple[Line, ...]
    pairs: tuple[tuple[str, str], ...] = ()

    @property
    def aside(self) -> float:
        """px that the widest side of a box needs left of it."""
        return max((10 + text_width(box.side, 13, bold=True) for box in self.boxes if box.side), default=0.0)


def outermost(picture: Picture) -> list[str]:
    """Return for each box the key of the outermost frame around it, or its own where there is none."""
    above = {frame.key: frame.frame for frame in picture.frames}

    def top(key: str) -> str:
        around = above.get(key)
        return key if around is None else top(around)

    return [box.key if box.frame is None else top(box.frame) for box in picture.boxes]


def sized(*, name: str, detail: str, right: str, badge: str = "", **rest: object) -> Box:
    """Return a box as wide as its two lines; parameters are right of the name, or of the settings if there is a badge."""
    most = 190 if badge else MOST
    name, detail = fit(name, NAME_PX, most, middle=True), fit(detail, DETAIL_PX, most)
    aside = 12 + text_width(right, DETAIL_PX) if right else 0
    mark = 11 if badge or rest.get("folded") else 0  # the triangle
    first = text_width(name, NAME_PX) + (24 + text_width(badge, BADGE_PX, bold=True) if badge else aside)
    second = mark + text_width(detail, DETAIL_PX) + (aside if badge else 0)
    width = TEXT_AT + max(first, second, 24) + PAD
    return Box(
        name=name,
        detail=detail,
        right=right,
        badge=badge,
        width=2 * round(width / 2),
        height=HEIGHT if detail else HEIGHT_ONE_LINE,
        **rest,  # type: ignore[arg-type]
    )
