// Numbers as texts, by hand.
import assert from "node:assert/strict";
import { test } from "node:test";
import { countText, foundText, shortText, valueText } from "../../../kfx/web/numbers.js";

test("values have six digits, in a legend three", () => {
  assert.deepEqual([444.213012, 0.0132, -3, 0, -0, NaN, -Infinity, 1e-7, 1234567].map(valueText), ["444.213", "0.0132", "−3", "0", "0", "NaN", "−Inf", "1e-7", "1234567"]);
  assert.deepEqual([66.68, 1234.5, -0.04971].map(shortText), ["66.7", "1,230", "−0.0497"]);
});

test("counts have commas between thousands", () => {
  assert.equal(countText(1041), "1,041");
  assert.equal(foundText(3, 1041), "3 of 1,041");
});
