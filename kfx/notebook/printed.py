"""What a static face adds to a page on paper: nothing is cut at an edge, and no picture between two pages."""

from __future__ import annotations

PICTURE_PX = 880  # height of a picture: with its title it fits on A4 and on Letter
TABLE = 0.72  # of its size on the screen: eight columns then fit beside an exported notebook's prompt

TEXT_PX = 10  # a character of printed text: a hundred of them fit, as many as Keras's own summary is wide

# On paper nothing scrolls. Code is the host's own, and its export would cut long lines at the edge.
PRINTED = (
    "@media print{"
    f".kfx-static img{{max-width:100%!important;max-height:{PICTURE_PX}px!important;break-inside:avoid}}"
    ".kfx-static div{overflow:visible!important}"
    f".kfx-static table{{zoom:{TABLE}}}"
    ".kfx-static tr{break-inside:avoid}.kfx-static thead{display:table-header-group}"
    ".kfx-static pre,.jp-InputArea-editor pre{white-space:pre-wrap!important;overflow-wrap:anywhere}"
    f".jp-OutputArea-output pre{{font-size:{TEXT_PX}px!important;line-height:1.25!important}}"
    ".jp-RenderedMarkdown :is(h1,h2,h3){break-after:avoid}"
    "}\n"
)
