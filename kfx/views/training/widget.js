// @ts-check
// The live view of a run: progress, controls, curves, layers, and what was last said.
import { alive } from "../../web/live.js";
import { make, segmented } from "../../web/ui.js";
import { cutCurves } from "./js/curves.js";
import { curvePanel } from "./js/curve_panel.js";
import { askKernel, steeringRow } from "./js/controls.js";
import { layerTable } from "./js/layer_table.js";

const SMOOTHINGS = [0, 0.6, 0.9, 0.97];
const MOST_SEGMENTS = 60;
const DOTS = { running: "kfx-ok", paused: "kfx-warn", failed: "kfx-bad", interrupted: "kfx-warn", stopped: "kfx-warn", done: "kfx-quiet" };

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const unlive = alive(model, el);
  el.classList.add("kfx", "kfx-training");
  const title = make("span", { class: "kfx-title" }), facts = make("span", { class: "kfx-facts" });
  const bar = make("div", { class: "kfx-epochs", role: "progressbar", "aria-label": "Epochs" });
  const status = make("div", { class: "kfx-label kfx-status" });
  const finding = make("div", { class: "kfx-finding", role: "alert" });
  const said = make("span", { class: "kfx-answer", role: "status" }), state = make("span", {}), cost = make("span", { class: "kfx-cost" });
  const line = askKernel((message) => model.send(message), (text, kind) => {
    said.textContent = text;
    said.className = `kfx-answer${kind === "silent" ? " kfx-bad" : kind === "refused" ? " kfx-warn" : ""}`;
  });
  const steering = steeringRow(line.ask);
  const curves = curvesPart();
  const layers = layerTable();
  el.append(
    make("div", { class: "kfx-head" }, title, facts), bar, status, steering.node, finding, curves.node, layers.node,
    make("div", { class: "kfx-label kfx-foot" }, state, said, cost),
  );

  let frame = 0;
  const fresh = new Set(["state", "data", "layers"]);
  const draw = () => {
    frame = 0;
    const now = model.get("state");
    if (fresh.has("state")) {
      title.textContent = now.name || "";
      facts.textContent = (now.facts || []).join(" · ");
      epochBar(bar, now);
      status.replaceChildren(...(now.status || []).map((/** @type {string} */ text, /** @type {number} */ i) => make("span", { text, class: i ? "" : "kfx-strong" })));
      bar.hidden = status.hidden = !(now.parts || []).includes("progress");
      finding.textContent = now.finding || "";
      finding.hidden = !now.finding;
      state.textContent = now.state ? `● ${now.state}` : "";
      state.className = DOTS[/** @type {keyof DOTS} */ (now.state)] || "";
      cost.textContent = now.cost || "";
      if ("steering" in now) steering.update(now);
    }
    if (fresh.has("data")) {
      curves.node.hidden = !(now.parts || []).includes("curves");
      curves.update(model.get("cuts"), model.get("data"));
    }
    if (fresh.has("layers")) layers.update(model.get("layers"));
    fresh.clear();
  };
  const ask = (/** @type {string} */ name) => () => {
    fresh.add(name);
    frame = frame || requestAnimationFrame(draw);
  };
  const changes = { state: ask("state"), cuts: ask("data"), data: ask("data"), layers: ask("layers") };
  for (const [name, listener] of Object.entries(changes)) model.on(`change:${name}`, listener);
  const answered = (/** @type {any} */ message) => { if (message && "ref" in message) line.answered(message); };
  model.on("msg:custom", answered);
  let mine = "";
  const tie = () => { // the static face that is written when the run ends
    if (mine) el.classList.remove(mine);
    mine = /^[0-9a-f]+$/.test(model.get("slot") || "") ? "kfx-w-" + model.get("slot") : "";
    if (mine) el.classList.add(mine);
  };
  model.on("change:slot", tie);
  tie();
  draw();

  return () => {
    cancelAnimationFrame(frame);
    for (const [name, listener] of Object.entries(changes)) model.off(`change:${name}`, listener);
    model.off("msg:custom", answered);
    model.off("change:slot", tie);
    line.destroy();
    steering.destroy();
    curves.destroy();
    el.replaceChildren();
    el.classList.remove("kfx", "kfx-training");
    unlive();
  };
}

/** Segments, one an epoch; many epochs are one bar. @param {HTMLElement} bar @param {any} state */
function epochBar(bar, state) {
  const { first = 0, epochs = 0, done = 0, share = 0 } = state.progress || {};
  const all = Math.max(epochs - first, 1), filled = done - first + share;
  const count = all > MOST_SEGMENTS ? 1 : all;
  while (bar.children.length > count) bar.lastElementChild?.remove();
  while (bar.children.length < count) bar.append(make("span", {}, make("i")));
  [...bar.children].forEach((segment, i) => {
    const part = count === 1 ? filled / all : filled - i;
    /** @type {HTMLElement} */ (segment.firstElementChild).style.width = `${(100 * Math.min(Math.max(part, 0), 1)).toFixed(1)}%`;
  });
  bar.setAttribute("aria-valuemin", String(first));
  bar.setAttribute("aria-valuemax", String(Math.max(epochs, first + 1)));
  bar.setAttribute("aria-valuenow", (done + share).toFixed(1));
  bar.setAttribute("aria-valuetext", (state.status || [])[0] || "");
}

/** The charts with their switches. */
function curvesPart() {
  const way = { log: false, smoothing: 0.9, byEpoch: false };
  const grid = make("div", { class: "kfx-curves" });
  const by = segmented("Points", [["batch", "Batches"], ["epoch", "Epochs"]], (value) => { way.byEpoch = value === "epoch"; redraw(); });
  const axis = segmented("Vertical axis", [["linear", "Linear"], ["log", "Log"]], (value) => { way.log = value === "log"; redraw(); });
  by.set("batch");
  axis.set("linear");
  const smoothing = make("select", { class: "kfx-choice", "aria-label": "Smoothing", on: { change: () => { way.smoothing = Number(smoothing.value); redraw(); } } },
    ...SMOOTHINGS.map((value) => make("option", { value, text: `smoothing ${value}` })));
  smoothing.value = String(way.smoothing);
  const label = make("span", { class: "kfx-label" });
  const node = make("div", { class: "kfx-curves-part" }, make("div", { class: "kfx-curves-tools" }, label, by.node, axis.node, smoothing), grid);
  /** @type {ReturnType<typeof curvePanel>[]} */
  let panels = [];
  /** @type {any} */ let layout = {};
  /** @type {any[]} */ let lines = [];

  function redraw() {
    const words = layout.panels || [];
    label.textContent = words.length ? `Curves, by ${layout.unit}` : "Curves: no values yet";
    while (panels.length > words.length) panels.pop()?.destroy();
    while (panels.length < words.length) panels.push(curvePanel());
    if (grid.children.length !== panels.length || panels.some((one, i) => grid.children[i] !== one.node)) grid.replaceChildren(...panels.map((one) => one.node));
    const wide = grid.clientWidth || 900;
    const most = wide >= 720 ? 3 : wide >= 480 ? 2 : 1;
    const columns = Math.min(most, words.length === 4 ? 2 : Math.max(words.length, 1));
    grid.style.gridTemplateColumns = `repeat(${columns},minmax(0,1fr))`;
    const width = Math.floor((wide - 12 * (columns - 1)) / columns);
    panels.forEach((one, i) => one.draw(words[i], lines[i], layout, way, width));
  }

  let seen = 0;
  const observer = new ResizeObserver(() => {
    if (grid.clientWidth !== seen && grid.clientWidth) {
      seen = grid.clientWidth;
      redraw();
    }
  });
  observer.observe(grid);
  return {
    node,
    /** @param {any} next @param {DataView} bytes */
    update(next, bytes) {
      layout = next || {};
      lines = cutCurves(layout.panels || [], bytes);
      redraw();
    },
    destroy() {
      observer.disconnect();
      for (const one of panels) one.destroy();
    },
  };
}

export default { render };
