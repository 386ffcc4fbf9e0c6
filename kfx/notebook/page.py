"""A static face as a complete web page: light or dark as the reader's system is, without scripts or requests."""

from __future__ import annotations

from html import escape

from kfx.notebook.frame import MEDIUM_PX, MEDIUM_TABLES, NARROW_PX, narrow_tables, turned_over

# The static faces take their colours from the notebook's variables; a page has no notebook, so it brings them.
_COLOURS = {  # light, dark
    "layout-color0": ("#fff", "#15181C"),
    "layout-color1": ("#fff", "#15181C"),
    "layout-color2": ("#F6F8FA", "#1D2126"),
    "layout-color3": ("#E9EDF2", "#2A3037"),
    "ui-font-color0": ("#000", "#fff"),
    "ui-font-color1": ("#1A1F26", "#E8ECF1"),
    "ui-font-color2": ("#535D69", "#A7B0BB"),
    "ui-font-color3": ("#8D96A1", "#77818D"),
    "content-font-color0": ("#000", "#fff"),
    "content-font-color1": ("#1A1F26", "#E8ECF1"),
    "content-font-color2": ("#535D69", "#A7B0BB"),
    "content-link-color": ("#0B57D0", "#8AB8FF"),
    "border-color0": ("#8D96A1", "#77818D"),
    "border-color1": ("#8D96A1", "#77818D"),
    "border-color2": ("#D5DAE0", "#363D46"),
    "border-color3": ("#E9EDF2", "#2A3037"),
    "brand-color1": ("#0B57D0", "#8AB8FF"),
}


def page(title: str, body: str) -> str:
    """A complete HTML document around a static face's markup; even a hostile body could run nothing in it."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<style>
:root{{color-scheme:light dark;{_variables(0)}}}
body{{margin:0 auto;padding:16px;max-width:1200px;overflow-wrap:break-word;
color:var(--jp-ui-font-color1);background:var(--jp-layout-color0);
font:13px/1.45 -apple-system,"Segoe UI",Roboto,"Helvetica Neue",Helvetica,Arial,sans-serif;font-variant-numeric:tabular-nums}}
img{{max-width:100%;height:auto}}table{{font-size:inherit}}
@media (prefers-color-scheme:dark){{:root{{{_variables(1)}}}img.kfx-pic{{{turned_over(0.91)}}}}}
@media (max-width:{MEDIUM_PX}px){{{MEDIUM_TABLES}}}
@media (max-width:{NARROW_PX}px){{{narrow_tables("body")}}}
</style>
</head>
<body>
{body}
</body>
</html>
"""


def _variables(theme: int) -> str:
    return "".join(f"--jp-{name}:{colours[theme]};" for name, colours in _COLOURS.items())
