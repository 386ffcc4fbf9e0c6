"""Text that moves a cursor about becomes what stands there in the end; colours stay, commands to a terminal do not."""

import time

import pytest

from kfx.publish.terminal_text import is_calm, settled

BAR = "  0%|          | 0/2\r 50%|█████     | 1/2\r100%|██████████| 2/2\n"
KERAS = "1/2 \x1b[32m━\x1b[0m\x1b[37m━\x1b[0m 9s/step" + "\b" * 6 + "\r2/2 \x1b[32m━━\x1b[0m 1s/step\n"


@pytest.mark.parametrize(
    ("written", "stands"),
    [
        (BAR, "100%|██████████| 2/2\n"),
        (KERAS, "2/2 \x1b[32m━━\x1b[0m 1s/step\n"),
        ("abc\rx", "xbc"),  # a return erases nothing by itself
        ("abc\b\bX", "aXc"),
        ("\b\bx", "x"),
        ("outer 1\ninner 1\x1b[A\router 2\x1b[B\rinner 2\n", "outer 2\ninner 2\n"),
        ("one\ntwo\x1b[2Fgone\n", "gone\ntwo"),
        ("old screen\n\x1b[2J\x1b[Hnew", "new\n"),
        ("abcdef\x1b[4G\x1b[K", "abc"),
        ("abc\x1b[2K\rx", "x  "),
        ("a\x1b[3Cb", "a   b"),
        ("title\x1b]0;a window's name\x07s", "titles"),
        ("\x1b]8;;https://example.com\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("bell\x07 and \x1b[?25lhidden cursor", "bell and hidden cursor"),
        ("dos\r\nline\r\nend\rE", "dos\nline\nEnd"),
        ("\x1b[31mred\rR", "\x1b[31mRed\x1b[0m"),
        ("\x1b[31ma\x1b[32mb\x1b[31mc\rA", "\x1b[31mA\x1b[0m\x1b[32mb\x1b[0m\x1b[31mc\x1b[0m"),
        ("\x1b[", "["),
        ("", ""),
    ],
)
def test_what_stands_in_the_end(written, stands):
    assert _colours(settled(written)) == _colours(stands)


def _colours(text):
    """Each character with the last colour code in front of it, so that equal pictures compare equal."""
    found, colour, i = [], "", 0
    while i < len(text):
        if text[i] == "\x1b" and "m" in text[i:]:
            end = text.index("m", i)
            colour = "" if text[i : end + 1] == "\x1b[0m" else text[i : end + 1]
            i = end + 1
        else:
            found.append((text[i], colour))
            i += 1
    return found


@pytest.mark.parametrize("text", ["plain\n\ttext", "\x1b[1;31mred\x1b[0m", "한글 🦊\n", "dos\r\nlines\r\n", ""])
def test_a_calm_text_comes_back_as_it_is(text):
    assert is_calm(text)
    assert settled(text) is text


@pytest.mark.parametrize("text", [BAR, KERAS, "a\x1b[A\x1b[B\x07", "\x1b[31m\r\x1b[7mx\x1b]2;t", "\x9b31m\x00"])
def test_what_is_settled_is_calm_and_settles_no_more(text):
    once = settled(text)
    assert is_calm(once)
    assert settled(once) == once


@pytest.mark.parametrize(
    "text",
    [
        "\x1b[99999999999B\x1b[99999999C\x1b[99999999Gx\x1b[5;99999999Hy",
        "\x1b[" + "9" * 100_000 + "C\r",
        "\x1b[A\n" * 50_000,
        "\r" + "\x1b[31m\x1b[1m" * 50_000 + "x",
        "\x1b]" * 100_000,
        "x" * 1_000_000 + "\rA",
    ],
)
def test_hostile_text_costs_little(text):
    started = time.perf_counter()
    assert len(settled(text)) <= len(text) + 1000
    assert time.perf_counter() - started < 5
