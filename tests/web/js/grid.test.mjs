// The numbers and columns of a map.
import assert from "node:assert/strict";
import { test } from "node:test";
import { figureText, firstColumn, isDarkLevel } from "../../../kfx/views/grid/js/figures.js";

test("a number is written as the Python side writes it", () => {
  const told = [
    [1.317, "change", "+1.32"], [-0.0049, "change", "−0.0049"], [0, "change", "0"], [1234.25, "value", "1,234"],
    [2.5e-5, "value", "2.5e−05"], [0.836, "share", "84 %"], [-0.001, "share", "0 %"], [3, "rank", "3"],
    [NaN, "change", "NaN"], [-Infinity, "value", "−∞"],
  ];
  for (const [value, form, text] of told) assert.equal(figureText(value, form), text);
});

test("the columns that are drawn move only for a column that is not among them", () => {
  assert.equal(firstColumn(30, 22, 48, 70), 22);
  assert.equal(firstColumn(0, 22, 48, 70), 0);
  assert.equal(firstColumn(69, 0, 48, 70), 22);
  assert.equal(firstColumn(100, 0, 48, 400), 76);
});

test("text is white on dark colours only", () => {
  const ramp = new Uint8Array([255, 255, 255, 0, 0, 0, 53, 94, 141]);
  assert.deepEqual([0, 1, 2].map((level) => isDarkLevel(ramp, level)), [false, true, true]);
});
