"""Whatever a layer is called, printing it neither fails nor commands the terminal."""

import io

import pytest

from kfx.cli.terminal import encodable, say


def printed(text, encoding, errors="strict"):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors=errors, newline="\n")
    say(text, stream)
    stream.flush()
    return stream.buffer.getvalue().decode(encoding)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp949", "utf-8", "utf-16-le"])
def test_every_hostile_name_can_be_printed(hostile_name, encoding):
    assert printed(hostile_name, encoding).endswith("\n")


def test_korean_survives_where_the_encoding_has_it():
    assert printed("합성곱", "utf-8") == printed("합성곱", "cp949") == "합성곱\n"


def test_korean_becomes_escapes_where_it_has_not():
    assert printed("합성곱 28×28", "cp1252") == "\\ud569\\uc131\\uacf1 28×28\n"


def test_tables_keep_their_lines_in_ascii():
    assert printed("28×28 │ ── …", "ascii") == "28x28 | -- ~\n"


def test_lookalikes_are_ascii_and_keep_the_width_but_for_one():
    from kfx.cli.terminal import LOOKALIKES

    assert all(instead.isascii() for instead in LOOKALIKES.values())
    assert [chr(sign) for sign, instead in LOOKALIKES.items() if len(instead) != 1] == ["≥"]


def test_control_characters_are_shown_and_not_obeyed():
    assert printed("a\x1b[31mb\x07\x00\r\x9b\x7f", "utf-8") == "a\\x1b[31mb\\x07\\x00\\r\\x9b\\x7f\n"
    assert printed("two\nlines\tand a tab", "utf-8") == "two\nlines\tand a tab\n"
    assert printed("turned\u202eround", "utf-8") == "turned\\u202eround\n"


def test_lone_surrogates_become_escapes():
    assert encodable("half\ud83d", "utf-8") == "half\\ud83d"


def test_text_that_fits_is_not_touched():
    assert encodable("Straße 28×28", "cp1252") == "Straße 28×28"
