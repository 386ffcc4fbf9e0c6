"""The progress of an extraction to disk: an honest line while it runs, the same line every time at the end."""

import pytest

from kfx.values.store.progress import ExtractProgress
from kfx.views.extract.progress import progress_html, progress_state, progress_text


def state(examples=250, total=1000, resumed=0, nbytes=2_000_000, seconds=10.0, phase="running"):
    return progress_state("digits", ExtractProgress(examples, total, resumed, nbytes, seconds), phase)


def text(examples, total, resumed, nbytes, *, finished, name="digits"):
    return progress_text(name, ExtractProgress(examples, total, resumed, nbytes, 10.0, finished))


def test_speed_and_time_left_count_only_what_this_run_did():
    assert state() == {
        "name": "digits",
        "share": 0.25,
        "words": ["250 of 1,000 examples", "2.0 MB written", "25 examples/s", "30 s left"],
        "phase": "running",
    }
    assert state(resumed=200)["words"][2:] == ["5.0 examples/s", "2 min left", "200 from before"]


def test_unknown_figures_are_left_out():
    assert state(total=None)["share"] is None
    assert state(total=None)["words"] == ["250 examples", "2.0 MB written", "25 examples/s"]
    assert state(nbytes=0, seconds=0.1)["words"] == ["250 of 1,000 examples"]
    assert state(seconds=0.1)["words"] == ["250 of 1,000 examples", "2.0 MB written"]
    assert state(resumed=250)["words"] == ["250 of 1,000 examples", "2.0 MB written", "250 from before"]


@pytest.mark.parametrize("total", [1000, None])
def test_a_finished_extraction_shows_no_time(total):
    done = state(examples=1000, total=total, phase="done")
    assert (done["share"], done["words"]) == (1.0, ["1,000 examples", "2.0 MB written"])


def test_the_line_that_stays_is_the_same_on_every_run():
    assert text(1000, 1000, 0, 2_000_000, finished=True) == "digits: 1,000 examples written (2.0 MB)"
    assert text(1000, 1000, 400, 1_200_000, finished=True) == (
        "digits: 1,000 examples written, 400 of them from before (1.2 MB)"
    )
    assert text(1000, 1000, 1000, 0, finished=True) == "digits: 1,000 examples, all written before"
    assert text(0, 0, 0, 0, finished=True) == "digits: 0 examples written (0 B)"
    assert text(250, 1000, 0, 0, finished=False) == (
        "digits: stopped after 250 of 1,000 examples; the same call goes on from what is written"
    )


def test_a_models_name_is_only_text():
    line = text(1, 1, 0, 0, finished=True, name="<script>\n")
    assert "\n" not in line
    html = progress_html(line, 1.0)
    assert "<script" not in html
    assert "&lt;script&gt;" in html
