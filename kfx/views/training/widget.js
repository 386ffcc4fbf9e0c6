// @ts-check
// The live view of a run: a head, the panels that Python names, and a foot with the last answer.
import { mountAsking } from "../../web/ask.js";
import { alive, isKernelGone, KERNEL_GONE, onTraits } from "../../web/live.js";
import { make } from "../../web/ui.js";
import { makePanel } from "./panels/registry.js";

/** @type {Record<string, string>} */
const DOTS = {
  building: "kfx-ok", "first step": "kfx-ok", running: "kfx-ok", validating: "kfx-ok", rewound: "kfx-ok",
  paused: "kfx-warn", stopping: "kfx-warn", interrupted: "kfx-warn", stopped: "kfx-warn", lost: "kfx-warn",
  broken: "kfx-bad", failed: "kfx-bad", done: "kfx-quiet",
};
const SILENT_MS = 10_000; // after it the view does not claim to know that training goes on
const UNSENT = ["building", "paused"]; // stages in which nothing is sent
const OVER = ["done", "stopped", "interrupted", "failed", "lost"];

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const unlive = alive(model, el, "kfx", "kfx-training");
  const title = make("span", { class: "kfx-title" }), facts = make("span", { class: "kfx-facts" });
  const answer = make("span", { class: "kfx-answer", role: "status" });
  const state = make("span", {}), cost = make("span", { class: "kfx-cost" });
  let isLost = false; // the kernel is gone, in the middle of the run
  const commands = commandLine(model, (text, kind) => {
    answer.textContent = text;
    answer.className = `kfx-answer${kind === "silent" ? " kfx-bad" : kind === "refused" ? " kfx-warn" : ""}`;
  }, () => isKernelGone(el), () => {
    isLost = !OVER.includes(model.get("state").state);
    around();
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
    state.textContent = isLost ? "● kernel gone" : now.state ? `● ${now.state}${now.more || ""}` : "";
    state.className = isLost || now.more ? "kfx-bad" : DOTS[now.state] || "";
    if (!isLost) return void (cost.textContent = now.cost || "");
    answer.textContent = KERNEL_GONE;
    for (const [, panel] of panels) panel.destroy?.();
    for (const one of el.querySelectorAll(".kfx-steering :is(button, input, select)")) one.setAttribute("disabled", "");
  };
  let heard = performance.now(), isSilent = false;
  const hearing = (/** @type {() => void} */ draw) => () => {
    heard = performance.now();
    if (isSilent) answer.textContent = "";
    isSilent = false;
    draw();
  };
  const updates = panels.map(([name, panel]) => [name, hearing(() => panel.update(model.get(name)))]);
  const stopDrawing = drawChanges(model, { state: hearing(around), ...Object.fromEntries(updates) });
  const listening = window.setInterval(() => {
    const now = model.get("state").state, silence = performance.now() - heard;
    if (isLost || silence < SILENT_MS || OVER.includes(now) || UNSENT.includes(now)) return;
    isSilent = true;
    const seconds = Math.floor(silence / 1000);
    answer.textContent = `no word from the kernel for ${seconds} s: a long step, or the kernel is gone`;
    answer.className = "kfx-answer kfx-warn";
  }, 1000);
  return () => {
    clearInterval(listening);
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
 * @param {() => boolean} [isGone] whether the kernel is gone @param {() => void} [onGone] called when that happens
 */
export function commandLine(model, show, isGone, onGone) {
  const asking = mountAsking(model, {
    inOrder: true, // of several rates that a drag sends Python answers the last one
    isGone,
    onGone,
    onQueued: (text) => show(text, "answer"),
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
      if (answer.error) return show(answer.error, "silent");
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
