import "./page.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { predictionNodes, shareEnds } from "../../../kfx/views/inspector/js/input_and_prediction.js";

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
