// @ts-check
// What Keras refused, in words: the sentence, the inputs with the sizes that clash, where they part, repairs to copy.
import { button, glyph, make } from "../../web/ui.js";

const COPIED_MS = 1600; // that the button says so

/**
 * Put a mistake into `host`.
 * @param {HTMLElement} host an element inside `.kfx`
 * @param {any} mistake from `kfx.views.mistake.data`
 * @returns {() => void} takes it out again
 */
export function mountMistake(host, mistake) {
  const timers = /** @type {Set<number>} */ (new Set());
  const parts = [
    make("div", { class: "kfx-mistake-title" }, glyph("error"), make("span", { text: mistake.title })),
    make("p", { class: "kfx-mistake-said", text: mistake.sentence }),
    mistake.expects ? make("p", { class: "kfx-mistake-wants kfx-label", text: `Expected: ${mistake.expects}` }) : null,
    mistake.inputs.length ? inputTable(mistake) : null,
    ...(mistake.arithmetic.length ? [make("p", { class: "kfx-label", text: mistake.part }), arithmeticTable(mistake.arithmetic)] : []),
    ...(mistake.repairs.length ? [make("p", { class: "kfx-label", text: "Likely repairs, each tried on shapes" })] : []),
    ...mistake.repairs.map((/** @type {any} */ repair, /** @type {number} */ i) => repairBlock(repair, i + 1, timers)),
    mistake.error ? make("details", { class: "kfx-mistake-error" }, make("summary", { text: "Keras’s own error" }), make("pre", { class: "kfx-code", text: mistake.error })) : null,
  ].filter((part) => part !== null);
  host.replaceChildren(...parts);
  return () => {
    for (const timer of timers) clearTimeout(timer);
    host.replaceChildren();
  };
}

/** @param {any} mistake */
function inputTable(mistake) {
  const kinds = mistake.inputs.some((/** @type {any} */ row) => row.dtype);
  const head = make("tr", {}, make("th", { text: "Input" }), make("th", { text: "From" }), kinds ? make("th", { text: "dtype" }) : null,
    ...mistake.heads.map((/** @type {string} */ text) => make("th", { class: "n", text })));
  const rows = mistake.inputs.map((/** @type {any} */ row, /** @type {number} */ i) => make("tr", {}, make("td", { text: String(i) }), make("td", { class: "nm" }, row.source, row.variable ? make("span", { class: "kfx-code kfx-dim", text: ` = ${row.variable}` }) : null),
    kinds ? make("td", { text: row.dtype }) : null,
    ...row.sizes.map((/** @type {{text: string, clash: boolean}} */ size) => make("td", { class: size.clash ? "n kfx-clash" : "n", text: size.text }))));
  return make("table", { class: "kfx-mistake-table" }, make("thead", {}, head), make("tbody", {}, ...rows));
}

/** @param {string[][]} lines */
function arithmeticTable(lines) {
  return make("table", { class: "kfx-mistake-table" }, make("tbody", {}, ...lines.map(([layer, text, reason]) =>
    make("tr", {}, make("td", { class: "nm", text: layer }), make("td", { class: "kfx-code", text }), make("td", { class: "kfx-dim", text: reason })))));
}

/** @param {any} repair @param {number} n @param {Set<number>} timers */
function repairBlock(repair, n, timers) {
  const [before, changed, after] = repair.parts;
  const code = make("pre", { class: "kfx-code" }, before, changed ? make("b", { text: changed }) : null, after);
  const copy = button("Copy", async () => {
    const done = await copyText(repair.code, code);
    copy.textContent = done ? "Copied" : "Press Ctrl+C";
    const timer = window.setTimeout(() => {
      copy.textContent = "Copy";
      timers.delete(timer);
    }, COPIED_MS);
    timers.add(timer);
  }, { "aria-label": `Copy repair ${n}: ${repair.title}` });
  return make("div", { class: "kfx-repair" }, make("div", { class: "kfx-repair-head" }, make("b", { text: `${n}. ${repair.title}` }), copy), code, make("span", { class: "kfx-label", text: repair.gives }));
}

/**
 * Copy a text; where the page may not, select it so that the reader can.
 * @param {string} text @param {HTMLElement} shown the element that shows it @returns {Promise<boolean>} whether it was copied
 */
async function copyText(text, shown) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const range = document.createRange();
    range.selectNodeContents(shown);
    const selection = window.getSelection();
    selection?.removeAllRanges();
    selection?.addRange(range);
    return Boolean(document.execCommand?.("copy"));
  }
}
