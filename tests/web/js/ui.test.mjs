import "./page.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { button, findBox, glyph, make, segmented, viewHead } from "../../../kfx/web/ui.js";

test("a name stays text, whatever it holds", () => {
  const name = '<img src=x onerror="alert(1)">';
  const node = make("span", { text: name, title: name }, name);
  assert.equal(node.textContent, name + name);
  assert.equal(node.getAttribute("title"), name);
  assert.deepEqual(node.all("img"), []);
});

test("false, null and undefined leave an attribute out; true and zero do not", () => {
  const node = make("button", { hidden: false, title: null, role: undefined, disabled: true, tabindex: 0 }, null, undefined);
  assert.deepEqual([...node.attributes], [["disabled", ""], ["tabindex", "0"]]);
  assert.deepEqual(node.children, []);
});

test("every family has a glyph of its own and an unknown one gets the custom one", () => {
  const families = ["io", "conv", "dense", "pool", "norm", "seq", "merge", "model", "custom", "error"];
  const drawn = families.map((family) => JSON.stringify(glyph(family).children.map((part) => [...part.attributes])));
  assert.equal(new Set(drawn).size, families.length);
  const paths = (family) => glyph(family).all("path").map((path) => path.getAttribute("d"));
  assert.deepEqual(paths("no such family"), paths("custom"));
  assert.deepEqual(paths("constructor"), paths("custom"));
});

test("a glyph is hidden from screen readers and takes its family's colour", () => {
  const node = glyph("conv");
  assert.equal(node.getAttribute("aria-hidden"), "true");
  assert.equal(node.all("path")[0].getAttribute("stroke"), "var(--kfx-conv)");
  assert.equal(node.all("path")[1].getAttribute("fill"), "var(--kfx-conv)");
});

test("the find box searches, steps, empties and leaves by keyboard, and keeps the notebook's shortcuts out", () => {
  const log = [];
  const box = findBox({ onFind: (text) => log.push(["find", text]), onStep: (by) => log.push(["step", by]), onLeave: () => log.push(["leave"]) });
  box.input.value = "conv";
  box.input.fire("input");
  assert.deepEqual(box.input.fire("keydown", { key: "Enter" }), ["propagation", "default"]);
  box.input.fire("keydown", { key: "Enter", shiftKey: true });
  box.input.fire("keydown", { key: "Escape" });
  box.input.fire("keydown", { key: "Escape" });
  assert.deepEqual(box.input.fire("keydown", { key: "a" }), ["propagation"]);
  assert.deepEqual(log, [["find", "conv"], ["step", 1], ["step", -1], ["find", ""], ["leave"]]);
  box.say("3 of 15");
  assert.equal(box.node.all("span").find((span) => span.getAttribute("role") === "status").textContent, "3 of 15");
  assert.equal(box.input.getAttribute("aria-label"), "Find a layer");
});

test("one of the segmented buttons is pressed", () => {
  const picked = [];
  const seg = segmented("Colour", [["family", "Family"], ["params", "Parameters"]], (value) => picked.push(value));
  const pressed = () => seg.node.all("button").map((b) => b.getAttribute("aria-pressed"));
  seg.set("family");
  assert.deepEqual(pressed(), ["true", "false"]);
  seg.node.all("button")[1].fire("click");
  assert.deepEqual(pressed(), ["false", "true"]);
  assert.deepEqual(picked, ["params"]);
  assert.equal(seg.node.getAttribute("aria-label"), "Colour");
});

test("a button is a button that submits nothing", () => {
  let clicks = 0;
  const node = button("Fit", () => clicks++, { title: "f" });
  node.fire("click");
  assert.equal(clicks, 1);
  assert.equal(node.getAttribute("type"), "button");
});

test("a head reads as one line", () => {
  const node = viewHead("<b>net</b>", [{ text: "2 layers" }, { strong: "90", text: "parameters" }]);
  assert.equal(node.textContent, "<b>net</b>2 layers · 90 parameters");
});
