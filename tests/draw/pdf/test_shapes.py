"""Shapes as Bézier curves, against the geometry of circles and lines."""

import math
from xml.etree import ElementTree

import pytest

from kfx.draw.pdf.shapes import shape_path


def points_of(svg, steps=8):
    """Points along all the curves and lines that the operators draw."""
    found, stack, at = [], [], (0.0, 0.0)
    for token in shape_path(ElementTree.fromstring(svg)).split():
        if not token.isalpha():
            stack.append(float(token))
            continue
        if token == "c":
            p = [at, *zip(stack[::2], stack[1::2], strict=True)]
            for t in (i / steps for i in range(1, steps + 1)):
                weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
                found.append(tuple(sum(w * q[axis] for w, q in zip(weights, p, strict=True)) for axis in (0, 1)))
        elif token in "ml":
            found.append(tuple(stack))
        at, stack = (found[-1] if found else at), []
    return found


@pytest.mark.parametrize(
    "svg",
    [
        '<circle cx="6" cy="5" r="4.8"/>',
        '<path d="M1.2 5a4.8 4.8 0 1 0 9.6 0a4.8 4.8 0 1 0 -9.6 0"/>',
        '<path d="M6 .2A4.8 4.8 0 0 1 10.8 5"/>',
        '<path d="M6 .2A4.8 4.8 0 1 0 10.8 5"/>',
    ],
)
def test_arcs_lie_on_their_circle(svg):
    points = points_of(svg)
    assert len(points) >= 8
    assert [math.dist(point, (6, 5)) for point in points] == pytest.approx([4.8] * len(points), abs=0.01)


def test_the_flags_of_an_arc_choose_its_side():
    small = points_of('<path d="M6 .2A4.8 4.8 0 0 1 10.8 5"/>')
    assert all(x >= 6 and y <= 5 for x, y in small), "a quarter, clockwise"
    assert len(points_of('<path d="M6 .2A4.8 4.8 0 1 0 10.8 5"/>')) == 3 * len(small) - 2, "three quarters"


def test_relative_and_absolute_commands_draw_the_same():
    assert points_of('<path d="M1 1h10v10H1z"/>') == points_of('<path d="M1,1L11 1 11 11 1 11Z"/>')
    assert points_of('<path d="m2 3 4 5c1 1 2 2 3 0"/>') == points_of('<path d="M2 3L6 8C7 9 8 10 9 8"/>')


def test_a_rectangle_with_round_corners_stays_in_its_bounds():
    points = points_of('<rect x="-8" y="3" width="40" height="20" rx="4"/>')
    assert min(x for x, _ in points) == -8
    assert max(y for _, y in points) == 23
    corner = [(x, y) for x, y in points if x > 28 and y > 19]
    assert [math.dist(point, (28, 19)) for point in corner] == pytest.approx([4] * len(corner), abs=0.01)


def test_what_is_no_shape_draws_nothing():
    assert shape_path(ElementTree.fromstring("<g/>")) == ""
