"""A long day in one kernel: what a cell's new run replaces is closed and freed."""

import gc
import weakref

import keras
import numpy as np
import pytest
from ipywidgets.widgets.widget import _instances

import kfx
from kfx.notebook.shown import MOST_NAMELESS, ShownViews

RUNS = 7
MADE = "x = keras.Input((4,), name='x')\nmodel = keras.Model(x, keras.layers.Dense(2)(x))\nmodels.append(weakref.ref(model))\n"
CELLS = {
    "summary": "kfx.summary(model)",
    "plot_model": "kfx.plot_model(model)",
    "explore": "kfx.explore(model)",
    "explore with data": "kfx.explore(model, np.ones((4, 4)))",
    "inspect": "kfx.inspect(model, np.ones((4, 4)))",
    "diff": "kfx.diff(model, model)",
    "attribute": "kfx.attribute(model, np.ones((2, 4)), target=0)",
    "evaluate": "model.compile(loss='mse')\nkfx.evaluate(model, np.ones((4, 4)), np.ones((4, 2)), verbose=0)",
    "examples": "kfx.examples(model, np.ones((4, 4)), model.layers[-1].name)",
    "embed": "kfx.embed(model, np.random.default_rng(0).random((6, 4)), model.layers[-1].name)",
    "sweep": """s = keras.Input((3, 2))
model = keras.Model(s, keras.layers.Dense(2)(keras.layers.Dense(2, name="h")(s)))
models.append(weakref.ref(model))
kfx.sweep(model, np.ones((1, 3, 2)), np.zeros((1, 3, 2)), "h", metric=0)""",
    "sketch": "kfx.sketch(x)",
    "fit": "model.compile(loss='mse')\nhistory = kfx.fit(model, np.ones((4, 4)), np.ones((4, 2)), epochs=1, verbose=0)",
    "a mistake": "kfx.sketch(x)\nkeras.layers.Conv2D(3, 3)(x)",
}


@pytest.fixture
def run(kernel):
    """``run(code, cell="a")`` runs a cell, as a kernel does when a front end says which cell it is."""
    kernel.user_ns.update(keras=keras, kfx=kfx, np=np, weakref=weakref, models=[])
    kernel.showtraceback = lambda *args, **kwargs: None

    def run(code, cell="a"):
        kernel.run_cell(code, store_history=True, cell_id=cell)

    return run


@pytest.mark.parametrize("name", CELLS)
def test_runs_of_one_cell_keep_as_many_widgets_as_one_run(name, run, kernel):
    counts, refs = [], kernel.user_ns["models"]
    for _ in range(RUNS):
        run(MADE + CELLS[name])
        counts.append(len(_instances))
    gc.collect()
    assert counts[3] > 0 or name == "a mistake"
    assert counts[-1] == counts[3], counts
    assert sum(ref() is not None for ref in refs) <= 2, "dropped models are freed"


def test_data_of_a_replaced_view_are_freed(run, kernel):
    kernel.user_ns["arrays"] = arrays = []
    for _ in range(6):
        run("data = np.ones((8, 4))\narrays.append(weakref.ref(data))\n" + MADE + "kfx.inspect(model, data)")
    gc.collect()
    assert [ref() is not None for ref in arrays] == [False] * 5 + [True]


def test_a_view_that_the_user_keeps_stays_whole(run, kernel):
    run(MADE + "kept = [kfx.inspect(model, np.ones((4, 4)))]\nkept[0]")
    run("1")
    kept = kernel.user_ns["kept"][0]
    assert "widget" not in kept.__dict__, "its output is gone from the notebook"
    assert kept.values.count == 4
    run("kept[0]", "b")
    assert kept.widget.comm is not None, "it can be shown again"


def test_a_view_shown_in_two_cells_stays_until_both_are_replaced(run, kernel):
    run(MADE + "view = kfx.summary(model)\nview")
    run("view", "b")
    widget = kernel.user_ns["view"].widget
    run("1", "b")
    assert widget.comm is not None
    run("1")
    assert widget.comm is None


def test_a_cell_that_shows_the_same_view_again_keeps_it(run, kernel):
    run(MADE + "view = kfx.summary(model)", "z")
    run("view")
    widget = kernel.user_ns["view"].widget
    run("view")
    assert kernel.user_ns["view"].widget is widget
    assert widget.comm is not None


def test_other_cells_keep_their_views(run, kernel):
    for n in range(20):
        run(f"{MADE}v{n} = kfx.summary(model)\nv{n}", f"cell {n}")
    assert all(kernel.user_ns[f"v{n}"].widget.comm is not None for n in range(20))


def test_where_no_cell_is_named_the_same_code_replaces_and_the_newest_stay(run, kernel):
    for n in range(MOST_NAMELESS + 4):
        run(f"{MADE}v{n} = kfx.summary(model)\nv{n}", None)
    live = ["widget" in kernel.user_ns[f"v{n}"].__dict__ for n in range(MOST_NAMELESS + 4)]
    assert live == [False] * 4 + [True] * MOST_NAMELESS
    before = len(_instances)
    for _ in range(5):
        run(f"{MADE}v19 = kfx.summary(model)\nv19", None)
    assert len(_instances) == before


def test_a_result_that_was_replaced_leaves_the_history(run, kernel):
    run(MADE + "kfx.summary(model)")
    old = kernel.user_ns["_"]
    run("other = 1")
    assert old not in kernel.user_ns["Out"].values()
    assert kernel.user_ns["_"] == ""
    run("2")
    assert kernel.user_ns["_"] == 2, "the underscores work as before"


def test_one_callback_serves_all_views(run, kernel):
    for cell in "abc":
        run(MADE + "kfx.summary(model)", cell)
    owners = [getattr(f, "__self__", None) for f in kernel.events.callbacks["post_run_cell"]]
    assert [type(owner) for owner in owners].count(ShownViews) == 1


def test_a_closed_inspector_lets_go_and_says_so(run, kernel):
    run(MADE + "view = kfx.inspect(model, np.ones((4, 4)))\nview")
    view, widget = kernel.user_ns["view"], kernel.user_ns["view"].widget
    text = str(view)
    view.close()
    assert widget.comm is None
    assert str(view) == text
    run("del model, x")
    gc.collect()
    assert kernel.user_ns["models"][0]() is None
    with pytest.raises(
        kfx.ClosedViewError, match=r"is closed and has let go of the model and the data; call kfx\.inspect again"
    ):
        view.values.count  # noqa: B018


def test_closing_twice_or_before_it_was_shown_does_no_harm(small_model):
    view = kfx.explore(small_model)
    view.close()
    view.close()
    assert "layers" in str(view)


def test_a_live_sketch_sends_as_much_after_thirty_cells_as_after_eight(run, kernel):
    run("x = keras.Input((4,), name='x')\nview = kfx.sketch(x)\nview")
    sent = []
    kernel.user_ns["view"].widget.observe(lambda change: sent.append(len(str(change["new"]))), ["facts", "folding", "drawing"])
    totals = []
    for n in range(30):
        sent.clear()
        run(f"y = keras.layers.Dense(2, name='b{n}')(keras.layers.Dense(2, name='a{n}')(x))", "b")
        totals.append(sum(sent))
    assert min(totals) > 0
    assert max(totals[8:]) < 1.1 * totals[8]
    assert "58 replaced, the last 6 shown" in kernel.user_ns["view"].widget.head["facts"]
