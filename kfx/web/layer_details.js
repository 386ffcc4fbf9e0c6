// @ts-check
// All that is known about one layer, for the strip below a table and the panel of a drawing.
import { countText } from "./numbers.js";
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
  for (const [term, text] of detailFacts(facts, call)) list.append(pair(term, make("dd", { text })));
  const sources = call.feeds.map((/** @type {string} */ key) => tree.byKey.get(key));
  list.append(pair("Fed by", neighbours(sources, onGo)), pair("Feeds", neighbours(feeds, onGo)));
  const config = call.config === null ? [] : facts.configs[call.config];
  const type = make("span", { class: "kfx-dim", text: call.type });
  const name = make("div", { class: "kfx-details-name" }, glyph(call.family), make("b", { text: call.label }), type);
  const parts = [name, list];
  if (config.length) {
    const all = make("dl", { class: "kfx-facts-list kfx-config" });
    for (const [name, value] of config) all.append(pair(name, make("dd", { class: "kfx-code", text: value })));
    parts.push(make("details", {}, make("summary", { text: `All ${config.length} settings` }), all));
  }
  return parts;
}

/**
 * The facts of a call as pairs of a term and its text; empty ones are left out.
 * @param {any} facts @param {any} call @returns {[string, string][]}
 */
export function detailFacts(facts, call) {
  const trains = { yes: "trained", no: "frozen", partly: "partly frozen" }[/** @type {string} */ (call.trains)];
  const flops = call.flops === null ? call.flopsText : countText(call.flops);
  const source = facts.texts[call.source];
  const memory = call.memory === null ? call.memoryText : `${countText(call.memory)} B`;
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
  return pairs.filter(([, text]) => text);
}

/** @param {string} term @param {HTMLElement} description */
function pair(term, description) {
  return make("div", {}, make("dt", { text: term }), description);
}

/** Layers to go to. @param {any[]} calls @param {(key: string) => void} onGo */
function neighbours(calls, onGo) {
  const links = calls.filter(Boolean).map(({ key, label }) =>
    make("button", { type: "button", class: "kfx-link", title: key, text: label, on: { click: () => onGo(key) } }));
  const parts = links.flatMap((link, i) => (i ? [", ", link] : [link]));
  return make("dd", {}, ...(parts.length ? parts : ["nothing"]));
}
