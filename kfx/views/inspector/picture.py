"""The values of one layer as one PNG on white: maps in a sheet, bars, or strips."""

from __future__ import annotations

from io import BytesIO

from kfx.draw.png import png
from kfx.draw.values.bars_and_strips import bars, strips
from kfx.draw.values.contact_sheet import contact_sheet
from kfx.draw.values.scale import levels, smaller
from kfx.views.inspector.facts import CHANNELS, Inspected


def inspect_picture(shown: Inspected) -> bytes:
    """The strongest channels as a picture.

    Raises:
        ValueError: There is nothing to draw, e.g. of text.
    """
    values = shown.values
    if values.plan.kind == "nothing":
        raise ValueError(f"There is nothing to draw. {values.note}")
    if values.plan.kind == "vector":
        return png(bars(values.stack.ravel(), shown.unit_names))
    picked = [int(c) for c in values.rank.order[:CHANNELS]]
    maps, side = smaller(values.stack[picked], 480)
    drawn = levels(maps, values.scale)
    if values.plan.kind == "strips":
        return png(strips(drawn[:, 0], picked, shown.tokens if side == 1 else None, signed=values.scale.signed))
    cell = max(56, min(224, max(maps.shape[1:])))
    return _on_white(contact_sheet(drawn, list(map(str, picked)), signed=values.scale.signed, cell=cell))


def _on_white(sheet: bytes) -> bytes:
    from PIL import Image

    image = Image.open(BytesIO(sheet)).convert("RGBA")
    ground = Image.new("RGBA", image.size, "white")
    ground.alpha_composite(image)
    out = BytesIO()
    ground.convert("RGB").save(out, "PNG", optimize=True)
    return out.getvalue()
