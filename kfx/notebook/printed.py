"""What a static face adds to a page on paper: nothing is cut at an edge, nothing stands apart from what it belongs to."""

from __future__ import annotations

PICTURE_PX = 640  # height of a picture: a dozen lines of code fit above it on A4 and on Letter
TABLE = 0.8  # of its size on the screen: eight columns then fit beside an exported notebook's prompt
TEXT_PX = 10  # a character of printed text: a hundred of them fit, as many as Keras's own summary is wide
PROMPT_PX = 44  # beside a cell: a page has no room for the screen's 64

# On paper nothing scrolls. Code, text and the way cells follow each other are the host's own, and its export would cut long
# lines at the edge and begin a page between code and its picture. A box that could scroll is never broken over two pages.
PRINTED = (
    "@media print{"
    f".kfx-static img{{max-width:100%!important;max-height:{PICTURE_PX}px!important;break-inside:avoid}}"
    ".kfx-static div{overflow:visible!important}"
    f".kfx-static table{{zoom:{TABLE}}}"
    ".kfx-static tr{break-inside:avoid}.kfx-static thead{display:table-header-group}"
    ".kfx-static pre,.jp-InputArea-editor pre{white-space:pre-wrap!important;overflow-wrap:anywhere}"
    f".jp-OutputArea-output pre{{font-size:{TEXT_PX}px!important;line-height:1.25!important}}"
    f".jp-Notebook{{--jp-cell-prompt-width:{PROMPT_PX}px;padding:0!important}}"
    ".jp-Notebook .jp-Cell,.jp-Notebook .jp-OutputArea{overflow:visible!important}"
    ".jp-InputPrompt,.jp-OutputPrompt{font-size:9px!important;padding-left:0!important;padding-right:4px!important}"
    ".jp-CodeCell>.jp-Cell-inputWrapper,.jp-OutputArea-child:not(:last-child),.kfx-static :has(+img){break-after:avoid}"
    ".jp-InputArea{break-inside:avoid}"
    ".jp-RenderedMarkdown :is(h1,h2,h3){break-after:avoid}"
    ".jp-RenderedMarkdown :is(td,th){white-space:normal!important}"
    ".jp-RenderedMarkdown td code{white-space:pre-wrap;overflow-wrap:anywhere}"
    ".jp-RenderedMarkdown{overflow:visible!important}"
    ".jp-Cell p{orphans:3;widows:3}"
    "}\n"
)
