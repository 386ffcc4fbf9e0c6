"""The travelling font inside a saved drawing."""

import base64
import re
import zlib

from kfx.draw.fonts.travelling import FAMILY, font_face, with_font
from kfx.draw.palette import FONTS


def test_both_weights_are_inside_and_come_first():
    saved = with_font("<svg><style>text{fill:red}</style></svg>")
    assert saved.startswith(f"<svg><style>@font-face{{font-family:'{FAMILY}';font-weight:400")
    assert saved.endswith("text{fill:red}</style></svg>")
    assert FONTS.startswith(f"'{FAMILY}'")
    assert len(saved) < 40_000


def test_what_is_inside_is_a_font():
    for packed in re.findall(r"base64,([\w+/=]+)", font_face()):
        content = base64.b64decode(packed)
        assert content[:4] == b"wOFF"
        assert int.from_bytes(content[8:12], "big") == len(content)
        first = content[44:64]  # the first table: tag, offset, length packed and unpacked
        offset, packed_length, length = (int.from_bytes(first[i : i + 4], "big") for i in (4, 8, 12))
        table = content[offset : offset + packed_length]
        assert len(zlib.decompress(table) if packed_length < length else table) == length
