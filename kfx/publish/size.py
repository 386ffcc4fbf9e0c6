"""Bring an output of a notebook within a size: texts are cut, pictures scaled down, the rest left out, and each says so."""

from __future__ import annotations

import base64
import binascii
import io
import json
import warnings
from typing import Any

TEXTS = ("text/plain", "text/markdown", "text/latex")
_SCALED = {"image/png": "PNG", "image/jpeg": "JPEG"}
_NOTE = 300  # bytes that a sentence about what was cut may take


def text_of(value: Any) -> str:
    """A text of a notebook, which may be kept as a list of its lines."""
    return "".join(map(str, value)) if isinstance(value, list) else value if isinstance(value, str) else ""


def in_form_of(value: Any, text: str) -> Any:
    """The text, kept as the other value is: as a list of lines or as one string."""
    return text.splitlines(keepends=True) if isinstance(value, list) else text


def weight(value: Any) -> int:
    """Bytes that a value takes in the file, about."""
    if isinstance(value, str):
        return len(value.encode(errors="replace"))
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return sum(map(weight, value))
    return len(json.dumps(value))


def cap(output: dict[str, Any], most: int) -> list[str]:
    """Change an output so that none of its forms is heavier than so many bytes; what was done, in words."""
    said = []
    for key in ("text", "traceback", "evalue"):
        if key in output and weight(output[key]) > most:
            said.append(_cut_in(output, key, most))
    data = output.get("data")
    for mime in [mime for mime in data or () if weight(data[mime]) > most]:
        heavy = weight(data[mime])
        if mime in TEXTS:
            said.append(_cut_in(data, mime, most))
        elif mime in _SCALED and (small := _scaled(text_of(data[mime]), _SCALED[mime], most)) is not None:
            data[mime] = small
            said.append(f"{mime} of {size(heavy)} scaled down to {size(weight(small))}")
        else:
            del data[mime]
            metadata = output.get("metadata")
            if isinstance(metadata, dict):
                metadata.pop(mime, None)
            _say_in(data, f"[{mime} of {size(heavy)} left out by kfx freeze]")
            said.append(f"{mime} of {size(heavy)} left out")
    return said


def size(number: int) -> str:
    """Bytes for a reader: 900 bytes, 12 kB, 3.4 MB."""
    if number < 1000:
        return f"{number} bytes"
    return f"{number / 1e3:,.0f} kB" if number < 999_500 else f"{number / 1e6:,.1f} MB"


def _say_in(data: dict[str, Any], sentence: str) -> None:
    """Where nothing but a text is left to see, the text tells what is missing."""
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
    """The head and the tail of a text, with a line between them that says what is missing."""
    content = text.encode(errors="surrogatepass")
    if len(content) <= most:
        return text
    room = max(0, most - _NOTE)
    head = content[: room * 3 // 4].decode(errors="ignore")
    tail = content[len(content) - room // 4 :].decode(errors="ignore")
    head = head[: head.rfind("\n") + 1] or head  # whole lines, where there are lines
    tail = tail[tail.find("\n") + 1 :] or tail
    lines = text.count("\n") - head.count("\n") - tail.count("\n")
    left_out = len(content) - len(head.encode()) - len(tail.encode())
    gap = "" if head.endswith("\n") or not head else "\n"
    return f"{head}{gap}… {lines:,} lines, {size(left_out)}, left out by kfx freeze …\n{tail}"


def _scaled(encoded: str, form: str, most: int) -> str | None:
    """A smaller picture of the same form; None where it is none that can be read."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(base64.b64decode(encoded)), formats=(form,))
            picture.load()
        heavy = len(encoded)
        for _ in range(12):
            factor = min(0.9, 0.95 * (most / heavy) ** 0.5)
            wide, high = (max(1, int(side * factor)) for side in picture.size)
            picture = (picture.convert("RGBA") if picture.mode == "P" else picture).resize((wide, high), Image.LANCZOS)
            file = io.BytesIO()
            picture.save(file, form, **({"quality": 85} if form == "JPEG" else {"optimize": True}))
            small = base64.b64encode(file.getvalue()).decode()
            if len(small) <= most:
                return small
            heavy = len(small)
    except (binascii.Error, ValueError, OSError, SyntaxError, Warning, Image.DecompressionBombError):
        return None
    return None
