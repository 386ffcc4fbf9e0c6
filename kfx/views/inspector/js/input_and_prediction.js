// @ts-check
// The inputs and the predictions of one example: pictures, words, rows of classes.
import { make } from "../../../web/ui.js";
import { coverCell } from "./one_channel.js";

/** @param {HTMLElement} host */
export function mountShown(host) {
  const inputs = make("div", {});
  const predictions = make("div", { "aria-live": "polite" });
  const node = make("div", { class: "kfx-shown" }, inputs, predictions);
  host.append(node);
  let urls = /** @type {string[]} */ ([]);
  let marks = /** @type {any[]} */ ([]);

  function forget() {
    urls.forEach((url) => URL.revokeObjectURL(url));
    urls = [];
    marks = [];
  }

  /** @param {any} one @param {DataView[]} buffers @param {boolean} alone */
  function inputNode(one, buffers, alone) {
    const label = labelNode("Input", alone ? "" : one.name);
    if (one.kind !== "picture") {
      const text = make("div", { class: `kfx-input-${one.kind}`, text: one.text });
      return make("div", { class: "kfx-input" }, label, text);
    }
    const url = URL.createObjectURL(new Blob([/** @type {any} */ (buffers[one.buffer])], { type: one.media }));
    urls.push(url);
    const mark = make("i", { class: "kfx-cursor kfx-cursor-in", hidden: true });
    marks.push(mark);
    const note = one.text.includes(",") ? one.text.slice(one.text.indexOf(",") + 2) : "";
    const alt = `Input ${one.name}: ${one.text}`;
    const picture = make("img", { src: url, alt, class: one.width < 100 ? "kfx-pixelated" : null });
    const frame = make("div", { class: "kfx-input-frame" }, picture, mark);
    const below = note ? make("div", { class: "kfx-label", text: note }) : null;
    return make("div", { class: "kfx-input" }, label, frame, below);
  }

  /** @param {any[]} rows @param {string} silenced what is silenced, "" for nothing */
  function predict(rows, silenced) {
    predictions.replaceChildren(...predictionNodes(rows, silenced));
  }

  return {
    predict,
    /** @param {any} answer */
    show(answer) {
      forget();
      if (answer.error) {
        inputs.replaceChildren(make("p", { class: "kfx-label", text: answer.error }));
        return;
      }
      const alone = answer.inputs.length === 1;
      inputs.replaceChildren(...answer.inputs.map((/** @type {any} */ one) => inputNode(one, answer.buffers, alone)));
      predict(answer.predictions, "");
    },
    /** @param {any} place */
    place(place) {
      for (const mark of marks) {
        mark.hidden = !place;
        if (place) coverCell(mark, place);
      }
    },
    destroy: forget,
  };
}

/** @param {string} word @param {string} name "" for none @param {string|null} [more] */
function labelNode(word, name, more = null) {
  const parts = name ? [" ", make("bdi", { text: name })] : [];
  return make("div", { class: "kfx-label kfx-inspect-label" }, word, ...parts, more);
}

/**
 * The ends of a bar in % of its ground: it begins at the left, or in the middle where some values are negative.
 * @param {number} share -1 to 1 @param {boolean} signed
 */
export function shareEnds(share, signed) {
  const at = signed ? 50 * (1 + share) : 100 * share;
  const zero = signed ? 50 : 0;
  return { from: Math.min(at, zero), to: Math.max(at, zero), at };
}

/** @param {any[]} predictions @param {string} silenced what is silenced, "" for nothing */
export function predictionNodes(predictions, silenced) {
  return predictions.map((one) => {
    const label = labelNode("Prediction", one.name, silenced ? ` without ${silenced}` : null);
    if (!one.rows.length) return make("div", {}, label, make("div", { text: one.note }));
    const befores = one.rows.map((/** @type {any} */ row) => one.before?.[row.unit] ?? 0);
    const signed = [...one.rows.map((/** @type {any} */ row) => row.share), ...befores].some((share) => share < 0);
    const rows = one.rows.map((/** @type {any} */ row) => {
      const bar = make("span", { class: `kfx-share${signed ? " kfx-signed" : ""}${row.share < 0 ? " below" : ""}` });
      const ends = shareEnds(row.share, signed);
      bar.style.setProperty("--kfx-from", `${ends.from.toFixed(1)}%`);
      bar.style.setProperty("--kfx-share", `${ends.to.toFixed(1)}%`);
      const before = one.before?.[row.unit];
      if (before !== undefined) {
        const tick = make("i", { title: "before" });
        tick.style.left = `${shareEnds(before, signed).at.toFixed(1)}%`;
        bar.append(tick);
      }
      const name = make("td", {}, make("bdi", { text: row.name }));
      return make("tr", {}, name, make("td", { class: "kfx-n", text: row.text }), make("td", {}, bar));
    });
    const table = { class: "kfx-prediction", "aria-label": `Prediction ${one.name}` };
    return make("div", {}, label, make("table", table, make("tbody", {}, ...rows)));
  });
}
