// @ts-check
// The live view of a run: a head, the panels that Python names, and a foot with the last answer.
import { alive } from "../../web/live.js";
import { make } from "../../web/ui.js";
import { commandLine } from "./js/command_line.js";
import { makePanel } from "./panels/registry.js";

/** @type {Record<string, string>} */
const DOTS = {
  running: "kfx-ok", paused: "kfx-warn", failed: "kfx-bad",
  interrupted: "kfx-warn", stopped: "kfx-warn", done: "kfx-quiet",
};

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const unlive = alive(model, el);
  el.classList.add("kfx", "kfx-training");
  const title = make("span", { class: "kfx-title" }), facts = make("span", { class: "kfx-facts" });
  const answer = make("span", { class: "kfx-answer", role: "status" });
  const state = make("span", {}), cost = make("span", { class: "kfx-cost" });
  const commands = commandLine(model, (text, kind) => {
    answer.textContent = text;
    answer.className = `kfx-answer${kind === "silent" ? " kfx-bad" : kind === "refused" ? " kfx-warn" : ""}`;
  });
  /** @type {[string, import("./panels/registry.js").PanelView][]} */
  const panels = (model.get("state").panels || []).map((/** @type {[string, string]} */ [name, kind]) =>
    [`panel_${name}`, makePanel(kind, commands.ask)]);
  el.append(make("div", { class: "kfx-head" }, title, facts), ...panels.map(([, panel]) => panel.node),
    make("div", { class: "kfx-label kfx-foot" }, state, answer, cost));

  const around = () => {
    const now = model.get("state");
    title.textContent = now.name || "";
    facts.textContent = (now.facts || []).join(" · ");
    state.textContent = now.state ? `● ${now.state}` : "";
    state.className = DOTS[now.state] || "";
    cost.textContent = now.cost || "";
  };
  const drawing = drawChanges(model, [["state", around], ...panels.map(([name, panel]) =>
    /** @type {[string, () => void]} */ ([name, () => panel.update(model.get(name))]))]);
  const untie = tieToStaticFace(model, el);
  return () => {
    drawing.destroy();
    untie();
    commands.destroy();
    for (const [, panel] of panels) panel.destroy?.();
    el.replaceChildren();
    el.classList.remove("kfx", "kfx-training");
    unlive();
  };
}

/**
 * Draw everything now, and at most once a frame what has changed.
 * @param {any} model @param {[trait: string, draw: () => void][]} parts
 */
function drawChanges(model, parts) {
  /** @type {Set<() => void>} */
  const due = new Set();
  let frame = 0;
  const drawAll = () => {
    frame = 0;
    for (const [, draw] of parts) if (due.has(draw)) draw();
    due.clear();
  };
  const listeners = parts.map(([trait, draw]) => /** @type {[string, () => void]} */ ([`change:${trait}`, () => {
    due.add(draw);
    frame = frame || requestAnimationFrame(drawAll);
  }]));
  for (const [event, listener] of listeners) model.on(event, listener);
  for (const [, draw] of parts) draw();
  return {
    destroy() {
      cancelAnimationFrame(frame);
      for (const [event, listener] of listeners) model.off(event, listener);
    },
  };
}

/**
 * Mark the view with its slot: the static face that is written when the run ends has the same.
 * @param {any} model @param {HTMLElement} el
 */
function tieToStaticFace(model, el) {
  let mine = "";
  const tie = () => {
    if (mine) el.classList.remove(mine);
    mine = /^[0-9a-f]+$/.test(model.get("slot") || "") ? "kfx-w-" + model.get("slot") : "";
    if (mine) el.classList.add(mine);
  };
  model.on("change:slot", tie);
  tie();
  return () => model.off("change:slot", tie);
}

export default { render };
