import assert from "node:assert/strict";
import { test } from "node:test";
import { aroundOf, containersOf, nextOrder, search, sorted, treeOf, visibleRows, volume } from "../../../kfx/web/tree.js";

const call = (key, more = {}) => ({
  key, parent: key.includes("/") ? key.slice(0, key.lastIndexOf("/")) : null, label: key.split("/").pop(),
  type: "Dense", settings: "", shape: "4", params: 0, flops: 0, memory: 0, ...more,
});
const CALLS = [
  call("image", { type: "Input" }),
  call("encoder", { type: "Functional", params: 60, flops: 128 }),
  call("encoder/b", { params: 20, flops: 40, settings: "3×3 · relu" }),
  call("encoder/core", { type: "Functional", params: 40, flops: null }),
  call("encoder/core/a", { params: 40, flops: null }),
  call("scores", { params: 90, flops: 180 }),
];
const keys = (rows) => rows.map((row) => row.key);
const tree = treeOf(CALLS);

test("folded models hide what is inside, at every level", () => {
  assert.deepEqual(keys(visibleRows(tree, { open: new Set() })), ["image", "encoder", "scores"]);
  assert.deepEqual(keys(visibleRows(tree, { open: new Set(["encoder"]) })), ["image", "encoder", "encoder/b", "encoder/core", "scores"]);
  assert.deepEqual(keys(visibleRows(tree, { open: new Set(["encoder/core"]) })), ["image", "encoder", "scores"]);
  assert.deepEqual(keys(visibleRows(tree, { open: new Set(containersOf(tree)) })), keys(CALLS));
});

test("levels and containers follow from the parents", () => {
  assert.deepEqual([...tree.level.values()], [0, 0, 1, 1, 2, 0]);
  assert.deepEqual(containersOf(tree), ["encoder", "encoder/core"]);
  assert.deepEqual(aroundOf(tree, "encoder/core/a"), ["encoder/core", "encoder"]);
  assert.deepEqual(aroundOf(tree, "image"), []);
  assert.deepEqual(aroundOf(tree, "no such key"), []);
});

test("some rows at the top bring what is inside them and nothing else", () => {
  assert.deepEqual(keys(treeOf(CALLS, ["encoder"]).calls), ["encoder", "encoder/b", "encoder/core", "encoder/core/a"]);
  assert.deepEqual(keys(treeOf(CALLS, ["scores"]).calls), ["scores"]);
});

test("sorting keeps the tree: siblings move, nobody leaves a model", () => {
  const open = new Set(["encoder"]);
  assert.deepEqual(keys(visibleRows(tree, { open, order: { by: "params", down: true } })), ["scores", "encoder", "encoder/core", "encoder/b", "image"]);
  assert.deepEqual(keys(visibleRows(tree, { open, order: { by: "params", down: false } })), ["image", "encoder", "encoder/b", "encoder/core", "scores"]);
});

test("unknown values come last, whichever way", () => {
  const inside = tree.inside.get("encoder");
  assert.deepEqual(keys(sorted(inside, { by: "flops", down: true })), ["encoder/b", "encoder/core"]);
  assert.deepEqual(keys(sorted(inside, { by: "flops", down: false })), ["encoder/b", "encoder/core"]);
});

test("equal values keep the model's order and the calls themselves are not moved", () => {
  const equal = ["c", "a", "b"].map((key) => call(key));
  assert.deepEqual(keys(sorted(equal, { by: "params", down: true })), ["c", "a", "b"]);
  assert.deepEqual(keys(sorted(equal, { by: "label", down: false })), ["a", "b", "c"]);
  assert.deepEqual(keys(equal), ["c", "a", "b"]);
  assert.equal(sorted(equal, null), equal);
});

test("names sort as people count", () => {
  const calls = ["conv_10", "conv_9", "Conv_1"].map((key) => call(key));
  assert.deepEqual(keys(sorted(calls, { by: "label", down: false })), ["Conv_1", "conv_9", "conv_10"]);
});

test("outputs sort by how many values they hold", () => {
  assert.equal(volume("28×28×32"), 25088);
  assert.equal(volume("scalar"), 1);
  assert.equal(volume("32 · 32"), 64);
  assert.equal(volume("priority 1 · department 4"), 5);
  assert.equal(volume("?×128"), Infinity);
  assert.equal(volume("unknown"), Infinity);
});

test("a head's third click leads back to the model's order", () => {
  let order = nextOrder(null, "params", true);
  assert.deepEqual(order, { by: "params", down: true });
  order = nextOrder(order, "params", true);
  assert.deepEqual(order, { by: "params", down: false });
  assert.equal(nextOrder(order, "params", true), null);
  assert.deepEqual(nextOrder(order, "label", false), { by: "label", down: false });
});

test("a search matches name, type, settings and address, every word, any case, and shows what is around a hit", () => {
  const found = search(tree, "  ENCODER/core dense ");
  assert.deepEqual(found.hits, ["encoder/core/a"]);
  assert.deepEqual([...found.shown].sort(), ["encoder", "encoder/core", "encoder/core/a"]);
  assert.deepEqual(search(tree, "functional").hits, ["encoder", "encoder/core"]);
  assert.deepEqual(search(tree, "relu").hits, ["encoder/b"]);
  assert.deepEqual(search(tree, "no such").hits, []);
  assert.equal(search(tree, "   "), null);
});

test("a search shows its hits whatever is folded", () => {
  const { shown } = search(tree, "encoder/core dense");
  assert.deepEqual(keys(visibleRows(tree, { open: new Set(), shown })), ["encoder", "encoder/core", "encoder/core/a"]);
});

test("a thousand layers are sorted and searched within a frame or two", () => {
  const big = treeOf(Array.from({ length: 1000 }, (_, i) => call(`layer_${i}`, { params: (i * 7919) % 1000 })));
  const start = performance.now();
  visibleRows(big, { open: new Set(), order: { by: "params", down: true } });
  assert.equal(search(big, "layer_99").hits.length, 11);
  assert.ok(performance.now() - start < 200);
});
