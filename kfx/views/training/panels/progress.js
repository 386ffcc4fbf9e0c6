// @ts-check
// The progress of a run: epochs as a bar; under it a line with the position, the speed and the time left.
import { make } from "../../../web/ui.js";

const MOST_SEGMENTS = 60;

/**
 * @typedef {{first: number, epochs: number, done: number, share: number, status: string[],
 *   clock?: number|null}} Progress `clock`: seconds that are counted on here, while Python is busy or waits
 */

/** The bar and the line under it; `update` takes the data from `panels/progress.py`. */
export function progressPanel() {
  const bar = make("div", { class: "kfx-epochs", role: "progressbar", "aria-label": "Epochs" });
  const status = make("div", { class: "kfx-label kfx-status" });
  let ticking = 0;
  return {
    node: make("div", {}, bar, status),
    /** @param {Progress} data */
    update(data) {
      fillEpochs(bar, data);
      status.replaceChildren(...data.status.map((text, i) => make("span", { text, class: i ? "" : "kfx-strong" })));
      clearInterval(ticking);
      if (typeof data.clock !== "number") return;
      const began = performance.now() - 1000 * data.clock;
      const first = /** @type {HTMLElement} */ (status.firstElementChild);
      const count = () => {
        first.textContent = `${data.status[0]}, ${clockWord((performance.now() - began) / 1000)}`;
      };
      count();
      ticking = window.setInterval(count, 1000);
    },
    destroy: () => clearInterval(ticking),
  };
}

/** Seconds in words: `8 s`, `2 min 5 s`. @param {number} seconds @returns {string} */
export function clockWord(seconds) {
  const whole = Math.floor(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** Segments, one an epoch; many epochs are one bar. @param {HTMLElement} bar @param {Progress} data */
function fillEpochs(bar, { first, epochs, done, share, status }) {
  const all = Math.max(epochs - first, 1), filled = done - first + share;
  const count = all > MOST_SEGMENTS ? 1 : all;
  while (bar.children.length > count) bar.lastElementChild?.remove();
  while (bar.children.length < count) bar.append(make("span", {}, make("i")));
  [...bar.children].forEach((segment, i) => {
    const part = Math.min(Math.max(count === 1 ? filled / all : filled - i, 0), 1);
    /** @type {HTMLElement} */ (segment.firstElementChild).style.width = `${(100 * part).toFixed(1)}%`;
  });
  bar.setAttribute("aria-valuemin", String(first));
  bar.setAttribute("aria-valuemax", String(Math.max(epochs, first + 1)));
  bar.setAttribute("aria-valuenow", (done + share).toFixed(1));
  bar.setAttribute("aria-valuetext", status[0] || "");
}
