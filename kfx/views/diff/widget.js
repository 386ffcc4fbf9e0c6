// @ts-check
// A comparison: the graph of both at the left, what differs at the right, one selection for both.
import { alive, onTraits, setTrait } from "../../web/live.js";
import { glyph, keyListener, make, segmented } from "../../web/ui.js";
import { mountPlot } from "../graph/js/graph.js";

const DIFF_HEADS = ["", "Layer", "What", "A", "B"];

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const unlive = alive(model, el, "kfx", "kfx-diff");
  const tables = model.get("tables");
  const left = make("div", { class: "kfx-diff-graph" });
  const right = make("div", { class: "kfx-diff-tables" });
  const ways = /** @type {[string, string][]} */ ([["both", "Both"], ["a", "Only A"], ["b", "Only B"]]);
  const sides = segmented("Show", ways, (side) => setTrait(model, "shown", side));
  sides.set(model.get("shown"));
  const head = diffHead(tables, sides.node);
  const columns = make("div", { class: "kfx-diff-columns" }, left, right);
  el.append(head, columns);
  const plot = mountPlot(left, model, { bare: true, panel: false, onSelect: choose });
  left.prepend(make("div", { class: "kfx-diff-tools" }, plot.finder, plot.zoomButtons));
  const rows = fillTables(right, tables, choose);
  mark(model.get("selected"));

  /** Select by the user's hand. @param {string} key */
  function choose(key) {
    show(key);
    setTrait(model, "selected", key);
  }

  /** Select in the drawing and in the tables. @param {string} key */
  function show(key) {
    plot.select(key);
    mark(key);
  }

  /** @param {string} key */
  function mark(key) {
    let first = true;
    for (const { row, keys } of rows) {
      const on = Boolean(key) && keys.includes(key);
      row.classList.toggle("kfx-sel", on);
      row.setAttribute("aria-selected", String(on));
      if (on && first) row.scrollIntoView?.({ block: "nearest" });
      first = first && !on;
    }
  }

  const stop = onTraits(model, { selected: show, drawing: plot.redraw, shown: sides.set });
  return () => {
    stop();
    plot.destroy();
    head.remove();
    columns.remove();
    unlive();
  };
}

/** @param {any} tables @param {Node} tools */
function diffHead(tables, tools) {
  const side = (/** @type {string} */ letter, /** @type {string} */ name) =>
    [make("span", { class: `kfx-diff-${letter.toLowerCase()}`, text: letter }), " ", make("bdi", { text: name })];
  const [a, b] = tables.names;
  return make("div", { class: "kfx-head" },
    make("span", { class: "kfx-title" }, ...side("A", a), " → ", ...side("B", b)),
    make("span", { class: "kfx-facts", text: tables.facts.join(" · ") }),
    make("span", { class: "kfx-tools" }, tools));
}

/**
 * Draw what differs, and the weights that moved.
 * @param {HTMLElement} host @param {any} tables @param {(key: string) => void} onPick
 * @returns {{row: any, keys: string[]}[]} the rows that can be selected
 */
function fillTables(host, tables, onPick) {
  const found = /** @type {{row: any, keys: string[]}[]} */ ([]);
  const add = (/** @type {any} */ row, /** @type {string} */ key, /** @type {string[]} */ keys) => {
    found.push({ row, keys });
    if (key) makePickable(row, host, () => onPick(key));
    return row;
  };
  if (tables.rows.length) {
    const body = tables.rows.map((/** @type {any} */ one) => add(changeRow(one), one.key, one.keys));
    host.append(diffTable("What differs", DIFF_HEADS, body));
  }
  if (tables.weights.length) {
    const body = tables.weights.map((/** @type {any} */ one) => add(weightRow(one), one.key, one.keys));
    host.append(diffTable("Weights that differ", ["Weights that differ", "Most in", "Largest relative change"], body));
  }
  if (!found.length) {
    const words = tables.facts[0]; // whether there is none, or not all could be compared
    host.append(make("p", { class: "kfx-empty", text: `${words[0].toUpperCase()}${words.slice(1)}.` }));
  }
  for (const note of tables.notes) host.append(make("div", { class: "kfx-label kfx-diff-note", text: note }));
  return found;
}

/** Let a row be picked by pointer and keys. @param {any} row @param {HTMLElement} host @param {() => void} onPick */
function makePickable(row, host, onPick) {
  row.setAttribute("tabindex", "0");
  row.classList.add("kfx-pick");
  row.addEventListener("click", onPick);
  row.addEventListener("keydown", keyListener(({ key }) => {
    if (key === "Enter" || key === " ") return onPick;
    const all = /** @type {any[]} */ ([...host.querySelectorAll("tr.kfx-pick")]);
    const by = { ArrowDown: 1, ArrowUp: -1 }[key];
    return by ? () => all[all.indexOf(row) + by]?.focus() : null;
  }));
}

/** @param {string} label @param {string[]} heads @param {Node[]} body */
function diffTable(label, heads, body) {
  const ofWeights = heads.length === 3; // whose last column holds numbers
  const cells = heads.map((text, i) =>
    make(text ? "th" : "td", { scope: text ? "col" : null, text, class: ofWeights && i === 2 ? "kfx-n" : null }));
  const table = make("table",
    { class: `kfx-table kfx-diff-table${ofWeights ? " kfx-diff-weights" : ""}`, "aria-label": label },
    make("thead", {}, make("tr", {}, ...cells)), make("tbody", {}, ...body));
  return make("div", { class: "kfx-scroll" }, table);
}

/** @param {any} one */
function changeRow(one) {
  const [sign, layer, what, a, b] = one.cells;
  const kind = { "+": "kfx-diff-b", "−": "kfx-diff-a" }[/** @type {string} */ (one.mark)] ?? "";
  const words = { "+": "added", "−": "removed", "~": "changed" }[/** @type {string} */ (sign)];
  const name = [glyph(one.family), make("bdi", { class: "kfx-long", text: layer })];
  return make("tr", {},
    make("td", { class: `kfx-diff-sign ${kind}`, "aria-label": words, text: sign }),
    make("td", { class: "kfx-c-label" }, layer ? make("span", { class: "kfx-diff-layer" }, ...name) : null),
    make("td", { class: "kfx-dim kfx-diff-what", text: what }),
    make("td", { class: "kfx-diff-value kfx-diff-a" }, make("bdi", { text: a })),
    make("td", { class: "kfx-diff-value kfx-diff-b" }, make("bdi", { text: b })));
}

/** @param {any} one */
function weightRow(one) {
  const bar = one.bar ? make("span", { class: "kfx-bar", "aria-hidden": "true" }) : null;
  bar?.style.setProperty("--kfx-share", `${(one.share * 100).toFixed(1)}%`);
  return make("tr", {},
    make("td", { class: "kfx-c-label" }, make("bdi", { class: "kfx-long", text: one.layer })),
    make("td", { class: "kfx-dim", text: one.weight }),
    make("td", { class: "kfx-n kfx-diff-value" }, one.text, bar));
}

export default { render };
