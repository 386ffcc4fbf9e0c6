// @ts-check
// The explanation of a failed call: the sentence, the inputs with the sizes that clash, repairs to copy.
import { button, glyph, make } from "../../web/ui.js";

const COPIED_MS = 1600; // how long the button reads "Copied"

/**
 * Put a mistake into `host`.
 * @param {HTMLElement} host an element inside `.kfx`
 * @param {any} mistake from `kfx.views.mistake.data`
 * @returns {() => void} takes it out again
 */
export function mountMistake(host, mistake) {
  const timers = /** @type {Set<number>} */ (new Set());
  const { inputs, arithmetic, repairs } = mistake;
  const label = (/** @type {string} */ text, more = "") => make("p", { class: `${more}kfx-label`, text });
  host.replaceChildren(
    make("div", { class: "kfx-mistake-title" }, glyph("error"), make("span", { text: mistake.title })),
    make("p", { class: "kfx-mistake-said", text: mistake.sentence }),
    ...(mistake.expects ? [label(`Expected: ${mistake.expects}`, "kfx-mistake-wants ")] : []),
    ...(inputs.length ? [inputTable(inputs, mistake.heads)] : []),
    ...(arithmetic.length ? [label(mistake.part), arithmeticTable(arithmetic)] : []),
    ...(repairs.length ? [label(`Likely repairs, each tried on ${mistake.tried}`)] : []),
    ...repairs.map((/** @type {any} */ repair, /** @type {number} */ i) => repairBlock(repair, i + 1, timers)),
    ...(mistake.error ? [errorBlock(mistake.error)] : []),
  );
  return () => {
    for (const timer of timers) clearTimeout(timer);
    host.replaceChildren();
  };
}

/** @param {any[]} inputs @param {string[]} heads of their sizes */
function inputTable(inputs, heads) {
  const kinds = inputs.some((row) => row.dtype);
  const columns = ["Input", "From", ...(kinds ? ["dtype"] : [])].map((text) => make("th", { text }));
  const sizes = heads.map((text) => make("th", { class: "n", text }));
  const rows = inputs.map((row, i) => make("tr", {},
    make("td", { text: String(i) }),
    make("td", { class: "nm" }, row.source,
      row.variable ? make("span", { class: "kfx-code kfx-dim", text: ` = ${row.variable}` }) : null),
    kinds ? make("td", { text: row.dtype }) : null,
    ...row.sizes.map((/** @type {{text: string, clash: boolean}} */ { text, clash }) =>
      make("td", { class: clash ? "n kfx-clash" : "n", text }))));
  return make("table", { class: "kfx-mistake-table" },
    make("thead", {}, make("tr", {}, ...columns, ...sizes)), make("tbody", {}, ...rows));
}

/** @param {string[][]} lines */
function arithmeticTable(lines) {
  const rows = lines.map(([layer, text, reason]) => make("tr", {},
    make("td", { class: "nm", text: layer }),
    make("td", { class: "kfx-code", text }),
    make("td", { class: "kfx-dim", text: reason })));
  return make("table", { class: "kfx-mistake-table" }, make("tbody", {}, ...rows));
}

/** @param {string} error */
function errorBlock(error) {
  return make("details", { class: "kfx-mistake-error" },
    make("summary", { text: "Keras’s own error" }), make("pre", { class: "kfx-code", text: error }));
}

/** @param {any} repair @param {number} n @param {Set<number>} timers */
function repairBlock(repair, n, timers) {
  const [before, changed, after] = repair.parts;
  const code = make("pre", { class: "kfx-code" }, before, changed ? make("b", { text: changed }) : null, after);
  const copy = button("Copy", async () => {
    const done = await copyText(repair.parts.join(""), code);
    copy.textContent = done ? "Copied" : "Press Ctrl+C";
    const timer = window.setTimeout(() => {
      copy.textContent = "Copy";
      timers.delete(timer);
    }, COPIED_MS);
    timers.add(timer);
  }, { "aria-label": `Copy repair ${n}: ${repair.title}` });
  return make("div", { class: "kfx-repair" },
    make("div", { class: "kfx-repair-head" }, make("b", { text: `${n}. ${repair.title}` }), copy),
    code,
    make("span", { class: "kfx-label", text: repair.gives }));
}

/**
 * Copy a text; where the page may not, select it so that the reader can.
 * @param {string} text @param {HTMLElement} shown the element that shows it
 * @returns {Promise<boolean>} whether it was copied
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
