// @ts-check
// What went into the model and what came out: pictures, words, rows of a prediction.
import { make } from "../../../web/ui.js";

/**
 * @param {HTMLElement} host
 * @returns {{node: HTMLElement, show: (answer: any) => void, predict: (rows: any[], silenced: string) => void, place:
 *   (place: any) => void, destroy: () => void}}
 */
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
    const label = make("div", { class: "kfx-label kfx-inspect-label" }, alone ? "Input" : "Input ", alone ? null : make("bdi", { text: one.name }));
    if (one.kind !== "picture") return make("div", { class: "kfx-input" }, label, make("div", { class: `kfx-input-${one.kind}`, text: one.text }));
    const url = URL.createObjectURL(new Blob([/** @type {any} */ (buffers[one.buffer])], { type: one.media }));
    urls.push(url);
    const mark = make("i", { class: "kfx-cursor kfx-cursor-in", hidden: true });
    marks.push(mark);
    const note = one.text.includes(",") ? one.text.slice(one.text.indexOf(",") + 2) : "";
    const picture = make("img", { src: url, alt: `Input ${one.name}: ${one.text}`, class: one.width < 100 ? "kfx-pixelated" : null });
    return make("div", { class: "kfx-input" }, label, make("div", { class: "kfx-input-frame" }, picture, mark), note ? make("div", { class: "kfx-label", text: note }) : null);
  }

  return {
    node,
    show(answer) {
      forget();
      inputs.replaceChildren(...(answer.error ? [make("p", { class: "kfx-label", text: answer.error })] : answer.inputs.map((/** @type {any} */ one) => inputNode(one, answer.buffers, answer.inputs.length === 1))));
      if (!answer.error) this.predict(answer.predictions, "");
    },
    predict(rows, silenced) {
      predictions.replaceChildren(...predictionNodes(rows, silenced));
    },
    place(place) {
      for (const mark of marks) {
        mark.hidden = !place;
        if (!place) continue;
        mark.style.left = `${(100 * place.column) / place.columns}%`;
        mark.style.top = `${(100 * place.row) / place.rows}%`;
        mark.style.width = `${100 / place.columns}%`;
        mark.style.height = `${100 / place.rows}%`;
      }
    },
    destroy() {
      forget();
      node.remove();
    },
  };
}

/**
 * From where to where a bar leads, in % of its ground: from the left, or from the middle where some lead left of zero.
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
    const label = make("div", { class: "kfx-label kfx-inspect-label" }, "Prediction", one.name ? " " : null, one.name ? make("bdi", { text: one.name }) : null, silenced ? ` without ${silenced}` : null);
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
      return make("tr", {}, make("td", {}, make("bdi", { text: row.name })), make("td", { class: "kfx-n", text: row.text }), make("td", {}, bar));
    });
    return make("div", {}, label, make("table", { class: "kfx-prediction", "aria-label": `Prediction ${one.name}` }, make("tbody", {}, ...rows)));
  });
}
