import "./page.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { detailFacts, layerDetails } from "../../../kfx/web/layer_details.js";

const facts = { texts: ["(batch, 4) float32", "matrix product"], configs: [[["units", "4"], ["use_bias", "True"]]] };
const call = {
  key: "encoder/dense", label: "dense", type: "Dense", family: "dense", settings: "4 units", in: 0, out: 0, source: 1, config: 0,
  params: 20, paramsText: "20", trains: "no", flops: 36000, flopsText: "36.0 k", memory: 16000, memoryText: "16.0 kB", note: "", feeds: ["x"],
};
const tree = { calls: [call, { key: "y", label: "y", feeds: ["encoder/dense"] }], byKey: new Map([["x", { key: "x", label: "x", feeds: [] }]]) };

test("a layer's facts are exact and say where a formula comes from", () => {
  const said = Object.fromEntries(detailFacts(facts, call));
  assert.equal(said.Address, "encoder/dense");
  assert.equal(said.FLOPs, "36,000 · matrix product");
  assert.equal(said.Activations, "16,000 B");
  assert.equal(said.Parameters, "20, frozen");
  assert.equal("Note" in said, false, "what is empty is left out");
});

test("what is unknown stays unknown", () => {
  const said = Object.fromEntries(detailFacts(facts, { ...call, flops: null, flopsText: "≥ 36", memory: null, memoryText: "?", trains: "" }));
  assert.equal(said.FLOPs, "≥ 36 · matrix product");
  assert.equal(said.Activations, "?");
  assert.equal(said.Parameters, "20");
});

test("neighbours can be gone to and settings are listed", () => {
  const gone = [];
  const parts = layerDetails(facts, tree, call, (key) => gone.push(key));
  const links = parts.flatMap((part) => part.all("button"));
  links.forEach((link) => link.fire("click"));
  assert.deepEqual(gone, ["x", "y"]);
  assert.equal(parts[2].all("summary")[0].textContent, "All 2 settings");
});

test("a layer with no neighbour and no settings says nothing", () => {
  const parts = layerDetails(facts, { calls: [], byKey: new Map() }, { ...call, feeds: [], config: null }, () => {});
  assert.equal(parts.length, 2);
  assert.deepEqual(parts[1].all("dd").slice(-2).map((dd) => dd.textContent), ["nothing", "nothing"]);
});
