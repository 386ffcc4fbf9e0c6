"""Limit the size of a notebook's outputs: cut texts, scale pictures down, leave out the rest, each with a note."""

from __future__ import annotations

import base64
import binascii
import io
import json
import re
import warnings
from typing import Any

TEXTS = ("text/plain", "text/markdown", "text/latex")
_SCALED = {"image/png": "PNG", "image/jpeg": "JPEG"}
_LONGEST_CODE = 64  # bytes of a colour's code
_HALF_AT_END = re.compile(r"\x1b(?:\[[0-9;:]{0,62})?$")  # a colour's code that is cut in two
_REST_OF_CODE = re.compile(r"\A\[?[0-9;:]{0,62}m?")
_NOTE = 300  # bytes reserved for the note about what was cut


def text_of(value: object) -> str:
    """Return a text of a notebook as one string; the file may hold it as a list of lines."""
    return "".join(map(str, value)) if isinstance(value, list) else value if isinstance(value, str) else ""


def in_form_of(value: object, text: str) -> str | list[str]:
    """Return the text in the form of another value: a list of lines, or one string."""
    return text.splitlines(keepends=True) if isinstance(value, list) else text


def weight(value: object) -> int:
    """Return about how many bytes a value takes in the file."""
    if isinstance(value, str):
        return len(value.encode(errors="replace"))
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return sum(map(weight, value))
    return len(json.dumps(value))


def cap(output: dict[str, Any], most: int) -> list[str]:
    """Limit each form of an output to ``most`` bytes; return what was changed, in words."""
    changes = []
    for key in ("text", "traceback", "evalue"):
        if key in output and weight(output[key]) > most:
            changes.append(_cut_in(output, key, most))
    data = output.get("data") or {}
    for mime in [mime for mime in data if weight(data[mime]) > most]:
        heavy = weight(data[mime])
        if mime in TEXTS:
            changes.append(_cut_in(data, mime, most))
        elif mime in _SCALED and (small := _scaled(text_of(data[mime]), _SCALED[mime], most)) is not None:
            data[mime] = small
            changes.append(f"{mime} of {size(heavy)} scaled down to {size(weight(small))}")
        else:
            del data[mime]
            metadata = output.get("metadata")
            if isinstance(metadata, dict):
                metadata.pop(mime, None)
            _note_in(data, f"[{mime} of {size(heavy)} left out by kfx freeze]")
            changes.append(f"{mime} of {size(heavy)} left out")
    return changes


def size(number: int) -> str:
    """Format a number of bytes: 900 bytes, 12 kB, 3.4 MB."""
    if number < 1000:
        return f"{number} bytes"
    return f"{number / 1e3:,.0f} kB" if number < 999_500 else f"{number / 1e6:,.1f} MB"


def _note_in(data: dict[str, Any], sentence: str) -> None:
    """Add a sentence to the text where nothing else is left to see."""
    if not set(data) - {"text/plain"}:
        before = text_of(data.get("text/plain", ""))
        data["text/plain"] = in_form_of(data.get("text/plain"), f"{before}\n{sentence}" if before else sentence)


def _cut_in(holder: dict[str, Any], key: str, most: int) -> str:
    value = holder[key]
    text = ("\n" if key == "traceback" else "").join(value) if isinstance(value, list) else value
    short = cut(text, most)
    holder[key] = short.splitlines() if key == "traceback" else in_form_of(value, short)
    return f"text of {size(weight(text))} cut to {size(weight(short))}"


def cut(text: str, most: int) -> str:
    """Return the head and the tail of a text, with a line between them that says what is left out."""
    content = text.encode(errors="surrogatepass")
    if len(content) <= most:
        return text
    room = max(0, most - _NOTE)
    head = _HALF_AT_END.sub("", content[: room * 3 // 4].decode(errors="ignore"))
    tail = content[len(content) - room // 4 :].decode(errors="ignore")
    half = _HALF_AT_END.search(content[: len(content) - room // 4][-_LONGEST_CODE:].decode(errors="ignore"))
    tail = _REST_OF_CODE.sub("", tail, count=1) if half else tail
    head = head[: head.rfind("\n") + 1] or head  # whole lines, where there are lines
    tail = tail[tail.find("\n") + 1 :] or tail
    lines = text.count("\n") - head.count("\n") - tail.count("\n")
    left_out = len(content) - len(head.encode()) - len(tail.encode())
    gap = "" if head.endswith("\n") or not head else "\n"
    return f"{head}{gap}… {lines:,} lines, {size(left_out)}, left out by kfx freeze …\n{tail}"


def _scaled(encoded: str, form: str, most: int) -> str | None:
    """Return a smaller picture in the same format; None where the picture cannot be read."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture: Image.Image = Image.open(io.BytesIO(base64.b64decode(encoded)), formats=(form,))
            picture.load()
        heavy = len(encoded)
        for _ in range(12):
            factor = min(0.9, 0.95 * (most / heavy) ** 0.5)
            wide, high = (max(1, int(side * factor)) for side in picture.size)
            picture = (picture.convert("RGBA") if picture.mode == "P" else picture).resize(
                (wide, high), Image.Resampling.LANCZOS
            )
            file = io.BytesIO()
            picture.save(file, form, **({"quality": 85} if form == "JPEG" else {"optimize": True}))
            small = base64.b64encode(file.getvalue()).decode()
            if len(small) <= most:
                return small
            heavy = len(small)
    except (binascii.Error, ValueError, OSError, SyntaxError, Warning, Image.DecompressionBombError):
        return None
    return None
