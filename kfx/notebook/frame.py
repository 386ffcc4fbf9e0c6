"""The frame around a static face in a notebook: hidden while the live view works, in the notebook's theme, whole on paper."""

from __future__ import annotations

# In a saved notebook the static face comes first and the widget's output second. While the widget lives (its script sets
# .kfx-live) the static face is hidden. A widget that cannot live (no kernel, another kernel) is an output panel that holds text
# and no element: it is hidden, so the static face remains. One rule each: an invalid selector would drop its whole list, and
# :has() may not be nested.
_ONE_OF_TWO = """\
.jp-OutputArea-child:has(.kfx-static):has(+ .jp-OutputArea-child .kfx-live){display:none}
.jp-OutputArea-child:has(.kfx-live) + .jp-OutputArea-child:has(.kfx-static){display:none}
.jp-OutputArea-child:has(.kfx-static) + .jp-OutputArea-child:has(> .jp-OutputArea-output.lm-Panel):not(:has(.jp-OutputArea-output > *)){display:none}
.jp-OutputArea-child:has(> .jp-OutputArea-output.lm-Panel):not(:has(.jp-OutputArea-output > *)):has(+ .jp-OutputArea-child .kfx-static){display:none}
"""  # noqa: E501

# A drawing is made once, on white. In a dark notebook it is turned over: light becomes dark, hues stay, and its white becomes
# the host's own ground.
_DARK_HOSTS = {
    "[data-jp-theme-light=false]": 0.93,  # JupyterLab, Notebook 7: #111
    ".jp-mod-dark": 0.93,
    ".vscode-dark": 0.88,  # #1e1e1e
    ".vscode-high-contrast:not(.vscode-high-contrast-light)": 1,
    "html[theme=dark]": 0.88,  # Colab
}


def turned_over(most: float) -> str:
    """Return the CSS that inverts a drawing; its white becomes black for 1, a lighter ground for less."""
    return f"filter:invert({most}) hue-rotate(180deg)"


_DARK = "".join(f"{host} img.kfx-pic{{{turned_over(most)}}}\n" for host, most in _DARK_HOSTS.items())

# Books made by Sphinx. pydata's theme and its children put HTML outputs on a light panel in the dark, and pictures on another;
# a view follows the theme by itself, and its photographs keep their colours.
_IN_DARK_BOOK = (
    "[data-theme=dark] .output:has(>.kfx-static,>.kfx-begun)"
    "{background:none!important;color:inherit!important;padding:0!important}"
    "[data-theme=dark] .kfx-static img{background:none!important;filter:none!important}"
    f"[data-theme=dark] .kfx-static img.kfx-pic{{{turned_over(0.93)}!important}}"
    f"@media(prefers-color-scheme:dark){{[data-theme=auto] img.kfx-pic{{{turned_over(0.93)}}}}}\n"  # furo
)


# Where there is little room a table keeps what names, types, shapes and parameters it has, instead of scrolling sideways.
MEDIUM_PX, NARROW_PX = 940, 700
_LEFT_OUT = {
    "full": (3, 6, 7, 8),
    "lean": (5, 6, 7),
    "least": (5,),
}  # columns of `kfx.views.summary.html`, by its tables' classes
MEDIUM_TABLES = ".kfx-full tr>:nth-child(8),.kfx-lean tr>:nth-child(7){display:none}"  # short: they come with every output


def narrow_tables(around: str) -> str:
    """Return the CSS for narrow outputs, for tables inside the elements that the selector ``around`` matches."""
    cells = ",".join(f"{around} .kfx-{kind} tr>:nth-child({n})" for kind, places in _LEFT_OUT.items() for n in places)
    note = "More columns in a wider window."
    return (
        f"{cells},{around} td>meter{{display:none}}"
        f"{around} table[class] :is(th,td){{padding-inline:2px!important}}"
        f'{around}>div>table:is(.kfx-full,.kfx-lean)::after{{display:table-caption;caption-side:bottom;text-align:left;content:"{note}"}}'
    )


# Measured where JupyterLab lays out; elsewhere the box of an output may be as wide as what is in it, which has no measure then.
_NARROW = (
    ".jp-RenderedHTMLCommon>.kfx-static{container-type:inline-size}"
    f"@container (max-width:{MEDIUM_PX}px){{{MEDIUM_TABLES}}}"
    f"@container (max-width:{NARROW_PX}px){{{narrow_tables('.kfx-static')}}}\n"
)

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


def frame(body: str, slot: str) -> str:
    """Wrap a static face's markup for a notebook's ``text/html``; ``slot`` ties it to its widget."""
    style = f"{_ONE_OF_TWO}{_DARK}{_IN_DARK_BOOK}{_NARROW}{PRINTED}"
    return f'<style>\n{style}</style><div class="kfx-static kfx-s-{slot}">{body}</div>'


# For the output in front of a widget while fit runs. It has no static face, since the finished run shows its own.
_UNTIL_LIVE = """\
.kfx-begun::before{content:attr(title)}
.jp-OutputArea-child:has(.kfx-begun):has(+ .jp-OutputArea-child .kfx-live){display:none}
.jp-OutputArea-child:has(.kfx-begun) + .jp-OutputArea-child:has(> .jp-OutputArea-output.lm-Panel):not(:has(.jp-OutputArea-output > *)){display:none}
"""  # noqa: E501


def frame_begun(body: str) -> str:
    """Wrap the sentence that announces a run; ``body`` has the class ``kfx-begun`` and the sentence as its title."""
    return f"<style>\n{_UNTIL_LIVE}{_IN_DARK_BOOK}</style>{body}"
