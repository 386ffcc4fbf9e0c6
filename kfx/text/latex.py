"""Write tables for LaTeX: no part of a name becomes a command."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from kfx.text.untrusted import visible

_SIGNS = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "×": r"$\times$",
    "·": r"$\cdot$",
    "−": "$-$",
    "≥": r"$\geq$",
    "≈": r"$\approx$",
    "→": r"$\rightarrow$",
    "…": r"\ldots{}",
    **{sign: f"\\{sign}" for sign in "{}$&#%_"},
}
_SIGN = re.compile("[" + re.escape("".join(_SIGNS)) + "]")


def latex_text(text: str) -> str:
    r"""Return text that LaTeX prints as it is.

    Example:
        >>> print(latex_text("conv_1, 3×3 & \\input{x}"))
        conv\_1, 3$\times$3 \& \textbackslash{}input\{x\}
    """
    return _SIGN.sub(lambda sign: _SIGNS[sign[0]], visible(text))


def latex_table(heads: Sequence[str], rows: Iterable[Iterable[str]], right: Sequence[bool]) -> str:
    """Return a ``tabular`` with the rules of the package booktabs.

    Args:
        heads: The titles of the columns, as LaTeX.
        rows: The cells, as LaTeX; see `latex_text`.
        right: For each column, whether it is aligned to the right.
    """
    columns = "".join("r" if one else "l" for one in right)
    lines = [" & ".join(cells) + r" \\" for cells in rows]
    head = " & ".join(heads) + r" \\"
    return "\n".join(
        [f"\\begin{{tabular}}{{{columns}}}", r"\toprule", head, r"\midrule", *lines, r"\bottomrule", r"\end{tabular}", ""]
    )
