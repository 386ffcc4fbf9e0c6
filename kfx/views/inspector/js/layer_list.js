// @ts-check
// Choose a layer: a find box over a list of all that values can be taken from.
import { foundText } from "../../../web/numbers.js";
import { findBox, glyph, make } from "../../../web/ui.js";
import { gridStep, layersFound } from "./values.js";

const LIST_MOST = 300; // rows at once; the find box narrows the rest

/**
 * @param {{key: string, label: string, type: string, family: string, shape: string}[]} layers
 * @param {{onChoose: (key: string) => void, onClose: () => void}} options
 */
export function mountLayerList(layers, { onChoose, onClose }) {
  const finder = findBox({ onFind: show, onStep: () => choose(list.firstElementChild), onLeave: onClose });
  const on = { click: (/** @type {any} */ { target }) => choose(target.closest(".kfx-layer-row")), keydown: walk };
  const list = make("div", { class: "kfx-layer-rows", role: "listbox", "aria-label": "Layers", on });
  const node = make("div", { class: "kfx-layer-list", hidden: true }, finder.node, list);
  finder.input.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown") return;
    event.preventDefault();
    /** @type {any} */ (list.firstElementChild)?.focus();
  });
  let selected = "";

  /** @param {string} text */
  function show(text) {
    const found = layersFound(layers, text);
    list.replaceChildren(...found.slice(0, LIST_MOST).map(({ key, family, label, type, shape }) => {
      const option = { role: "option", tabindex: "-1", "data-key": key, "aria-selected": String(key === selected) };
      return make("div", { class: "kfx-layer-row", ...option },
        glyph(family), make("bdi", { text: label }),
        make("span", { class: "kfx-dim", text: type }), make("span", { class: "kfx-dim kfx-n", text: shape }));
    }));
    finder.say(text.trim() || found.length > LIST_MOST ? foundText(found.length, layers.length) : "");
  }

  /** @param {any} row */
  function choose(row) {
    if (row) onChoose(row.dataset.key);
  }

  /** @param {KeyboardEvent} event */
  function walk(event) {
    const rows = [...list.children];
    const at = rows.indexOf(/** @type {Element} */ (event.target));
    if (event.ctrlKey || event.metaKey || event.altKey || at < 0) return;
    event.stopPropagation();
    const to = gridStep(event.key, at, rows.length, 1);
    if (event.key === "Escape") onClose();
    else if (event.key === "Enter" || event.key === " ") choose(rows[at]);
    else if (event.key === "/") finder.input.focus();
    else if (to === null) return;
    else if (to === at && event.key === "ArrowUp") finder.input.focus();
    else /** @type {HTMLElement} */ (rows[to]).focus();
    event.preventDefault();
  }

  return {
    node,
    /** @param {string} key the layer that is looked at */
    open(key) {
      selected = key;
      node.hidden = false;
      finder.input.value = "";
      show("");
      finder.input.focus();
      const row = [.../** @type {HTMLElement[]} */ (list.children)].find((one) => one.dataset.key === key);
      if (row) list.scrollTop = row.offsetTop - list.offsetTop - 60;
    },
    close() {
      node.hidden = true;
    },
  };
}
