// @ts-check
// The controls of a run in progress: buttons, the learning rate, the checkpoints.
import { button, make } from "../../../web/ui.js";

const LOWEST = -7, HIGHEST = 1; // powers of ten that the slider reaches
const QUIET = 1500; // ms after a change by hand in which the run's own rate is not written over it
const DRAG = 100; // ms between two rates that a drag sends

const STOP = "Stop at the end of this batch; the model, its History and the journal stay";
const KEEP = "Copy the weights and the optimizer's state";
const BACK = "Put this checkpoint back; the next epoch goes on from there";

/**
 * The data from `panels/controls.py`.
 * @typedef {{number: number, label: string}} Kept a checkpoint
 * @typedef {{state: string, shown: boolean, rate: number|null, rateText: string, schedule: string, extendable: boolean,
 *   checkpoints: Kept[]|null}} ControlsData
 * @typedef {import("./registry.js").Ask} Ask
 */

/** A learning rate in short. @param {number} rate @returns {string} */
export function rateText(rate) {
  return rate >= 0.01 ? String(+rate.toPrecision(3)) : rate.toExponential(1).replace(".0e", "e");
}

/**
 * A learning rate as people type it: 3e-4, 0.001, 1E-3, also with a decimal comma.
 * @param {string} text @returns {number|null} null for anything that is not a number above 0
 */
export function readRate(text) {
  const value = Number(text.trim().replace("−", "-").replace(",", "."));
  return text.trim() && Number.isFinite(value) && value > 0 ? value : null;
}

/** The row of controls. @param {Ask} ask */
export function controlsPanel(ask) {
  const pause = button("❚❚ Pause", () => ask(pause.dataset.kind || "pause"), { "data-kind": "pause" });
  const stop = button("■ Stop", () => ask("stop"), { title: STOP });
  const keep = button("Checkpoint", () => ask("checkpoint"), { title: KEEP });
  const rewind = rewindPart(ask);
  const more = button("+1 epoch", () => ask("extra", 1));
  const rate = ratePart(ask);
  const toolbar = { class: "kfx-steering", role: "toolbar", "aria-label": "Training" };
  const node = make("div", toolbar, pause, stop, keep, rewind.node, more, rate.node);
  return {
    node,
    /** @param {ControlsData} data */
    update(data) {
      const paused = data.state === "paused";
      node.hidden = !data.shown;
      pause.textContent = paused ? "▶ Resume" : "❚❚ Pause";
      pause.dataset.kind = paused ? "resume" : "pause";
      more.hidden = !data.extendable;
      keep.hidden = data.checkpoints === null;
      rewind.update(data.checkpoints);
      rate.update(data);
    },
    destroy: rate.destroy,
  };
}

/** The checkpoints and a button that puts one back. @param {Ask} ask */
function rewindPart(ask) {
  const choice = make("select", { class: "kfx-choice", "aria-label": "Checkpoint to rewind to" });
  const back = button("Rewind to", () => ask("rewind", Number(choice.value)), { title: BACK });
  const node = make("span", { class: "kfx-rewind" }, back, choice);
  let options = "";
  return {
    node,
    /** @param {Kept[]|null} kept */
    update(kept) {
      node.hidden = !kept || !kept.length;
      if (!kept || JSON.stringify(kept) === options) return;
      options = JSON.stringify(kept);
      choice.replaceChildren(...kept.map((one) => make("option", { value: one.number, text: one.label })));
      const best = kept.find((one) => one.label.includes("(best)")) || kept[kept.length - 1];
      if (best) choice.value = String(best.number);
    },
  };
}

/** The learning rate: a slider and a field. @param {Ask} ask */
function ratePart(ask) {
  const range = { type: "range", min: LOWEST, max: HIGHEST, step: 0.01, "aria-label": "Learning rate, logarithmic" };
  const slider = make("input", range);
  const field = { class: "kfx-find kfx-code kfx-rate", type: "text", autocomplete: "off", spellcheck: "false" };
  const typed = make("input", { ...field, "aria-label": "Learning rate" });
  const schedule = make("span", { class: "kfx-label" });
  const row = make("label", { class: "kfx-rate-row" }, "Learning rate", slider, typed);
  let touched = 0, sent = 0;
  /** @type {any} */
  let later = 0;
  const set = (/** @type {number} */ rate) => {
    sent = performance.now();
    ask("rate", rate);
  };
  slider.addEventListener("input", () => {
    const rate = Number((10 ** slider.value).toPrecision(2));
    touched = performance.now();
    typed.value = rateText(rate);
    slider.setAttribute("aria-valuetext", typed.value);
    clearTimeout(later);
    if (performance.now() - sent > DRAG) set(rate);
    else later = setTimeout(() => set(rate), DRAG);
  });
  typed.addEventListener("change", () => {
    const rate = readRate(typed.value);
    touched = performance.now();
    typed.setAttribute("aria-invalid", String(rate === null));
    if (rate !== null) set(rate);
  });
  // the notebook's own shortcuts stay out; Enter is a "change" already
  typed.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => event.stopPropagation());
  return {
    node: make("span", { class: "kfx-rates" }, row, schedule),
    /** @param {ControlsData} data */
    update(data) {
      row.hidden = data.rate === null;
      schedule.textContent = data.schedule;
      if (data.rate === null || performance.now() - touched <= QUIET || document.activeElement === typed) return;
      slider.value = String(Math.log10(data.rate));
      typed.value = data.rateText;
      slider.setAttribute("aria-valuetext", data.rateText);
    },
    destroy() {
      clearTimeout(later);
    },
  };
}
