"""The one home of colours and glyphs. The style sheet (kfx.css) and the scripts (ui.js) hold copies; a test compares them."""

from __future__ import annotations

LIGHT = {  # of a drawing in a file, which has no dark form
    "bg": "#fff",
    "node": "#fff",
    "panel": "#F5F6F7",
    "ink": "#1A1F26",
    "ink2": "#535D69",
    "line": "#D5DAE0",
    "line2": "#8D96A1",
    "badge": "#E9EDF2",
    "io": "#475569",
    "conv": "#1D66C9",
    "dense": "#6A2BAF",
    "pool": "#0B7472",
    "norm": "#68707B",
    "act": "#8A5A00",
    "seq": "#B0246F",
    "merge": "#A14A00",
    "model": "#2B3440",
    "custom": "#2C6E1F",
    "error": "#C1121F",
    "new": "#0B57D0",
    "a": "#B34700",  # in the first of two graphs only
    "b": "#1D66C9",  # in the second only
    "refused": "#FBECED",  # the error's colour, very pale
}
TRAIN, VAL = "#1D66C9", "#B34700"  # the curves of a run
RUNS = (TRAIN, VAL, "#0B7472", "#6A2BAF", "#2C6E1F", "#B0246F", "#475569", "#8A5A00")  # curves of several runs
SHADES = ("#F1F5FA", "#D3E1F1", "#A9C6E6", "#7AA7D8", "#3A72B8", "#1F5596", "#0E3566")  # from little to much
MISTAKES = ("#F8EDE4", "#F2DCCB", "#EBC8AE", "#E3B18D", "#D9966A", "#C9691A", "#8A3B00")  # the same for what is wrong
NOTHING = "#F7F9FB"  # the ground of an empty cell
BAR, ACCENT_GROUND = "#7AA7D8", "#E5EEFC"
ON_BRIGHT = "#111418"  # letters on a bright shade in either theme
OUTLINES = ("#0B7472", "#B0246F", "#6A2BAF", "#8A5A00")  # of models marked on one graph

# In a box of 12 × 12. Class g1 is filled with the family's colour, g2 drawn as a line in it.
GLYPHS = {
    "io": '<path class="g1" d="M2.5 1.5 10.5 6l-8 4.5z"/>',
    "conv": '<path class="g2" d="M1 1h10v10H1z"/><path class="g1" d="M4 4h4v4H4z"/>',
    "dense": '<path class="g2" d="M2 2 10 10M2 10 10 2M2 2h8M2 10h8"/>'
    '<path class="g1" d="M.3 2a1.7 1.7 0 1 0 3.4 0a1.7 1.7 0 1 0-3.4 0M.3 10a1.7 1.7 0 1 0 3.4 0a1.7 1.7 0 1 0-3.4 0'
    'M8.3 2a1.7 1.7 0 1 0 3.4 0a1.7 1.7 0 1 0-3.4 0M8.3 10a1.7 1.7 0 1 0 3.4 0a1.7 1.7 0 1 0-3.4 0"/>',
    "pool": '<path class="g1" d="M.8 2h10.4L8 10H4z"/>',
    "norm": '<path class="g2" d="M.8 10C4 10 4 2 6 2s2 8 5.2 8"/>',
    "act": '<path class="g2" d="M.8 9.8H5.4L10.8 1.8"/>',
    "seq": '<path class="g2" d="M9.6 3.2A4.5 4.5 0 1 0 10.5 6"/><path class="g1" d="M11.6 1v4.2H7.4z"/>',
    "merge": '<circle class="g2" cx="6" cy="6" r="4.8"/><path class="g2" d="M6 3.2v5.6M3.2 6h5.6"/>',
    "model": '<path class="g2" d="M3.6 .9h7.5v7.5M.9 3.3h7.8v7.8H.9z"/>',
    "custom": '<path class="g2" d="M6 .8 10.6 3.4v5.2L6 11.2 1.4 8.6V3.4z"/>',
    "error": '<circle class="g1" cx="6" cy="6" r="5.4"/><path class="g3" d="M3.8 3.8l4.4 4.4M8.2 3.8 3.8 8.2"/>',
}

# The first is kfx's own, which a saved picture brings along; the names of the next are the same in all versions of the list.
FONTS = "'kfx Sans','Helvetica Neue',Helvetica,Arial,'Liberation Sans',sans-serif"
_KOREAN = "'Noto Sans CJK KR','Apple SD Gothic Neo','Malgun Gothic',NanumGothic"  # and Chinese, Japanese
WIDE_FONTS = FONTS.replace("sans-serif", f"'DejaVu Sans',{_KOREAN},sans-serif")  # lines as high as in Latin
RENDERED_WIDE_FONTS = f"{_KOREAN},'kfx Sans',sans-serif"  # the renderer takes letters that the first lacks from anywhere
CODE_FONTS = "Menlo,Consolas,'Liberation Mono',monospace"
RENDERED_CODE_FONTS = "Menlo,Consolas,'Liberation Mono','DejaVu Sans Mono','kfx Sans'"


def style() -> str:
    """Return the style sheet inside a drawing in a file; the live view has its own (views/graph/widget.css)."""
    c = LIGHT
    families = "".join(f".f-{f} .g1{{fill:{c[f]}}}.f-{f} .g2{{stroke:{c[f]}}}" for f in GLYPHS)
    return (
        f"text{{font-family:{FONTS};font-size:11px;fill:{c['ink2']}}}"
        f".wide text{{font-family:{WIDE_FONTS}}}"
        f".b{{fill:{c['node']};stroke:{c['line2']}}}.nm{{font-size:12px;font-weight:500;fill:{c['ink']}}}.rt,.kgs{{text-anchor:end}}"
        f".bg{{fill:{c['badge']}}}.kb{{font-size:10.5px;font-weight:600;fill:{c['ink']};text-anchor:middle}}"
        f".kgt{{font-size:11.5px;font-weight:600;fill:{c['ink']}}}.kg{{fill:{c['panel']};stroke:{c['line2']}}}"
        f".kgt,.kgs{{stroke:{c['panel']};stroke-width:4px;paint-order:stroke;stroke-linejoin:round}}"
        f".tw{{fill:{c['ink2']}}}.ke{{fill:none;stroke:{c['line2']};stroke-width:1.25}}.kh{{fill:{c['line2']}}}"
        f".skip .ke{{stroke:{c['merge']};stroke-width:1.75}}.skip .kh{{fill:{c['merge']}}}"
        f".kl{{stroke:{c['bg']};stroke-width:4px;paint-order:stroke;stroke-linejoin:round}}.inner .kl{{stroke:{c['panel']}}}"
        f".ks{{font-size:12px;font-weight:600;fill:{c['ink']}}}.kw{{font-size:11px;font-weight:400;fill:{c['ink2']}}}"
        f".kp{{font-size:10.5px}}.kpl,.port .ke{{fill:none;stroke:{c['line2']};stroke-width:1.25;stroke-dasharray:1.5 2.5}}"
        f".dead .b{{stroke-dasharray:2 3}}.dead .nm{{fill:{c['ink2']}}}"
        f".mb{{fill:none;stroke:{c['ink2']};stroke-width:3}}.ms{{text-anchor:end;font-size:13px;font-weight:700}}"
        f".added .mb{{stroke:{c['b']}}}.added .ms{{fill:{c['b']}}}.removed .mb{{stroke:{c['a']}}}.removed .ms{{fill:{c['a']}}}"
        f".kc.added .ke{{stroke:{c['b']}}}.kc.added .kh{{fill:{c['b']}}}"
        f".kc.removed .ke{{stroke:{c['a']}}}.kc.removed .kh{{fill:{c['a']}}}"
        f".removed .b,.kc.removed .ke{{stroke-dasharray:3 3}}.removed .nm{{fill:{c['ink2']}}}"
        f".g2{{fill:none;stroke-width:1.4}}.g3{{stroke:{c['bg']};stroke-width:1.6}}{families}"
    )


def sketch_style() -> str:
    """Return the rest of the style sheet for the drawing of a growing graph."""
    c = LIGHT
    outlines = "".join(f".kr{n}{{fill:{ink}}}" for n, ink in enumerate(OUTLINES))
    return (
        f".old{{opacity:.45}}.new .mb{{stroke:{c['new']}}}.new .ms{{font-size:10.5px;font-weight:600;fill:{c['new']}}}"
        f".kst{{fill:none;stroke:{c['line2']};stroke-width:1.25;stroke-dasharray:1.5 2.5}}"
        f".kv{{font-family:{CODE_FONTS};font-size:11px;fill:{c['ink']}}}"
        f".kn.err .b,.kn.odd .b{{stroke:{c['error']};stroke-width:2;stroke-dasharray:5 3;fill:{c['refused']}}}"
        f".kc.err .ke{{stroke:{c['error']};stroke-width:1.75}}.kc.err .kh{{fill:{c['error']}}}"
        f".kc.err .kl{{fill:{c['error']};font-weight:600}}.ko{{font-size:11.5px;font-weight:600}}"
        f".ko,.kv,.new .ms{{stroke:{c['bg']};stroke-width:4px;paint-order:stroke;stroke-linejoin:round}}{outlines}"
    )
