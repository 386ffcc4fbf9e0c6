// @ts-check
// The live view of a run: a head, the panels that Python names, and a foot with the last answer.
import { mountAsking } from "../../web/ask.js";
import { alive, onTraits } from "../../web/live.js";
import { make } from "../../web/ui.js";
import { makePanel } from "./panels/registry.js";

/** @type {Record<string, string>} */
const DOTS = {
  running: "kfx-ok", paused: "kfx-warn", failed: "kfx-bad",
  interrupted: "kfx-warn", stopped: "kfx-warn", done: "kfx-quiet",
};

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const unlive = alive(model, el, "kfx", "kfx-training");
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
  const updates = panels.map(([name, panel]) => [name, () => panel.update(model.get(name))]);
  const stopDrawing = drawChanges(model, { state: around, ...Object.fromEntries(updates) });
  return () => {
    stopDrawing();
    commands.destroy();
    for (const [, panel] of panels) panel.destroy?.();
    el.replaceChildren();
    unlive();
  };
}

/**
 * Send commands to the run and show their results.
 * @param {any} model @param {(text: string, kind: "answer"|"refused"|"silent") => void} show
 */
export function commandLine(model, show) {
  const asking = mountAsking(model, {
    inOrder: true, // of several rates that a drag sends Python answers the last one
    onWait: (_, silent) => {
      if (silent) show("no answer from the kernel", "silent");
    },
  });
  return {
    /** @param {string} kind @param {number|null} [value] */
    async ask(kind, value = null) {
      const began = performance.now();
      const answer = await asking.ask({ kind, value, sent: Date.now() });
      if (!answer) return;
      const took = answer.done ? `, after ${Math.round(performance.now() - began)} ms` : "";
      show(answer.text + took, answer.done ? "answer" : "refused");
    },
    destroy: asking.destroy,
  };
}

/**
 * Draw everything now, and at most once a frame what has changed.
 * @param {any} model @param {Record<string, () => void>} parts by the traits that they draw
 * @returns {() => void} stops drawing
 */
function drawChanges(model, parts) {
  /** @type {Set<() => void>} */
  const due = new Set();
  let frame = 0;
  const drawDue = () => {
    frame = 0;
    for (const draw of due) draw();
    due.clear();
  };
  const listeners = Object.entries(parts).map(([trait, draw]) => [trait, () => {
    due.add(draw);
    frame = frame || requestAnimationFrame(drawDue);
  }]);
  const ignore = onTraits(model, Object.fromEntries(listeners));
  for (const draw of Object.values(parts)) draw();
  return () => {
    cancelAnimationFrame(frame);
    ignore();
  };
}

export default { render };
