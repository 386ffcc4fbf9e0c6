// @ts-check
// The inputs and the predictions of one example: pictures, words, lines, rows of classes.
import { make } from "../../../web/ui.js";
import { linesNode } from "./lines.js";
import { coverCell } from "./one_channel.js";
import { legendNode, pictureNode, positionsNode, wordsNode } from "./shown_parts.js";
import { arrayOf } from "./values.js";

/**
 * @param {HTMLElement} host
 * @param {(question: any) => Promise<any>} ask for another slice or frame
 */
export function mountShown(host, ask) {
  const inputs = make("div", { class: "kfx-shown-inputs" });
  const predictions = make("div", { class: "kfx-shown-predictions", "aria-live": "polite" });
  const became = make("div", { class: "kfx-shown-here", hidden: true });
  const node = make("div", { class: "kfx-shown" }, inputs, became, predictions);
  host.append(node);
  const urls = /** @type {Record<string, string[]>} */ ({ inputs: [], predictions: [], here: [] });
  let marks = /** @type {any[]} */ ([]);
  let example = 0;

  /** @param {string} which */
  function forget(which) {
    urls[which].forEach((url) => URL.revokeObjectURL(url));
    urls[which] = [];
  }

  /**
   * @param {any[]} rows @param {string} silenced what is silenced, "" for nothing @param {DataView[]} [buffers]
   * @param {any} [state] what is silenced, to ask for more
   */
  function predict(rows, silenced, buffers = [], state = null) {
    forget("predictions");
    const onStep = (/** @type {any} */ question) => ask({ what: "picture", example, silenced: state, ...question });
    predictions.replaceChildren(...predictionNodes(rows, silenced, { buffers, urls: urls.predictions, onStep }));
    for (const box of predictions.querySelectorAll?.(".kfx-positions-box") ?? []) box.scrollTop = box.scrollHeight;
  }

  return {
    predict,
    /** @param {any} answer @param {number} number of the example */
    show(answer, number) {
      forget("inputs");
      marks = [];
      example = number;
      if (answer.error) {
        inputs.replaceChildren(make("p", { class: "kfx-label", text: answer.error }));
        return;
      }
      const alone = answer.inputs.length === 1;
      const nodes = answer.inputs.map((/** @type {any} */ one, /** @type {number} */ number) => {
        const mark = make("i", { class: "kfx-cursor kfx-cursor-in", hidden: true });
        if (one.kind === "picture") marks.push(mark);
        const onStep = (/** @type {number} */ at) => ask({ what: "picture", of: "input", number, at, example });
        return inputNode(one, answer.buffers, { alone, mark, urls: urls.inputs, onStep });
      });
      inputs.replaceChildren(...nodes);
      predict(answer.predictions, "", answer.buffers);
    },
    /** What an input has become at a layer, e.g. by augmentation. @param {any} facts of the layer */
    here(facts) {
      forget("here");
      const one = facts.here;
      became.hidden = !one;
      if (!one) return;
      const onStep = (/** @type {number} */ at) =>
        ask({ what: "picture", of: "here", number: 0, at, example, layer: one.layer });
      const picture = pictureNode(one, facts.buffers, `At ${one.name}: ${one.text}`, { urls: urls.here, onStep });
      became.replaceChildren(make("div", { class: "kfx-input" }, labelNode("At", one.name), picture, noteNode(one)));
    },
    /** @param {any} place */
    place(place) {
      for (const mark of marks) {
        mark.hidden = !place;
        if (place) coverCell(mark, place);
      }
    },
    destroy() {
      Object.keys(urls).forEach(forget);
    },
  };
}

/**
 * One input as what it is.
 * @param {any} one @param {DataView[]} buffers
 * @param {{alone: boolean, mark: HTMLElement, urls: string[], onStep: (at: number) => Promise<any>}} options `alone`:
 *   it needs no name; `mark` lies over a picture
 */
function inputNode(one, buffers, { alone, mark, urls, onStep }) {
  const label = labelNode("Input", alone ? "" : one.name);
  const alt = `Input ${one.name}: ${one.text}`;
  if (one.series) {
    const drawn = linesNode(one.series, arrayOf(buffers[one.series.buffer], "f4"), alt);
    return make("div", { class: "kfx-input" }, label, drawn, make("div", { class: "kfx-label", text: one.text }));
  }
  if (one.kind !== "picture") {
    const plain = make("div", { class: `kfx-input-${one.kind}`, text: one.text });
    return make("div", { class: "kfx-input" }, label, one.words ? wordsNode(one.words, one.ids) : plain);
  }
  const picture = pictureNode(one, buffers, alt, { mark, urls, onStep });
  return make("div", { class: "kfx-input" }, label, picture, noteNode(one));
}

/** What was done to the values of a picture, which its text says after the shape. @param {{text: string}} one */
function noteNode({ text }) {
  return text.includes(",") ? make("div", { class: "kfx-label", text: text.slice(text.indexOf(",") + 2) }) : null;
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

/**
 * @param {any[]} predictions @param {string} silenced what is silenced, "" for nothing
 * @param {{buffers: DataView[], urls: string[], onStep: (question: any) => Promise<any>}} [more] files of pictures
 */
export function predictionNodes(predictions, silenced, more = { buffers: [], urls: [], onStep: async () => null }) {
  return predictions.flatMap((one, number) => {
    const label = labelNode("Prediction", one.name, silenced ? ` without ${silenced}` : null);
    const note = one.note ? make("div", { class: "kfx-label", text: one.note }) : null;
    const section = (/** @type {any[]} */ ...parts) => make("div", { class: "kfx-predicted" }, label, ...parts, note);
    if (one.positions) return section(positionsNode(one.positions, one.name));
    if (one.series) {
      const values = arrayOf(more.buffers[one.series.buffer], "f4");
      return section(linesNode(one.series, values, `Prediction ${one.name}: ${one.note}`));
    }
    if (one.picture) return pictureNodes(one, number, section, more);
    if (!one.rows.length) return make("div", {}, label, make("div", { text: one.note }));
    return section(rowsNode(one));
  });
}

/**
 * A picture and, of a reconstruction, its difference from the input.
 * @param {any} one @param {number} number @param {(...parts: any[]) => any} section
 * @param {{buffers: DataView[], urls: string[], onStep: (question: any) => Promise<any>}} more
 */
function pictureNodes(one, number, section, { buffers, urls, onStep }) {
  const step = (/** @type {string} */ of) => (/** @type {number} */ at) => onStep({ of, number, at });
  const alt = `Prediction ${one.name}: ${one.note}`;
  const ramp = one.picture.scale ? make("div", { class: "kfx-label", text: one.picture.scale }) : null;
  const legend = one.legend ? legendNode(one.legend) : ramp;
  const nodes = [section(pictureNode(one.picture, buffers, alt, { urls, onStep: step("output") }), legend)];
  if (!one.difference) return nodes;
  const words = `Difference of the output from ${one.beside}: ${one.difference.scale}`;
  const apart = pictureNode(one.difference, buffers, words, { urls, onStep: step("difference") });
  const scale = make("div", { class: "kfx-label", text: one.difference.scale });
  nodes.push(make("div", { class: "kfx-predicted" }, labelNode("Output −", one.beside), apart, scale));
  return nodes;
}

/** The classes with their bars. @param {any} one */
function rowsNode(one) {
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
  return make("table", table, make("tbody", {}, ...rows));
}
