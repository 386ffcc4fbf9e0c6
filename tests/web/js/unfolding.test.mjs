// Which box shows a call while parts of the graph are folded.
import { test } from "node:test";
import assert from "node:assert/strict";
import { boxShowing, holdersAround } from "../../../kfx/views/graph/js/unfolding.js";

const around = { x: null, outer: null, "outer/a": "outer", "outer/inner": "outer", "outer/inner/b": "outer/inner" };
const at = (x, y) => ({ x, y, w: 40, h: 20 });

test("what is around a call is listed from the inside out", () => {
  assert.deepEqual(holdersAround(around, "outer/inner/b"), ["outer/inner", "outer"]);
  assert.deepEqual(holdersAround(around, "nobody"), []);
});

test("a call is shown by its own box, or by the folded container around it", () => {
  const state = { folding: { around }, drawing: { boxes: ["x", "outer"], frames: [] }, places: [at(0, 0), at(0, 50)], framePlaces: [] };
  assert.equal(boxShowing("x", state), 0);
  assert.equal(boxShowing("outer/inner/b", state), 1);
  assert.equal(boxShowing("nobody", state), -1);
});

test("an unfolded container is shown by the box below its title", () => {
  const state = {
    folding: { around },
    drawing: { boxes: ["x", "outer/inner", "outer/a"], frames: ["outer"] },
    places: [at(0, 0), at(100, 190), at(100, 90)], framePlaces: [{ x: 50, y: 60, w: 140, h: 200 }],
  };
  assert.equal(boxShowing("outer", state), 2);
});
