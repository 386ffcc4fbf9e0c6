// @ts-check
// The progress of a run: epochs as a bar; under it a line with the position, the speed and the time left.
import { make } from "../../../web/ui.js";

const MOST_SEGMENTS = 60;

/** @typedef {{first: number, epochs: number, done: number, share: number, status: string[]}} Progress */

/** The bar and the line under it; `update` takes the data from `panels/progress.py`. */
export function progressPanel() {
  const bar = make("div", { class: "kfx-epochs", role: "progressbar", "aria-label": "Epochs" });
  const status = make("div", { class: "kfx-label kfx-status" });
  return {
    node: make("div", {}, bar, status),
    /** @param {Progress} data */
    update(data) {
      fillEpochs(bar, data);
      status.replaceChildren(...data.status.map((text, i) => make("span", { text, class: i ? "" : "kfx-strong" })));
    },
  };
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
