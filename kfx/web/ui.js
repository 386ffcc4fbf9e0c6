// @ts-check
// Parts that every live view is made of: elements, family glyphs, a find box, segmented buttons.
// Text only ever enters the page as text nodes and attributes, so a layer's name can never become markup.

const SVG = "http://www.w3.org/2000/svg";

/**
 * A new HTML element. `text` becomes a text node, `on` holds listeners, a value of false/null/undefined is left out;
 * all else is an attribute.
 * @param {string} tag
 * @param {Record<string, any>} [props]
 * @param {...(Node|string|null|undefined)} children
 * @returns {any}
 */
export function make(tag, props = {}, ...children) {
  return furnish(document.createElement(tag), props, children);
}

/**
 * The same for SVG.
 * @param {string} tag @param {Record<string, any>} [props] @param {...(Node|string|null|undefined)} children
 * @returns {any}
 */
export function makeSvg(tag, props = {}, ...children) {
  return furnish(document.createElementNS(SVG, tag), props, children);
}

/** @param {Element} node @param {Record<string, any>} props @param {(Node|string|null|undefined)[]} children */
function furnish(node, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") node.textContent = String(value);
    else if (name === "on") Object.entries(value).forEach(([event, heard]) => node.addEventListener(event, heard));
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child !== null && child !== undefined) node.append(child);
  return node;
}

/**
 * The shapes of each family's glyph, in a box of 12 × 12: filled shapes and, with `line`, lines of 1.4.
 * A copy of `kfx.draw.palette.GLYPHS`; a test compares the two.
 */
const GLYPHS = /** @type {Record<string, {d?: string, circle?: number[], line?: boolean, ground?: boolean}[]>} */ ({
  io: [{ d: "M2.5 1.5 10.5 6l-8 4.5z" }],
  conv: [{ d: "M1 1h10v10H1z", line: true }, { d: "M4 4h4v4H4z" }],
  dense: [
    { d: "M2 2 10 10M2 10 10 2M2 2h8M2 10h8", line: true },
    { circle: [2, 2, 1.7] }, { circle: [2, 10, 1.7] }, { circle: [10, 2, 1.7] }, { circle: [10, 10, 1.7] },
  ],
  pool: [{ d: "M.8 2h10.4L8 10H4z" }],
  norm: [{ d: "M.8 10C4 10 4 2 6 2s2 8 5.2 8", line: true }],
  act: [{ d: "M.8 9.8H5.4L10.8 1.8", line: true }],
  seq: [{ d: "M9.6 3.2A4.5 4.5 0 1 0 10.5 6", line: true }, { d: "M11.6 1v4.2H7.4z" }],
  merge: [{ circle: [6, 6, 4.8], line: true }, { d: "M6 3.2v5.6M3.2 6h5.6", line: true }],
  model: [{ d: "M3.6 .9h7.5v7.5M.9 3.3h7.8v7.8H.9z", line: true }],
  custom: [{ d: "M6 .8 10.6 3.4v5.2L6 11.2 1.4 8.6V3.4z", line: true }],
  error: [{ circle: [6, 6, 5.4] }, { d: "M3.8 3.8l4.4 4.4M8.2 3.8 3.8 8.2", line: true, ground: true }],
});

/** A family's glyph, hidden from screen readers: the type word next to it says the same. @param {string} family */
export function glyph(family) {
  const known = Object.hasOwn(GLYPHS, family) ? family : "custom";
  const shapes = GLYPHS[known].map(({ d, circle, line, ground }) => {
    const paint = ground ? "var(--kfx-bg)" : `var(--kfx-${known})`;
    const props = line ? { fill: "none", stroke: paint, "stroke-width": ground ? 1.6 : 1.4 } : { fill: paint };
    if (!circle) return makeSvg("path", { d, ...props });
    const [cx, cy, r] = circle;
    return makeSvg("circle", { cx, cy, r, ...props });
  });
  return makeSvg("svg", { width: 12, height: 12, viewBox: "0 0 12 12", "aria-hidden": "true" }, ...shapes);
}

/**
 * The find box in a view's tools. Escape empties it, a second Escape leaves it; Enter goes to the next hit, Shift+Enter
 * to the one before.
 * @param {{onFind: (text: string) => void, onStep: (by: number) => void, onLeave: () => void}} options
 * @returns {{node: HTMLElement, input: HTMLInputElement, say: (sentence: string) => void}} `say` announces, e.g. "3 of
 *   15 layers"
 */
export function findBox({ onFind, onStep, onLeave }) {
  const status = make("span", { class: "kfx-label kfx-found", role: "status" });
  const input = make("input", {
    class: "kfx-find", type: "text", placeholder: "Find a layer  /", "aria-label": "Find a layer",
    autocomplete: "off", spellcheck: "false",
    on: {
      input: () => onFind(input.value),
      keydown: (/** @type {KeyboardEvent} */ event) => {
        event.stopPropagation(); // the notebook's own shortcuts stay out
        if (event.key === "Enter") {
          event.preventDefault();
          onStep(event.shiftKey ? -1 : 1);
        }
        if (event.key !== "Escape") return;
        event.preventDefault();
        if (input.value) {
          input.value = "";
          onFind("");
        } else onLeave();
      },
    },
  });
  const say = (/** @type {string} */ sentence) => { status.textContent = sentence; };
  return { node: make("span", { class: "kfx-finder" }, status, input), input, say };
}

/**
 * A row of buttons of which one is pressed, e.g. what the drawing is coloured by.
 * @param {string} label what is chosen, for screen readers
 * @param {[value: string, text: string][]} options
 * @param {(value: string) => void} onPick
 * @returns {{node: HTMLElement, set: (value: string) => void}}
 */
export function segmented(label, options, onPick) {
  const buttons = options.map(([value, text]) => {
    const click = () => { set(value); onPick(value); };
    return make("button", { type: "button", "aria-pressed": "false", "data-value": value, text, on: { click } });
  });
  /** @param {string} value */
  function set(value) {
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.value === value));
  }
  return { node: make("span", { class: "kfx-seg", role: "group", "aria-label": label }, ...buttons), set };
}

/** A plain button. @param {string} text @param {() => void} onClick @param {Record<string, any>} [props] */
export function button(text, onClick, props = {}) {
  return make("button", { type: "button", class: "kfx-btn", text, ...props, on: { click: onClick } });
}

/**
 * A listener to keys without Ctrl, Meta or Alt that keeps those it acts on from the notebook's own shortcuts.
 * @param {(event: KeyboardEvent) => (() => void) | null | undefined | false} actionOf returns a key's action, if any
 */
export function keyListener(actionOf) {
  return (/** @type {KeyboardEvent} */ event) => {
    const act = !(event.ctrlKey || event.metaKey || event.altKey) && actionOf(event);
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };
}

const DARK_HOSTS = // those of kfx.css
  "[data-jp-theme-light=false],.jp-mod-dark,.vscode-dark,html[theme=dark],[data-theme=dark],.kfx-dark";

/** True in a notebook's dark theme. @param {Element} node */
export function isDark(node) {
  return Boolean(node.closest(DARK_HOSTS));
}

/**
 * A view's head: its title, its facts (strings, or `{strong}` ones), its tools at the right.
 * @param {string} title
 * @param {{text: string, strong?: string}[]} facts `strong` is set before `text` in the ink of the title
 * @param {...Node} tools
 */
export function viewHead(title, facts, ...tools) {
  const line = make("span", { class: "kfx-facts" });
  facts.forEach((fact, i) => {
    if (i) line.append(" · ");
    if (fact.strong) line.append(make("b", { text: fact.strong }), " ");
    line.append(fact.text);
  });
  const name = make("span", { class: "kfx-title", text: title });
  return make("div", { class: "kfx-head" }, name, line, make("span", { class: "kfx-tools" }, ...tools));
}
