// Panels of a run: the registry, a user's own panel, a finding.
import "./page.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { makePanel } from "../../../kfx/views/training/panels/registry.js";

globalThis.ResizeObserver = class {
  observe() {}
  disconnect() {}
};

const HOSTILE = "<img src=x onerror=alert(1)>";
const own = (more) => ({ title: "t", text: [], heads: [], rows: [], charts: [], lines: null, images: [], files: null, unit: "epoch", reach: [0, 3], marks: [], ...more });

test("a kind without a script of its own is drawn as a user's panel, also one named like a part of every object", () => {
  for (const kind of ["own", "new", "constructor", "__proto__"]) {
    const panel = makePanel(kind, () => {});
    panel.update(own({ title: kind }));
    assert.equal(panel.node.children[0].textContent, kind);
  }
});

test("text and cells of a user's panel stay text", () => {
  const panel = makePanel("own", () => {});
  panel.update(own({ title: HOSTILE, text: [HOSTILE], heads: [HOSTILE], rows: [[HOSTILE, "2"]] }));
  assert.deepEqual(panel.node.all("td").map((cell) => cell.textContent), [HOSTILE, "2"]);
  assert.deepEqual(panel.node.all("th").map((cell) => cell.textContent), [HOSTILE]);
  assert.equal(panel.node.all("img").length, 0);
  panel.update(own({ title: "u" }));
  assert.deepEqual([panel.node.textContent, panel.node.all("table")[0].hidden], ["u", true]);
});

test("each series of a user's panel is a chart with its newest value and a dot for each of its points", () => {
  const panel = makePanel("own", () => {});
  const lines = Float32Array.from([1, 2, 3, 0.5, 0.25, 0.125]);
  const charts = [{ title: "gap", sizes: [0, 3, 0], names: ["", ""], best: -1, train: "0.125", val: "" }];
  panel.update(own({ charts, lines: new DataView(lines.buffer) }));
  assert.equal(panel.node.all("circle").length, 3);
  assert.equal(panel.node.all("text").at(-1).textContent, "0.125");
  assert.equal(panel.node.all("svg")[0].getAttribute("aria-label"), "gap by epoch: 0.125");
  panel.destroy();
});

test("pictures are cut out of their joined files in order, and their names stay text", () => {
  const panel = makePanel("own", () => {});
  const files = new DataView(Uint8Array.from([1, 1, 1, 2, 2]).buffer);
  const images = [{ name: "matrix", media: "image/svg+xml", size: 3 }, { name: HOSTILE, media: "image/png", size: 2 }];
  panel.update(own({ images, files }));
  assert.deepEqual(panel.node.all("img").map((image) => image.getAttribute("alt")), ["matrix", HOSTILE]);
  assert.deepEqual(panel.node.all("figcaption").map((one) => one.textContent), [HOSTILE]);
  assert.ok(panel.node.all("img").every((image) => image.getAttribute("src").startsWith("blob:")));
  panel.update(own({}));
  assert.equal(panel.node.all("img").length, 0);
  panel.destroy();
});

test("a finding is shown while there is one", () => {
  const panel = makePanel("finding", () => {});
  panel.update({ text: "loss stopped being finite." });
  assert.deepEqual([panel.node.textContent, panel.node.hidden], ["loss stopped being finite.", false]);
  panel.update({ text: "" });
  assert.equal(panel.node.hidden, true);
});
