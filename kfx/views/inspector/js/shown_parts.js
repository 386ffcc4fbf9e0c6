// @ts-check
// The parts of inputs and predictions: pictures with a stepper, words with their numbers, next tokens, classes.
import { make } from "../../../web/ui.js";

/** @typedef {{media: string, height: number, width: number, buffer: number, at: number, count: number, word: string,
 *   scale: string}} PictureFacts */

/**
 * A picture; of several slices or frames one at a time, with a slider that says which of how many.
 * @param {PictureFacts} facts @param {DataView[]} buffers @param {string} alt
 * @param {{mark?: HTMLElement, urls: string[], onStep: (at: number) => Promise<any>}} options `urls` receives the
 *   addresses to be revoked; `onStep` asks for another one
 */
export function pictureNode(facts, buffers, alt, { mark, urls, onStep }) {
  const url = (/** @type {any} */ one, /** @type {any[]} */ from) => {
    urls.push(URL.createObjectURL(new Blob([from[one.buffer]], { type: one.media })));
    return urls[urls.length - 1];
  };
  const which = (/** @type {number} */ at) => `${facts.word} ${at + 1} of ${facts.count}`;
  const several = facts.count > 1;
  const kind = facts.width < 100 ? "kfx-pixelated" : null;
  const said = several ? `${alt}; ${which(facts.at)}` : alt;
  const picture = make("img", { src: url(facts, buffers), alt: said, class: kind });
  const frame = make("div", { class: "kfx-input-frame" }, picture, mark);
  if (!several) return frame;
  const words = make("span", { text: which(facts.at) });
  let wanted = facts.at;
  const input = async () => {
    wanted = Number(slider.value);
    words.textContent = which(wanted);
    const asked = wanted;
    const answer = await onStep(asked);
    if (asked !== wanted || !answer || answer.error) return;
    picture.src = url(answer, answer.buffers);
    picture.alt = `${alt}; ${which(asked)}`;
  };
  const on = { input, keydown: (/** @type {Event} */ event) => event.stopPropagation() };
  const ends = { type: "range", min: 0, max: facts.count - 1, value: facts.at };
  const slider = make("input", { ...ends, "aria-label": `${facts.word}, 1 to ${facts.count}`, on });
  return make("div", { class: "kfx-facets" }, frame, make("label", { class: "kfx-label kfx-facet" }, words, slider));
}

/** Words with their exact numbers beneath, which a style sheet writes. @param {string[]} words @param {string[]} ids */
export function wordsNode(words, ids) {
  const node = make("div", { class: "kfx-input-tokens" });
  words.forEach((word, i) => {
    if (!word) return;
    const id = ids[i] ?? null;
    node.append(make("span", { text: word, "data-id": id, title: id === null ? null : `number ${id}` }), " ");
  });
  if (!node.childNodes?.length) node.append("no words");
  return node;
}

/** The likeliest classes at each position. @param {any[]} positions @param {string} name of the output */
export function positionsNode(positions, name) {
  const most = Math.max(0, ...positions.map(({ rows }) => rows.length));
  const heads = Array.from({ length: most }, (_, i) => make("th", { scope: "col", text: `next ${i + 1}` }));
  const rows = positions.map(({ step, word, rows: found }) => {
    const cells = found.map((/** @type {any} */ row) => {
      const ground = make("td", { class: "kfx-next" }, make("bdi", { text: row.name }),
        make("span", { class: "kfx-dim", text: ` ${row.text}` }));
      ground.style.setProperty("--kfx-share", `${Math.round(100 * row.share)}%`);
      return ground;
    });
    const head = make("th", { scope: "row" }, make("bdi", { text: word }));
    return make("tr", {}, make("td", { class: "kfx-n kfx-dim", text: step }), head, ...cells);
  });
  const first = ["at", "word"].map((text) => make("th", { scope: "col", text }));
  const top = make("tr", {}, ...first, ...heads);
  const label = `The likeliest next at each position${name ? ` of ${name}` : ""}`;
  const table = make("table", { class: "kfx-positions", "aria-label": label },
    make("thead", {}, top), make("tbody", {}, ...rows));
  return make("div", { class: "kfx-positions-box", tabindex: "0", role: "region", "aria-label": label }, table);
}

/** The classes of a mask with their colours. @param {{name: string, colour: string, text: string}[]} legend */
export function legendNode(legend) {
  const rows = legend.map(({ name, colour, text }) => {
    const swatch = make("i", { class: "kfx-class-swatch" });
    swatch.style.background = colour;
    return make("tr", {}, make("td", {}, swatch, make("bdi", { text: name })), make("td", { class: "kfx-n", text }));
  });
  return make("table", { class: "kfx-mask-legend", "aria-label": "Classes" }, make("tbody", {}, ...rows));
}
