// Where a drawing is looked at after it has grown.
import { test } from "node:test";
import assert from "node:assert/strict";
import { grownCamera } from "../../../kfx/views/graph/js/camera.js";

const STAGE = { w: 800, h: 600 };
const box = (y) => ({ x: 20, y, w: 120, h: 38 });

test("a small drawing stays where it stands, however its own coordinates shift", () => {
  const was = { k: 1, x: 10, y: 10 };
  const camera = grownCamera({ x: -15, y: 0 }, was, [box(100)], { w: 300, h: 200 }, STAGE, false);
  assert.equal(camera.k, 1);
  assert.equal(camera.x, 10); // -5 would put its left edge out of sight
  assert.equal(camera.y, 10);
  assert.equal(grownCamera({ x: 25, y: 0 }, was, [], { w: 300, h: 200 }, STAGE, false).x, 35);
});

test("in a tall drawing what is fresh comes into sight, and no further", () => {
  const camera = grownCamera({ x: 0, y: 0 }, { k: 1, x: 10, y: 10 }, [box(1900)], { w: 300, h: 2000 }, STAGE, false);
  const top = camera.y + camera.k * 1900;
  assert.ok(top > 0 && top + camera.k * 38 < STAGE.h);
  const there = grownCamera({ x: 0, y: 0 }, { k: 1, x: 10, y: -1400 }, [box(1500)], { w: 300, h: 2000 }, STAGE, false);
  assert.equal(there.y, -1400);
});

test("a reader's own scale is kept", () => {
  const camera = grownCamera({ x: 0, y: 0 }, { k: 0.3, x: 5, y: 5 }, [], { w: 300, h: 200 }, STAGE, true);
  assert.deepEqual(camera, { k: 0.3, x: 5, y: 5 });
});
