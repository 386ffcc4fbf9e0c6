// @ts-check
// All that is known about one layer, for the strip below a table and for what a hover over a drawing shows.
import { make, glyph } from "./ui.js";

/**
 * The selected layer's name and facts.
 * @param {any} facts from `kfx.views.payload`
 * @param {{byKey: Map<string, any>, calls: any[]}} tree
 * @param {any} call
 * @param {(key: string) => void} onGo called with the address of a neighbour that was clicked
 * @returns {HTMLElement[]}
 */
export function layerDetails(facts, tree, call, onGo) {
  const feeds = tree.calls.filter((other) => other.feeds.includes(call.key));
  const list = make("dl", { class: "kfx-facts-list" });
  for (const [term, said] of detailFacts(facts, call)) list.append(pair(term, make("dd", { text: said })));
  list.append(pair("Fed by", neighbours(call.feeds.map((/** @type {string} */ key) => tree.byKey.get(key)), onGo, "nothing")));
  list.append(pair("Feeds", neighbours(feeds, onGo, "nothing")));
  const config = call.config === null ? [] : facts.configs[call.config];
  const parts = [
    make("div", { class: "kfx-details-name" }, glyph(call.family), make("b", { text: call.label }), make("span", { class: "kfx-dim", text: call.type })),
    list,
  ];
  if (config.length) {
    const all = make("dl", { class: "kfx-facts-list kfx-config" });
    for (const [name, value] of config) all.append(pair(name, make("dd", { class: "kfx-code", text: value })));
    parts.push(make("details", {}, make("summary", { text: `All ${config.length} settings` }), all));
  }
  return parts;
}

/** What is said about a call, as pairs of a term and its text; empty ones are left out. @param {any} facts @param {any} call @returns {[string, string][]} */
export function detailFacts(facts, call) {
  const trains = { yes: "trained", no: "frozen", partly: "partly frozen" }[/** @type {string} */ (call.trains)];
  const flops = call.flops === null ? call.flopsText : call.flops.toLocaleString("en");
  const source = facts.texts[call.source];
  const memory = call.memory === null ? call.memoryText : `${call.memory.toLocaleString("en")} B`;
  /** @type {[string, string][]} */
  const pairs = [
    ["Address", call.key === call.label ? "" : call.key],
    ["Settings", call.settings],
    ["Input", facts.texts[call.in]],
    ["Output", facts.texts[call.out]],
    ["Shape", facts.texts[call.why]],
    ["Parameters", call.paramsText + (trains ? `, ${trains}` : "")],
    ["FLOPs", flops + (source ? ` · ${source}` : "")],
    ["Activations", memory],
    ["Note", call.note],
  ];
  return pairs.filter(([, said]) => said);
}

/** @param {string} term @param {HTMLElement} said */
function pair(term, said) {
  return make("div", {}, make("dt", { text: term }), said);
}

/** Layers to go to. @param {any[]} calls @param {(key: string) => void} onGo @param {string} none */
function neighbours(calls, onGo, none) {
  const said = make("dd");
  const known = calls.filter(Boolean);
  known.forEach((call, i) => said.append(i ? ", " : "", make("button", { type: "button", class: "kfx-link", title: call.key, text: call.label, on: { click: () => onGo(call.key) } })));
  if (!known.length) said.append(none);
  return said;
}
