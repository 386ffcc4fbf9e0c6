import "./page.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { exampleStepper } from "../../../kfx/views/inspector/js/stepper.js";

test("examples are gone through by buttons and by typing, and never beyond the ends", () => {
  const gone = [];
  const stepper = exampleStepper(3, (to) => { gone.push(to); stepper.set(to); });
  const [back, forth] = stepper.node.all("button");
  const [input] = stepper.node.all("input");
  stepper.set(0);
  assert.deepEqual([back.disabled, forth.disabled, input.value], [true, false, "1"]);
  forth.fire("click");
  forth.fire("click");
  assert.deepEqual([back.disabled, forth.disabled, input.value], [false, true, "3"]);
  back.fire("click");
  input.value = "3";
  input.fire("change");
  for (const typed of ["0", "4", "", "two"]) {
    input.value = typed;
    input.fire("change");
    assert.equal(input.value, "3", `${typed} is no example`);
  }
  assert.deepEqual(gone, [1, 2, 1, 2]);
  assert.deepEqual(input.fire("keydown"), ["propagation"], "typing is none of the inspector's keys");
});
