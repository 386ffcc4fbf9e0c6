"""Dead frames of other tools and floods of progress bars; what a reader can still see stays."""

import pytest

from kfx.publish.others import reduce_bars, replace_frames

TENSORBOARD = '<iframe id="tensorboard-frame-4f3" width="100%" height="800" frameborder="0"></iframe><script>f()</script>'
WANDB = '<iframe src="https://wandb.ai/me/project/runs/1a2b?jupyter=true" style="border:none;width:100%"></iframe>'
LOCAL = '<iframe src="http://localhost:6006/"></iframe>'
OTHER = '<iframe src="https://www.youtube.com/embed/x"></iframe>'


def shown(html):
    return {"output_type": "display_data", "data": {"text/html": html, "text/plain": "<IPython.core.display.HTML object>"}}


@pytest.mark.parametrize(
    ("html", "says"),
    [
        (TENSORBOARD, "TensorBoard stood here, in a frame. Run the notebook to see it."),
        (WANDB, "A page of Weights & Biases stood here, in a frame: https://wandb.ai/me/project/runs/1a2b"),
        (
            '<iframe src="http://localhost:6006/"></iframe>',
            "A program's page stood here, in a frame. Run the notebook to see it.",
        ),
    ],
)
def test_a_dead_frame_becomes_a_sentence(html, says):
    output = shown(html)
    assert len(replace_frames(output)) == 1
    assert output["data"] == {"text/plain": says}
    assert replace_frames(output) == []


@pytest.mark.parametrize("html", ["<b>no frame</b>", OTHER, "<iframe " * 50_000])
def test_what_a_reader_can_still_see_stays(html):
    output = shown(html)
    assert replace_frames(output) == []
    assert output["data"]["text/html"] == html


def stream(*lines):
    return {"output_type": "stream", "name": "stderr", "text": [f"{line}\n" for line in lines]}


def test_a_flood_of_one_bar_is_its_last_line():
    output = stream(
        "begin", *[f"train: {n:3d}%|{'█' * (n // 10):10}| {n}/100 [00:01<00:02, 9.9it/s]" for n in range(101)], "end"
    )
    assert reduce_bars(output) == ["100 lines of progress bars left out, the last of each bar kept"]
    assert output["text"] == ["begin\n", "train: 100%|██████████| 100/100 [00:01<00:02, 9.9it/s]\n", "end\n"]


def test_each_epoch_of_keras_keeps_its_last_line():
    lines = []
    for epoch in (1, 2):
        lines += [f"Epoch {epoch}/2", *[f"{n}/50 ━━━━━━━━━━━━━━━━━━━━ 1s 2ms/step - loss: {n}" for n in range(1, 51)]]
    output = stream(*lines)
    reduce_bars(output)
    assert [line[:9].rstrip() for line in output["text"]] == ["Epoch 1/2", "50/50 ━━━", "Epoch 2/2", "50/50 ━━━"]


@pytest.mark.parametrize(
    "lines", [["1/2 is a half", "2/2 is one"], ["50%", "60%", "70%", "80%"], ["a | b | 1/2"] * 9, ["3/4 cups"] * 9]
)
def test_other_lines_stay(lines):
    output = stream(*lines)
    assert reduce_bars(output) == []
    assert len(output["text"]) == len(lines)
