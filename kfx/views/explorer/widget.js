// @ts-check
// The explorer: a model's graph at the left, its table at the right, one head with one find box over both; with data, the inspector
// below the table.
import { alive } from "../../web/live.js";
import { findBox, make, viewHead } from "../../web/ui.js";
import { search, treeOf } from "../../web/tree.js";
import { mountPlot } from "../graph/js/graph.js";
import { mountSummary } from "../summary/table.js";
import { mountInspector } from "../inspector/js/inspector.js";
import { MEASURES } from "../graph/js/ramp.js";

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const unlive = alive(model, el);
  el.classList.add("kfx", "kfx-explore");
  const facts = model.get("facts");
  const tree = treeOf(facts.calls);
  let hits = /** @type {string[]} */ ([]);

  const finder = findBox({ onFind: find, onStep: step, onLeave: () => finder.input.blur() });
  const left = make("div", { class: "kfx-explore-graph" });
  const right = make("div", { class: "kfx-explore-table" });
  const head = viewHead(facts.name, facts.head, finder.node);
  const withData = Boolean(model.get("about")?.layers);
  const below = make("div", { class: "kfx-explore-values", hidden: !withData });
  const columns = make("div", { class: "kfx-explore-columns" }, left, make("div", { class: "kfx-explore-right" }, right, below));
  el.append(head, columns);

  const selected = model.get("selected");
  const given = { facts, folding: model.get("folding"), drawing: model.get("drawing") };
  const plot = mountPlot(left, given, {
    selected,
    colour: model.get("colour"),
    head: false,
    find: false,
    panel: false,
    onSelect: choose,
    onUnfold: (open) => tell("unfolded", open),
    measures: withData,
    onColour: (by) => { measure(by); tell("colour", by); },
  });
  const table = mountSummary(right, facts, { selected, small: true, head: false, foot: !withData, details: !withData, onSelect: choose });
  const inspector = withData ? mountInspector(below, model, { list: false, most: 20, onSelect: show }) : null;
  let measuring = false;
  columns.classList.toggle("kfx-with-data", withData);
  measure(model.get("colour"));

  /** @param {string} name @param {any} value */
  function tell(name, value) {
    model.set(name, value);
    model.save_changes();
  }

  /** Ask once what the drawing is to be coloured by. @param {string} by */
  function measure(by) {
    if (!inspector || measuring || !(by in MEASURES)) return;
    measuring = true;
    inspector.ask({ what: "measures" }).then((answer) => {
      if (answer.error) measuring = false;
      else plot.addMeasured(answer.found);
    });
  }

  /** Select in both halves; neither answers a selection that comes from outside. @param {string} key */
  function show(key) {
    plot.select(key);
    table.select(key);
  }

  /** Select by the user's hand. @param {string} key */
  function choose(key) {
    show(key);
    if (withData && key !== model.get("selected")) model.set("channel", -1);
    tell("selected", key);
  }

  /** @param {string} text */
  function find(text) {
    const found = search(tree, text);
    hits = found ? found.hits : [];
    plot.find(text);
    table.find(text);
    finder.say(found ? `${hits.length.toLocaleString("en")} of ${tree.calls.length.toLocaleString("en")}` : "");
  }

  /** Select the next hit, or the one before. @param {number} by */
  function step(by) {
    if (!hits.length) return;
    const at = hits.indexOf(model.get("selected"));
    choose(hits[at < 0 ? (by > 0 ? 0 : hits.length - 1) : (at + by + hits.length) % hits.length]);
  }

  /** "/" leads to the one find box from anywhere inside. @param {KeyboardEvent} event */
  function slash(event) {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/** @type {Element} */ (event.target).matches("input,textarea,select")) return;
    event.preventDefault();
    event.stopPropagation();
    finder.input.focus();
  }

  el.addEventListener("keydown", slash, true);
  const follow = /** @type {[string, () => void][]} */ ([
    ["change:selected", () => show(model.get("selected"))],
    ["change:drawing", () => plot.redraw(model.get("drawing"))],
    ["change:colour", () => { measure(model.get("colour")); plot.recolour(model.get("colour")); }],
  ]);
  for (const [name, listener] of follow) model.on(name, listener);
  return () => {
    for (const [name, listener] of follow) model.off(name, listener);
    el.removeEventListener("keydown", slash, true);
    inspector?.destroy();
    plot.destroy();
    table.destroy();
    head.remove();
    columns.remove();
    el.classList.remove("kfx", "kfx-explore");
    unlive();
  };
}

export default { render };
