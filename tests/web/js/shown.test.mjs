import "./page.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { lookSentence } from "../../../kfx/views/inspector/js/axis_words.js";
import { predictionNodes, shareEnds } from "../../../kfx/views/inspector/js/input_and_prediction.js";
import { chartEnds, linePath } from "../../../kfx/views/inspector/js/lines.js";
import { wordsNode } from "../../../kfx/views/inspector/js/shown_parts.js";

const bars = (prediction) => predictionNodes([prediction], "").flatMap((node) => node.all("span"));
const ends = (bar) => [bar.style["--kfx-from"], bar.style["--kfx-share"]];
const row = (unit, share) => ({ name: `class ${unit}`, unit, text: String(share), share });

test("a bar begins at the left, or in the middle where some lead left of zero", () => {
  assert.deepEqual(shareEnds(0.25, false), { from: 0, to: 25, at: 25 });
  assert.deepEqual(shareEnds(0.25, true), { from: 50, to: 62.5, at: 62.5 });
  assert.deepEqual(shareEnds(-1, true), { from: 0, to: 50, at: 0 });
});

test("without negative values all bars have their whole ground", () => {
  const found = bars({ name: "", rows: [row(0, 0.6), row(1, 0.4)] });
  assert.deepEqual(found.map(ends), [["0.0%", "60.0%"], ["0.0%", "40.0%"]]);
  assert.ok(found.every((bar) => bar.getAttribute("class") === "kfx-share"));
});

test("a negative value leads left of a line of zero that all bars share", () => {
  const found = bars({ name: "", rows: [row(0, 0.5), row(1, -1)] });
  assert.deepEqual(found.map(ends), [["50.0%", "75.0%"], ["0.0%", "50.0%"]]);
  assert.deepEqual(found.map((bar) => bar.getAttribute("class")), ["kfx-share kfx-signed", "kfx-share kfx-signed below"]);
});

test("the mark of the value before is on the same scale", () => {
  const [bar] = bars({ name: "", rows: [row(0, 1)], before: { 0: -0.5 } });
  assert.equal(bar.children[0].style.left, "25.0%");
  assert.deepEqual(ends(bar), ["50.0%", "100.0%"], "zero is in the middle for the mark, too");
});

test("the line of a series has gaps where values are not finite", () => {
  assert.equal(linePath([0, 1, NaN, 1], [0, 1], 0, 10), "M0.0 10.0L106.7 0.0M320.0 0.0");
  assert.deepEqual(chartEnds([[1, NaN, 3], [-2, 0, 1]]), [-2, 3]);
  assert.deepEqual(chartEnds([[2, 2]]), [1.5, 2.5]);
  assert.deepEqual(chartEnds([[NaN]]), [0, 1]);
});

test("a sentence says who looks at whom, and at whom most", () => {
  const weights = [0.1, 0.7, 0.2, 0, 0, 1];
  const said = lookSentence(weights, { row: 0, column: 2 }, ["bad", "film"], ["the", "not", "bad"]);
  assert.equal(said, "bad (0) looks at bad (2): 0.20 · most at not 0.70, bad 0.20, the 0.10");
  assert.ok(lookSentence([0, 0], { row: 0, column: 1 }, ["a"], ["b", "c"]).endsWith("most at nothing"));
});

test("words carry their exact numbers and padding is left out", () => {
  const spans = wordsNode(["안녕", "", "dog"], ["50256", "0", "7"]).all("span");
  assert.deepEqual(spans.map((span) => [span.textContent, span.getAttribute("data-id")]), [["안녕", "50256"], ["dog", "7"]]);
});

test("a hostile word of a vocabulary is text", () => {
  const row = { name: "<img src=x>", unit: 1, text: "9 %", share: 0.09 };
  const [node] = predictionNodes([{ name: "", kind: "positions", rows: [], note: "", positions: [{ step: 0, word: "<b>", rows: [row] }] }], "");
  assert.deepEqual(node.all("bdi").map((one) => one.textContent), ["<b>", "<img src=x>"]);
  assert.equal(node.all("img").length, 0);
});
