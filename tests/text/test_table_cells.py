"""Which characters count as one cell wide, against the Unicode tables."""

import unicodedata

from kfx.text import table as columns


def test_no_character_that_is_taken_for_one_cell_is_another_width():
    for code in range(0x20, 0x3000):
        char = chr(code)
        if columns._narrow(char) and unicodedata.category(char) != "Cc":
            assert unicodedata.east_asian_width(char) not in "WF", hex(code)
            assert unicodedata.category(char) not in ("Mn", "Me", "Cf"), hex(code)
            assert columns.width(char) == 1
