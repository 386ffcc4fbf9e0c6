// @ts-check
// The controls of a run in course: buttons, the learning rate, and whether anybody answers.
import { button, make } from "../../../web/ui.js";

const LOWEST = -7, HIGHEST = 1; // powers of ten that the slider reaches
const PATIENCE = 1000; // ms until "no answer"

/**
 * Sends commands and remembers which were answered.
 * @param {(message: any) => void} send
 * @param {(text: string, kind: "answer"|"refused"|"silent"|"") => void} say
 */
export function askKernel(send, say) {
  /** @type {Map<number, {began: number, timer: any}>} */
  const waiting = new Map();
  let ref = 0;
  return {
    /** @param {string} kind @param {number|null} [value] */
    ask(kind, value = null) {
      const mine = ++ref;
      const timer = setTimeout(() => say("no answer from the kernel", "silent"), PATIENCE);
      waiting.set(mine, { began: performance.now(), timer });
      send({ kind, value, ref: mine, sent: Date.now() });
    },
    /** @param {{ref: number, text: string, done: boolean}} answer */
    answered(answer) {
      const mine = waiting.get(answer.ref);
      for (const [earlier, { timer }] of waiting) {
        if (earlier > answer.ref) continue;
        clearTimeout(timer);
        waiting.delete(earlier);
      }
      const took = mine ? `, after ${Math.round(performance.now() - mine.began)} ms` : "";
      say(answer.text + (answer.done ? took : ""), answer.done ? "answer" : "refused");
    },
    destroy() {
      for (const { timer } of waiting.values()) clearTimeout(timer);
    },
  };
}

/** What a slider at `power` stands for, in short. @param {number} rate @returns {string} */
export function rateText(rate) {
  return rate >= 0.01 ? String(+rate.toPrecision(3)) : rate.toExponential(1).replace(".0e", "e");
}

/**
 * A learning rate as somebody types it: 3e-4, 0.001, 1E-3, also with a decimal comma.
 * @param {string} text
 * @returns {number|null} null for anything that is no number above 0
 */
export function readRate(text) {
  const value = Number(text.trim().replace("−", "-").replace(",", "."));
  return text.trim() && Number.isFinite(value) && value > 0 ? value : null;
}

/**
 * The row of controls.
 * @param {(kind: string, value?: number|null) => void} ask
 */
export function steeringRow(ask) {
  const pause = button("❚❚ Pause", () => ask(pause.dataset.kind || "pause"), { "data-kind": "pause" });
  const stop = button("■ Stop", () => ask("stop"), { title: "Stop at the end of this batch; the model, its History and the journal stay" });
  const keep = button("Checkpoint", () => ask("checkpoint"), { title: "Copy the weights and the optimizer's state" });
  const back = button("Rewind to", () => ask("rewind", Number(choice.value)), { title: "Put this checkpoint back; the next epoch goes on from there" });
  const choice = make("select", { class: "kfx-choice", "aria-label": "Checkpoint to rewind to" });
  const more = button("+1 epoch", () => ask("extra", 1));
  const rewind = make("span", { class: "kfx-rewind" }, back, choice);

  const slider = make("input", { type: "range", min: LOWEST, max: HIGHEST, step: 0.01, "aria-label": "Learning rate, logarithmic" });
  const typed = make("input", { class: "kfx-find kfx-code kfx-rate", type: "text", "aria-label": "Learning rate", autocomplete: "off", spellcheck: "false" });
  const schedule = make("span", { class: "kfx-label" });
  let touched = 0, sent = 0, later = /** @type {any} */ (0);
  const set = (/** @type {number} */ rate) => { sent = performance.now(); ask("rate", rate); };
  slider.addEventListener("input", () => {
    const rate = Number((10 ** slider.value).toPrecision(2));
    touched = performance.now();
    typed.value = rateText(rate);
    slider.setAttribute("aria-valuetext", typed.value);
    clearTimeout(later);
    if (performance.now() - sent > 100) set(rate);
    else later = setTimeout(() => set(rate), 100);
  });
  const type = () => {
    const rate = readRate(typed.value);
    touched = performance.now();
    typed.setAttribute("aria-invalid", String(rate === null));
    if (rate !== null) set(rate);
  };
  typed.addEventListener("change", type);
  typed.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => event.stopPropagation()); // Enter is a "change" already

  const rate = make("label", { class: "kfx-rate-row" }, "Learning rate", slider, typed);
  const node = make("div", { class: "kfx-steering", role: "toolbar", "aria-label": "Training" }, pause, stop, keep, rewind, more, make("span", { class: "kfx-rates" }, rate, schedule));
  let options = "";
  return {
    node,
    /** @param {any} state what `kfx.views.training.data.run_state` says */
    update(state) {
      const paused = state.state === "paused";
      node.hidden = !state.steering;
      pause.textContent = paused ? "▶ Resume" : "❚❚ Pause";
      pause.dataset.kind = paused ? "resume" : "pause";
      more.hidden = !state.extendable;
      keep.hidden = rewind.hidden = state.checkpoints === null;
      if (state.checkpoints && JSON.stringify(state.checkpoints) !== options) {
        options = JSON.stringify(state.checkpoints);
        const chosen = choice.value;
        choice.replaceChildren(...state.checkpoints.map((/** @type {any} */ one) => make("option", { value: one.number, text: one.label })));
        const best = state.checkpoints.find((/** @type {any} */ one) => one.label.includes("(best)"));
        const kept = state.checkpoints.some((/** @type {any} */ one) => String(one.number) === chosen);
        if (kept && choice.dataset.chosen) choice.value = chosen;
        else if (state.checkpoints.length) choice.value = String((best || state.checkpoints[state.checkpoints.length - 1]).number);
      }
      rewind.hidden = rewind.hidden || !state.checkpoints.length;
      rate.hidden = state.rate === null;
      schedule.textContent = state.schedule;
      if (state.rate !== null && performance.now() - touched > 1500 && document.activeElement !== typed) {
        slider.value = String(Math.log10(state.rate));
        typed.value = state.rateText;
        slider.setAttribute("aria-valuetext", state.rateText);
      }
    },
    destroy() { clearTimeout(later); },
  };
}
