"""The one rule for a call's label."""

from kfx.model.labels import call_label, free_label, without_call


def test_only_a_shared_layers_calls_are_numbered():
    assert call_label("dense", 1, 1) == "dense"
    assert [call_label("dense", call, 2) for call in (1, 2)] == ["dense@1", "dense@2"]


def test_a_taken_label_gets_the_next_free_number():
    assert free_label("dense", {"other"}) == "dense"
    assert free_label("dense", {"dense", "dense~2"}) == "dense~3"


def test_a_label_is_taken_only_inside_its_own_container():
    taken = {"dense", "inner/dense", "inner/dense_1"}
    assert free_label("dense", taken, inside="inner") == "dense~2"
    assert free_label("dense", taken, inside="other") == "dense"
    assert free_label("dense", taken, inside="inner", mark="_", first=1) == "dense_2"


def test_only_a_number_after_the_at_sign_is_left_out():
    assert [without_call(x) for x in ("dense@2", "me@home", "me@home@3", "@2", "dense")] == [
        "dense",
        "me@home",
        "me@home",
        "@2",
        "dense",
    ]
