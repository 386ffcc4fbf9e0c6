"""A static face as a web page that stands alone: light or dark as the reader's system is, no script, nothing fetched."""

from __future__ import annotations

from html import escape

from kfx.notebook.frame import NARROW_PX, narrow_tables, turned_over

# The static faces take their colours from the notebook's variables; a page has no notebook, so it brings them.
_LIGHT = {
    "layout-color0": "#fff",
    "layout-color1": "#fff",
    "layout-color2": "#F6F8FA",
    "layout-color3": "#E9EDF2",
    "ui-font-color0": "#000",
    "ui-font-color1": "#1A1F26",
    "ui-font-color2": "#535D69",
    "ui-font-color3": "#8D96A1",
    "content-font-color0": "#000",
    "content-font-color1": "#1A1F26",
    "content-font-color2": "#535D69",
    "content-link-color": "#0B57D0",
    "border-color0": "#8D96A1",
    "border-color1": "#8D96A1",
    "border-color2": "#D5DAE0",
    "border-color3": "#E9EDF2",
    "brand-color1": "#0B57D0",
}
_DARK = {
    "layout-color0": "#15181C",
    "layout-color1": "#15181C",
    "layout-color2": "#1D2126",
    "layout-color3": "#2A3037",
    "ui-font-color0": "#fff",
    "ui-font-color1": "#E8ECF1",
    "ui-font-color2": "#A7B0BB",
    "ui-font-color3": "#77818D",
    "content-font-color0": "#fff",
    "content-font-color1": "#E8ECF1",
    "content-font-color2": "#A7B0BB",
    "content-link-color": "#8AB8FF",
    "border-color0": "#77818D",
    "border-color1": "#77818D",
    "border-color2": "#363D46",
    "border-color3": "#2A3037",
    "brand-color1": "#8AB8FF",
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
:root{{color-scheme:light dark;{_variables(_LIGHT)}}}
body{{margin:0 auto;padding:16px;max-width:1200px;overflow-wrap:break-word;
color:var(--jp-ui-font-color1);background:var(--jp-layout-color0);
font:13px/1.45 -apple-system,"Segoe UI",Roboto,"Helvetica Neue",Helvetica,Arial,sans-serif;font-variant-numeric:tabular-nums}}
img{{max-width:100%;height:auto}}table{{font-size:inherit}}
@media (prefers-color-scheme:dark){{:root{{{_variables(_DARK)}}}img.kfx-pic{{{turned_over(0.91)}}}}}
@media (max-width:{NARROW_PX}px){{{narrow_tables("body")}}}
</style>
</head>
<body>
{body}
</body>
</html>
"""


def _variables(colours: dict[str, str]) -> str:
    return "".join(f"--jp-{name}:{value};" for name, value in colours.items())
