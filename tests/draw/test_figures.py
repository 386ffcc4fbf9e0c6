"""Figures: on the user's axes or their own, nothing global changed, names written as they are."""

import subprocess
import sys
import warnings

import pytest

figures = pytest.importorskip("kfx.draw.figures")
matplotlib = pytest.importorskip("matplotlib")


def test_a_figure_of_its_own_is_not_one_of_pyplots():
    import matplotlib.pyplot as plt

    before, settings = plt.get_fignums(), dict(matplotlib.rcParams)
    ax = figures.axes_of(None, 3, 2)
    assert figures.figure_of(ax)._repr_png_().startswith(b"\x89PNG")
    assert plt.get_fignums() == before
    assert dict(matplotlib.rcParams) == settings


def test_given_axes_are_drawn_on_also_in_a_subfigure():
    from matplotlib.figure import Figure

    figure = Figure()
    ax = figure.subfigures(1, 2)[0].add_subplot()
    assert figures.axes_of(ax, 1, 1) is ax
    assert figures.figure_of(ax) is figure
    with pytest.raises(TypeError, match="`ax` is of type str; expected axes of matplotlib"):
        figures.axes_of("axes", 1, 1)


def test_a_dollar_sign_begins_no_formula():
    ax = figures.axes_of(None, 3, 2)
    figures.write(ax, title="cost $\\frac{1}{$ b_1", x="a\nb")
    figures.figure_of(ax)._repr_png_()
    assert ax.get_title().count("\\$") == 2
    assert "\n" not in ax.get_xlabel()


def test_korean_letters_get_a_font_or_one_sentence(monkeypatch):
    assert figures.fonts("plain ×") == ["DejaVu Sans"]
    monkeypatch.setattr(figures, "_font_of_other_scripts", lambda: None)
    with pytest.warns(UserWarning, match="No font with Chinese, Japanese or Korean letters is installed"):
        assert figures.fonts("합성곱") == ["DejaVu Sans"]


def test_korean_letters_are_drawn_where_a_font_is_installed():
    if figures._font_of_other_scripts() is None:
        pytest.skip("No font with Korean letters is installed.")
    ax = figures.axes_of(None, 3, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figures.write(ax, title="합성곱")
        figures.figure_of(ax)._repr_png_()


def test_many_words_are_thinned():
    ax = figures.axes_of(None, 3, 2)
    figures.ticks(ax, "x", [str(n) for n in range(100)])
    assert [label.get_text() for label in ax.get_xticklabels()][:3] == ["0", "3", "6"]


def test_nothing_imports_matplotlib_until_a_figure_is_asked_for():
    code = "import sys, kfx; kfx.inspect, kfx.attention, kfx.plot_model; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
