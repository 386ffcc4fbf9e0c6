import assert from "node:assert/strict";
import { test } from "node:test";
import { bringIntoSight, detailAt, firstCamera, fitCamera, goesOn, grownCamera, keptInSight, LEAST_SCALE, MOST_SCALE, stageHeight, zoomAt } from "../../../kfx/views/graph/js/camera.js";
import { rampOver, trainStep } from "../../../kfx/views/graph/js/ramp.js";
import { copyShown, hiddenBy, opening } from "../../../kfx/views/graph/js/unfolding.js";
import { pathsThrough, stepFrom } from "../../../kfx/views/graph/js/walk_keys.js";

const stage = { w: 800, h: 600 };

/** Where a point of the drawing stands on the stage. */
const seen = (camera, x, y) => [camera.x + camera.k * x, camera.y + camera.k * y];

test("fit shows all of a drawing and never larger than life", () => {
  assert.equal(fitCamera({ w: 100, h: 50 }, stage).k, 1);
  const camera = fitCamera({ w: 1560, h: 400 }, stage);
  assert.equal(camera.k, 0.5);
  assert.deepEqual(seen(camera, 780, 200), [400, 300], "its middle in the middle");
  const tall = fitCamera({ w: 200, h: 5800 }, stage);
  assert.ok(seen(tall, 0, 5800)[1] <= 600);
});

test("a view starts with the whole where that can be read, else at its beginning", () => {
  assert.deepEqual(firstCamera({ w: 300, h: 700 }, stage, { x: 150, y: 20 }), fitCamera({ w: 300, h: 700 }, stage));
  const tall = firstCamera({ w: 300, h: 4000 }, stage, { x: 150, y: 20 });
  assert.equal(tall.k, 1);
  assert.deepEqual(seen(tall, 150, 0), [400, 10], "the first box in the middle, at the top");
  const up = firstCamera({ w: 300, h: 4000 }, stage, { x: 150, y: 3980 });
  assert.deepEqual(seen(up, 150, 4000), [400, 590], "a drawing that flows upwards begins at its foot");
  const wide = firstCamera({ w: 6000, h: 200 }, stage, { x: 30, y: 100 });
  assert.equal(seen(wide, 0, 0)[0], 10);
});

test("a wide drawing is shown in full width where that is nearly readable, else it begins at a scale that is", () => {
  const nearly = firstCamera({ w: 1100, h: 200 }, stage, { x: 550, y: 20 });
  assert.equal(nearly.k, 780 / 1100);
  assert.deepEqual(goesOn(nearly, { w: 1100, h: 200 }, stage), []);
  const wide = firstCamera({ w: 1600, h: 200 }, stage, { x: 800, y: 20 });
  assert.equal(wide.k, 0.86);
  assert.deepEqual(seen(wide, 800, 0)[0], 400, "the first box in the middle");
});

test("a stage says on which sides its drawing goes on", () => {
  const drawing = { w: 2000, h: 2000 };
  assert.deepEqual(goesOn({ x: 10, y: 10, k: 1 }, drawing, stage), ["right", "down"]);
  assert.deepEqual(goesOn({ x: -500, y: -1400, k: 1 }, drawing, stage), ["up", "left", "right"]);
  assert.deepEqual(goesOn(fitCamera(drawing, stage), drawing, stage), []);
});

test("a stage is as high as its drawing, up to a limit", () => {
  assert.equal(stageHeight({ w: 300, h: 400 }, 800, 640), 420);
  assert.equal(stageHeight({ w: 300, h: 4000 }, 800, 640), 640);
  assert.equal(stageHeight({ w: 300, h: 10 }, 800, 640), 120);
});

test("zooming leaves what is under the pointer in its place", () => {
  const camera = { x: 30, y: -20, k: 0.8 };
  const at = { x: 200, y: 100 };
  const point = [(at.x - camera.x) / camera.k, (at.y - camera.y) / camera.k];
  const near = zoomAt(camera, at, 1.5);
  const [x, y] = seen(near, ...point);
  assert.ok(Math.abs(x - 200) < 1e-9 && Math.abs(y - 100) < 1e-9);
  assert.equal(zoomAt(camera, at, 1e9).k, MOST_SCALE);
  assert.equal(zoomAt(camera, at, 1e-9).k, LEAST_SCALE);
});

test("a drawing cannot be lost", () => {
  const camera = keptInSight({ x: 9999, y: -9999, k: 1 }, { w: 300, h: 300 }, stage);
  assert.deepEqual([camera.x, camera.y], [720, -220]);
  assert.deepEqual(keptInSight({ x: 5, y: 5, k: 1 }, { w: 300, h: 300 }, stage), { x: 5, y: 5, k: 1 });
});

test("a box is brought into sight with the least move", () => {
  const camera = { x: 0, y: 0, k: 1 };
  assert.deepEqual(bringIntoSight(camera, { x: 100, y: 100, w: 50, h: 38 }, stage), camera, "seen already");
  assert.deepEqual(bringIntoSight(camera, { x: 100, y: 1000, w: 50, h: 38 }, stage), { x: 0, y: -448, k: 1 });
  assert.deepEqual(bringIntoSight(camera, { x: -100, y: 100, w: 50, h: 38 }, stage), { x: 110, y: 0, k: 1 });
});

const boxAt = (y) => ({ x: 20, y, w: 120, h: 38 });

test("a small drawing stays where it stands, however its own coordinates shift", () => {
  const was = { k: 1, x: 10, y: 10 };
  const camera = grownCamera({ x: -15, y: 0 }, was, [boxAt(100)], { w: 300, h: 200 }, stage, false);
  assert.equal(camera.k, 1);
  assert.equal(camera.x, 10); // -5 would put its left edge out of sight
  assert.equal(camera.y, 10);
  assert.equal(grownCamera({ x: 25, y: 0 }, was, [], { w: 300, h: 200 }, stage, false).x, 35);
});

test("in a tall drawing what is fresh comes into sight, and no further", () => {
  const camera = grownCamera({ x: 0, y: 0 }, { k: 1, x: 10, y: 10 }, [boxAt(1900)], { w: 300, h: 2000 }, stage, false);
  const top = camera.y + camera.k * 1900;
  assert.ok(top > 0 && top + camera.k * 38 < stage.h);
  const there = grownCamera({ x: 0, y: 0 }, { k: 1, x: 10, y: -1400 }, [boxAt(1500)], { w: 300, h: 2000 }, stage, false);
  assert.equal(there.y, -1400);
});

test("a reader's own scale is kept", () => {
  const camera = grownCamera({ x: 0, y: 0 }, { k: 0.3, x: 5, y: 5 }, [], { w: 300, h: 200 }, stage, true);
  assert.deepEqual(camera, { k: 0.3, x: 5, y: 5 });
});

test("what a box shows depends on the scale, and no text is below 9 px", () => {
  assert.deepEqual([1, 0.9, 0.75, 0.6, 0.2].map(detailAt), ["near", "near", "middle", "far", "far"]);
  for (let k = 0.04; k <= 1; k += 0.01) {
    if (detailAt(k) === "near") assert.ok(10.5 * k >= 9);
    if (detailAt(k) === "middle") assert.ok(13 * k >= 9);
  }
});

test("a ramp is fitted to what is drawn, linear up to a spread of 20 and logarithmic beyond", () => {
  const even = rampOver([0, 10, 60, null]);
  assert.equal(even.log, false);
  assert.deepEqual([0, 10, 35, 60].map(even.step), [0, 1, 4, 6]);
  assert.equal(rampOver([10, 200]).log, false);
  assert.equal(rampOver([10, 201]).log, true);
  assert.equal(rampOver([100, 110]).step(100), 1, "not from zero");
  const wide = rampOver([1, 1000, 1_000_000]);
  assert.equal(wide.log, true);
  assert.deepEqual([0, 1, 1000, 1_000_000].map(wide.step), [0, 1, 4, 6]);
  assert.equal(wide.step(null), null, "unknown has no step");
});

test("nearly equal values have no steps", () => {
  const equal = rampOver([100, 104, 0]);
  assert.equal(equal.equal, true);
  assert.deepEqual([100, 104, 0].map(equal.step), [null, null, 0]);
  assert.equal(rampOver([100, 105]).equal, false);
  assert.equal(rampOver([7]).equal, false, "one value is equal to none");
});

test("a ramp over nothing leaves everything at zero", () => {
  assert.equal(rampOver([0, 0]).step(0), 0);
  assert.equal(rampOver([]).step(5), 0);
  assert.equal(rampOver([7]).step(7), 6);
});

test("trained, partly frozen, frozen and without weights differ", () => {
  assert.equal(new Set(["yes", "partly", "no", ""].map(trainStep)).size, 4);
});

//   0 -> 1 -> 2 -> 4, 0 -> 3 -> 4 (lines 0 to 4), 4 -> 5 twice (5, 6)
const ends = [[0, 1], [1, 2], [2, 4], [0, 3], [3, 4], [4, 5], [4, 5]];

// a line of two blocks of two layers between x and y: the second layer of the second block is hidden behind the first
const folding = {
  around: { x: null, line: null, y: null, one: "line", two: "line", a1: "one", b1: "one", a2: "two", b2: "two" },
  containers: ["line", "one", "two"], copies: { line: ["one", "two"] },
};

test("a layer in a copy that is not shown is reached by showing that copy", () => {
  const shown = { open: ["line"], boxes: ["x", "a1", "b1", "y"] };
  assert.deepEqual(hiddenBy("b1", { folding, drawing: shown }), []);
  assert.deepEqual(hiddenBy("b2", { folding, drawing: shown }), ["line", "line#2"]);
  assert.deepEqual(hiddenBy("b2", { folding, drawing: { open: [], boxes: ["x", "line", "y"] } }), ["line", "line#2"]);
  assert.deepEqual(hiddenBy("b2", { folding, drawing: { open: ["line", "line#2"], boxes: ["x", "a2", "b2", "y"] } }), []);
  const all = { open: ["line", "line#all"], boxes: ["x", "one", "two", "y"] };
  assert.deepEqual(hiddenBy("b2", { folding, drawing: all }), ["two"]);
});

test("of a line of equal parts one copy is shown", () => {
  assert.equal(copyShown("line", []), null);
  assert.equal(copyShown("line", ["line"]), 0);
  assert.equal(copyShown("line", ["line", "line#2"]), 1);
  assert.equal(copyShown("line", ["line", "line#all"]), "all");
  assert.deepEqual(opening(["other", "line", "line#2"], ["line#all"]), ["other", "line", "line#all"]);
});

test("the paths through a box hold what feeds it and what it feeds", () => {
  const paths = pathsThrough(3, ends);
  assert.deepEqual([...paths.boxes].sort(), [0, 3, 4, 5]);
  assert.deepEqual([...paths.lines].sort(), [3, 4, 5, 6]);
});

test("a circle among folded boxes ends", () => {
  assert.deepEqual([...pathsThrough(0, [[0, 1], [1, 0]]).boxes].sort(), [0, 1]);
});

const places = [[100, 0], [0, 100], [0, 200], [200, 180], [100, 300], [100, 400]].map(([x, y]) => ({ x, y, w: 80, h: 38 }));

test("arrows walk along lines and across to a neighbour", () => {
  const step = (key, at) => stepFrom(key, at, ends, places, "TB");
  assert.equal(step("ArrowDown", 0), 1, "the nearer of two");
  assert.equal(step("ArrowUp", 4), 2);
  assert.equal(step("ArrowDown", 5), 5, "the way ends");
  assert.equal(step("ArrowRight", 2), 3);
  assert.equal(step("ArrowLeft", 3), 2);
});

test("arrows follow the direction in which the data flows", () => {
  const turned = places.map(({ x, y, w, h }) => ({ x: y * 2, y: x, w, h }));
  assert.equal(stepFrom("ArrowRight", 4, ends, turned, "LR"), 5);
  assert.equal(stepFrom("ArrowLeft", 5, ends, turned, "LR"), 4);
  assert.equal(stepFrom("ArrowUp", 4, ends, places, "BT"), 5);
});
