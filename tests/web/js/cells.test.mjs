import "./page.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { cellOf, isQuiet, widest } from "../../../kfx/views/summary/cells.js";

const column = (id, kind, more = {}) => ({ id, kind, text: id, sorts: id, quiet: "", hides: 0, right: false, ...more });
const LABEL = column("label", "layer");
const PARAMS = column("params", "bar", { text: "paramsText", quiet: "zero", right: true });
const call = {
  label: "conv", type: "Conv2D", family: "conv", settings: "3×3", shape: "4", params: 20, paramsText: "20", share: 0.165,
  shareText: "16.5 % of all parameters", flops: 0, flopsText: "0", memory: null, memoryText: "?", connected: "a, b", trains: "",
};
const tools = { level: 0, isContainer: false, fold: () => {} };
const parts = (node) => node.children.filter((child) => typeof child === "string");

test("long names may be cut after underscores, long types before capitals, and read the same", () => {
  const name = cellOf(LABEL, { ...call, label: "global_average_pooling2d" }, tools);
  assert.deepEqual(parts(name), ["global_", "average_", "pooling2d"]);
  assert.equal(name.textContent, "global_average_pooling2d");
  for (const [type, cut] of [["GlobalAveragePooling2D", ["Global", "Average", "Pooling2D"]], ["Conv2DTranspose", ["Conv2D", "Transpose"]]]) {
    assert.deepEqual(parts(cellOf(column("type", "type"), { ...call, type })), cut);
  }
  assert.deepEqual(parts(cellOf(LABEL, call, tools)), ["conv"]);
});

test("a name of ten thousand characters is one piece of text in a box that clamps it", () => {
  const node = cellOf(LABEL, { ...call, label: "n".repeat(10_000) }, tools);
  assert.equal(node.textContent.length, 10_000);
  assert.equal(node.getAttribute("class"), "kfx-long kfx-clamp");
});

test("a share is drawn beside the number, and nothing beside zero", () => {
  const [bar] = cellOf(PARAMS, call).all("span");
  assert.equal(bar.style["--kfx-share"], "16.5%");
  assert.equal(bar.getAttribute("title"), "16.5 % of all parameters");
  assert.deepEqual(cellOf(PARAMS, { ...call, params: 0, paramsText: "0" }).all("span"), []);
  assert.equal(cellOf(PARAMS, { ...call, share: 0.0001 }).all("span")[0].style["--kfx-share"], "2.0%", "a sliver can be seen");
});

test("a container's button folds and does not select", () => {
  let folds = 0;
  const node = cellOf(LABEL, call, { ...tools, isContainer: true, fold: () => folds++ });
  assert.deepEqual(node.all("button")[0].fire("click"), ["propagation"]);
  assert.equal(folds, 1);
});

test("zeros are quiet, unknown is not", () => {
  const quiet = (id, when) => isQuiet(call, column(id, "plain", { quiet: when }));
  assert.deepEqual(["params", "flops", "memory"].map((id) => quiet(id, "zero")), [false, true, false]);
  assert.deepEqual([quiet("settings", "always"), quiet("label", "")], [true, false]);
});

test("the row that holds the widths has each column's longest text", () => {
  const row = widest([LABEL, PARAMS], [call, { ...call, label: "a_longer_name", paramsText: "1,000,000" }]);
  assert.deepEqual(row.all("div").map((div) => div.textContent), ["a_longer_name", "1,000,000"]);
  assert.equal(row.getAttribute("aria-hidden"), "true");
});
