"""What a static face adds to a page on paper: nothing is cut at an edge, and no picture between two pages."""

from __future__ import annotations

PICTURE_PX = 880  # height of a picture: with its title it fits on A4 and on Letter
TABLE = 0.72  # of its size on the screen: eight columns then fit beside an exported notebook's prompt

# On paper nothing scrolls. Code is the host's own, and its export would cut long lines at the edge.
PRINTED = (
    "@media print{"
    f".kfx-static img{{max-width:100%!important;max-height:{PICTURE_PX}px!important;break-inside:avoid}}"
    ".kfx-static div{overflow:visible!important}"
    f".kfx-static table{{zoom:{TABLE}}}"
    ".kfx-static tr{break-inside:avoid}.kfx-static thead{display:table-header-group}"
    ".kfx-static pre,.jp-InputArea-editor pre{white-space:pre-wrap!important;overflow-wrap:anywhere}"
    "}\n"
)
