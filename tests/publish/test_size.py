"""Sizes are held: a text keeps its head and tail, a picture is scaled, the rest is left out; each says what is missing."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from kfx.publish.size import cap, cut, size, text_of, weight

MOST = 20_000


def picture(form, sides=(400, 300)):
    noise = np.random.default_rng(0).integers(0, 255, (*sides[::-1], 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, form)
    return base64.b64encode(file.getvalue()).decode()


def display(**data):
    return {"output_type": "display_data", "data": {k.replace("_", "/"): v for k, v in data.items()}, "metadata": {}}


def test_a_long_text_keeps_whole_lines_of_its_head_and_tail():
    lines = [f"line {n}" for n in range(10_000)]
    short = cut("\n".join(lines), MOST)
    assert len(short.encode()) <= MOST
    head, gap, *tail = short.partition("… ")[0].splitlines(), *short.partition("… ")[2].split("\n", 1)
    assert head == lines[: len(head)]
    assert tail[0].splitlines() == lines[-len(tail[0].splitlines()) :]
    missing = len(lines) - len(head) - len(tail[0].splitlines())
    assert gap.startswith(f"{missing:,} lines, ")
    assert "left out by kfx freeze" in gap


@pytest.mark.parametrize(
    "text", ["x" * 50_000, "한글" * 20_000, "🦊" * 20_000, "\ud83d" * 30_000], ids=["a", "ko", "emoji", "half"]
)
def test_one_endless_line_is_cut_between_characters(text):
    short = cut(text, MOST)
    assert len(short.encode(errors="replace")) <= MOST
    assert "left out by kfx freeze" in short
    assert cut(short, MOST) == short


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_heavy_picture_is_scaled_down_and_stays_one(form):
    mime = f"image/{form.lower()}"
    output = {"output_type": "display_data", "data": {mime: picture(form)}, "metadata": {}}
    (said,) = cap(output, MOST)
    assert said.startswith(f"{mime} of ")
    assert "scaled down to" in said
    small = Image.open(io.BytesIO(base64.b64decode(output["data"][mime])))
    assert small.format == form
    assert weight(output["data"][mime]) <= MOST
    assert small.width / small.height == pytest.approx(4 / 3, abs=0.1)
    assert cap(output, MOST) == []


def test_what_cannot_be_made_smaller_is_left_out_and_the_text_says_so():
    output = display(text_html="x" * 30_000, text_plain="a table")
    output["metadata"]["text/html"] = {"isolated": True}
    assert cap(output, MOST) == ["text/html of 30 kB left out"]
    assert output["data"] == {"text/plain": "a table\n[text/html of 30 kB left out by kfx freeze]"}
    assert output["metadata"] == {}
    assert cap(output, MOST) == []


def test_beside_a_picture_no_words_are_needed():
    output = display(text_html="x" * 30_000, image_png="UE5H", text_plain="a plot")
    cap(output, MOST)
    assert output["data"] == {"image/png": "UE5H", "text/plain": "a plot"}


@pytest.mark.parametrize("bytes_of", ["no base64!" * 4000, base64.b64encode(b"no picture" * 4000).decode()])
def test_a_picture_that_is_none_is_left_out(bytes_of):
    output = display(image_png=bytes_of)
    (said,) = cap(output, MOST)
    assert said.endswith("left out")
    assert "left out by kfx freeze" in output["data"]["text/plain"]


def test_json_is_weighed_as_it_is_written():
    plot = {"data": [{"y": list(range(9000))}]}
    output = {"output_type": "display_data", "data": {"application/vnd.plotly.v1+json": plot}, "metadata": {}}
    assert weight(plot) == len(json.dumps(plot))
    assert cap(output, MOST)[0].startswith("application/vnd.plotly.v1+json of 5")


@pytest.mark.parametrize("text", ["a\n" * 30_000, ["a\n"] * 30_000], ids=["text", "lines"])
def test_a_stream_keeps_the_form_it_is_kept_in(text):
    output = {"output_type": "stream", "name": "stdout", "text": text}
    assert cap(output, MOST)[0].startswith("text of 60 kB cut to ")
    assert type(output["text"]) is type(text)
    assert len(text_of(output["text"])) <= MOST


def test_a_traceback_is_cut_too():
    output = {"output_type": "error", "ename": "E", "evalue": "", "traceback": ["frame " * 10] * 2000}
    assert cap(output, MOST)[0].startswith("text of ")
    assert weight(output["traceback"]) <= MOST


def test_what_is_light_enough_is_not_touched():
    output = display(text_html="x" * MOST, image_png="y" * MOST, text_plain="z" * MOST)
    before = json.dumps(output)
    assert cap(output, MOST) == []
    assert json.dumps(output) == before


@pytest.mark.parametrize(("number", "words"), [(0, "0 bytes"), (999, "999 bytes"), (12_300, "12 kB"), (3_400_000, "3.4 MB")])
def test_sizes_are_said_for_a_reader(number, words):
    assert size(number) == words
