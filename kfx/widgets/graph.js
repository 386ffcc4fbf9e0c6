// @ts-check
// A model's drawing in the page: fold, find, select, follow paths, recolour. Python draws and lays out; this shows.
import { make, makeSvg, button, findBox, segmented, viewHead } from "./ui.js";
import { treeOf, search } from "./tree.js";
import { detailFacts } from "./details.js";
import { mountStage } from "./stage.js";
import { pathsThrough, stepFrom } from "./wander.js";
import { MEASURES, QUANTITIES, rampOver, trainStep } from "./ramp.js";
import { familyLegend, rampLegend, trainLegend } from "./legend.js";

const PATIENCE_MS = 1000; // without an answer from Python before that is said
const PANEL_TERMS = ["Settings", "Output", "Shape", "Parameters", "FLOPs", "Activations", "Note"];
const COLOURS = /** @type {[string, string][]} */ ([
  ["family", "Family"], ...Object.entries(QUANTITIES).map(([by, { text }]) => [by, text]), ["trains", "Trainable"],
]);

/**
 * Put a model's drawing into `host`.
 * @param {HTMLElement} host an element inside `.kfx`; only what is put there is taken out again
 * @param {{facts: any, folding: any, drawing: any}} given from `kfx.draw.payload` and `kfx.draw.plot_data`
 * @param {{selected?: string, colour?: string, onSelect?: (key: string) => void, onUnfold?: (open: string[]) => void,
 *   onColour?: (by: string) => void, head?: boolean, find?: boolean, panel?: boolean, legend?: boolean, bare?: boolean, left?: boolean, most?: number,
 *   measures?: boolean}} [options]
 *   `head` (name and facts), `find`, `panel` (the facts of the layer under the pointer) and `legend` are on unless set to false;
 *   `bare` leaves the head and the tools to the caller, who finds the find box in `finder`; `left`: a small drawing stands at the left; `measures`: it can be coloured by what `measured` brings; `most` px of height; `onUnfold` asks for a drawing with these containers unfolded, which `redraw` then brings
 */
export function mountPlot(host, given, options = {}) {
  let { facts, folding } = given;
  const { onSelect = () => {}, onUnfold = () => {}, onColour = () => {} } = options;
  let tree = treeOf(facts.calls);
  let known = knownCalls();
  let containers = new Set(folding.containers);
  let drawing = given.drawing;
  let colour = options.colour ?? "family";
  let selected = "";
  let at = 0; // number of the box with the tab stop
  let hovered = -1;
  let hits = /** @type {string[]} */ ([]);
  let hit = -1;
  let wanted = /** @type {string} */ (""); // a hidden layer to go to when the next drawing has come
  let held = /** @type {null | {key: string, k: number, x: number, y: number}} */ (null); // what stays in its place through a new drawing
  let timer = 0;
  /** @type {any[]} */ let boxes = [];
  /** @type {any[]} */ let frames = [];
  /** @type {any[]} */ let lines = [];
  /** @type {{x: number, y: number, w: number, h: number}[]} */ let places = [];
  /** @type {{x: number, y: number, w: number, h: number}[]} */ let framePlaces = [];

  const stage = mountStage({ most: options.most, left: options.left, onPress: press });
  const finder = options.find === false ? null : findBox({ onFind: find, onStep: step, onLeave: () => focusBox(at) });
  const ways = [...COLOURS, ...(options.measures ? Object.entries(MEASURES).map(([by, { text }]) => /** @type {[string, string]} */ ([by, text])) : [])];
  const quantities = /** @type {Record<string, {said: string}>} */ ({ ...QUANTITIES, ...(options.measures ? MEASURES : {}) });
  const colours = segmented("Colour by", ways, (by) => { recolour(by); onColour(by); });
  const tools = make("div", { class: "kfx-plot-tools" }, colours.node,
    make("span", { class: "kfx-zoom" }, button("−", () => stage.zoom(0.8), { "aria-label": "Zoom out" }), button("+", () => stage.zoom(1.25), { "aria-label": "Zoom in" }), button("Fit", () => stage.fit(), { title: "Show the whole drawing (f)" })));
  const status = make("div", { class: "kfx-plot-status kfx-label", role: "status" });
  const panel = options.panel === false ? null : make("div", { class: "kfx-panel", role: "region", "aria-label": "Layer under the pointer" });
  const legend = options.legend === false ? null : make("div", { class: "kfx-legend" });
  const body = make("div", { class: "kfx-plot-body" }, make("div", { class: "kfx-plot-main" }, stage.node), panel);
  const parts = options.bare ? [body, status, ...(legend ? [legend] : [])] : [options.head === false ? (finder?.node ?? null) : viewHead(facts.name, facts.head, ...(finder ? [finder.node] : [])), tools, body, status, legend].filter((part) => part !== null);
  host.append(...parts);
  const svg = stage.svg;
  svg.setAttribute("role", "group");
  const listeners = /** @type {[string, (event: any) => void][]} */ ([
    ["pointerover", over], ["pointerout", out], ["focusin", focused], ["focusout", out], ["keydown", keydown],
  ]);
  for (const [name, listener] of listeners) svg.addEventListener(name, listener);
  colours.set(colour);
  redraw(drawing);
  if (drawing.fresh?.length) stage.grow({ x: 0, y: 0 }, stage.camera(), freshPlaces());
  if (options.selected) select(options.selected);

  // ------------------------------------------------------------------------------------------------ drawing

  /** Calls and blocks by their addresses. */
  function knownCalls() {
    return new Map([...folding.blocks.map((/** @type {any} */ block) => [block.key, block]), ...tree.byKey]);
  }

  /** Where the boxes stand that the reader looks for now. */
  function freshPlaces() {
    return (drawing.fresh ?? []).map((/** @type {number} */ n) => places[n]).filter(Boolean);
  }

  /**
   * Show a graph that has changed: a box that stays keeps its place on the stage, and what is fresh comes into sight.
   * @param {{facts: any, folding: any, drawing: any}} next
   */
  function renew(next) {
    ({ facts, folding } = next);
    tree = treeOf(facts.calls);
    known = knownCalls();
    containers = new Set(folding.containers);
    const before = new Map((drawing.boxes ?? []).map((/** @type {string} */ key, /** @type {number} */ i) => [key, places[i]]));
    const camera = stage.camera();
    redraw(next.drawing);
    const i = (drawing.boxes ?? []).findIndex((/** @type {string} */ key) => before.has(key));
    if (i >= 0 && places[i]) {
      const was = middleOf(before.get(drawing.boxes[i]));
      const now = middleOf(places[i]);
      stage.grow({ x: was.x - now.x, y: was.y - now.y }, camera, freshPlaces());
    }
    if (selected && !known.has(selected)) selected = "";
    show(-1);
  }

  /** Show a new drawing. @param {any} next */
  function redraw(next) {
    clearTimeout(timer);
    timer = 0;
    status.textContent = "";
    host.removeAttribute("aria-busy");
    if (next.error || !next.svg) {
      status.textContent = next.error ?? "";
      if (!boxes.length) body.hidden = tools.hidden = Boolean(next.error);
      return;
    }
    body.hidden = tools.hidden = false;
    const inside = svg.contains(/** @type {any} */ (svg.getRootNode()).activeElement);
    const keep = held ?? { key: drawing.boxes?.[at] ?? "" };
    drawing = next;
    const parsed = new DOMParser().parseFromString(drawing.svg, "image/svg+xml").documentElement;
    svg.setAttribute("aria-label", `${parsed.getAttribute("aria-label")}. Arrow keys walk along its lines, Enter selects or unfolds, Backspace folds, F fits.`);
    const tie = makeSvg("g", { class: "kfx-ties" });
    stage.show([...[...parsed.children].map((child) => document.importNode(child, true)), tie], { w: drawing.width, h: drawing.height });
    boxes = numbered("n");
    frames = numbered("f");
    lines = numbered("e");
    places = boxes.map(placeOf);
    framePlaces = frames.map(placeOf);
    boxes.forEach(furnishBox);
    frames.forEach(furnishFrame);
    stage.begin(middleOf(places[0]));
    hovered = -1;
    at = Math.max(0, visibleBox(keep.key));
    if (held) stay(held);
    held = null;
    mark();
    recolour(colour);
    if (wanted && visibleBox(wanted) >= 0) go(wanted);
    else if (inside) focusBox(at);
    wanted = "";
  }

  /** The groups of one kind by their numbers. @param {string} letter */
  function numbered(letter) {
    const found = /** @type {any[]} */ ([]);
    for (const group of stage.world.querySelectorAll(`[data-${letter}]`)) found[Number(group.getAttribute(`data-${letter}`))] = group;
    return found;
  }

  /** Where a box or a frame stands in the drawing. @param {any} group */
  function placeOf(group) {
    const rect = group.querySelector("rect:last-of-type.b, rect.b ~ rect.b") ?? group.querySelector("rect.b, rect.kg");
    const [, x, y] = /translate\(([-\d.]+),([-\d.]+)\)/.exec(group.getAttribute("transform") ?? "") ?? [0, 0, 0];
    const number = (/** @type {string} */ name) => Number(rect.getAttribute(name) ?? 0);
    return group.hasAttribute("transform")
      ? { x: Number(x), y: Number(y), w: number("width"), h: number("height") }
      : { x: number("x"), y: number("y"), w: number("width"), h: number("height") };
  }

  /** @param {{x: number, y: number, w: number, h: number}|undefined} place */
  function middleOf(place) {
    return place ? { x: place.x + place.w / 2, y: place.y + place.h / 2 } : { x: 0, y: 0 };
  }

  /** @param {any} box @param {number} i */
  function furnishBox(box, i) {
    box.querySelector("title")?.remove();
    const call = known.get(drawing.boxes[i]);
    box.setAttribute("role", "button");
    box.setAttribute("tabindex", "-1");
    const seen = [...box.querySelectorAll("text")].map((text) => (text.after(" "), text.textContent)); // its words, apart
    const cut = seen.some((text) => text.includes("…"));
    const said = [seen.join(" "), cut ? drawing.titles[i] : "", box.classList.contains("old") ? "replaced" : "", call ? `output ${call.shape}` : "", call?.params ? `${call.paramsText} parameters` : ""];
    box.setAttribute("aria-label", said.filter(Boolean).join(", "));
    if (folded(i)) box.setAttribute("aria-expanded", "false");
    for (const text of box.querySelectorAll("text.nm, text.sb")) fitText(text, places[i].w);
  }

  /** Squeeze a line that a wider font would push out of its box. @param {any} text @param {number} width */
  function fitText(text, width) {
    const room = width - Number(text.getAttribute("x")) - 4;
    if (text.getComputedTextLength && text.getComputedTextLength() > room) {
      text.setAttribute("textLength", room.toFixed(1));
      text.setAttribute("lengthAdjust", "spacingAndGlyphs");
    }
  }

  /** @param {any} frame @param {number} i */
  function furnishFrame(frame, i) {
    frame.querySelector("title")?.remove();
    const place = framePlaces[i];
    const title = frame.querySelector(".kgt")?.textContent ?? "";
    frame.querySelector(".kg").after(makeSvg("rect", { class: "kfx-fold", x: place.x + 2, y: place.y + 2, width: Math.max(place.w - 4, 0), height: 26, rx: 4, role: "button", "aria-expanded": "true", "aria-label": `${title}, unfolded`, tabindex: "-1" }));
  }

  // ------------------------------------------------------------------------------------------------ folding

  /** @param {string} key @param {boolean} open */
  function fold(key, open) {
    const now = new Set(drawing.open);
    if (open) now.add(key);
    else for (const other of [...now]) if (other === key || holdersOf(/** @type {string} */ (other)).includes(key)) now.delete(other);
    const camera = stage.camera();
    const place = open ? places[drawing.boxes.indexOf(key)] : framePlaces[drawing.frames.indexOf(key)];
    if (open && selected !== key && tree.byKey.has(key)) { // what a hand opens it also means: the views beside follow
      selected = key;
      onSelect(key);
    }
    held = place ? { key, k: camera.k, x: camera.x + camera.k * (place.x + place.w / 2), y: camera.y + camera.k * place.y } : null;
    ask([...now]);
  }

  /** Is this box a folded container? @param {number} i */
  function folded(i) {
    return containers.has(drawing.boxes[i]) && !drawing.open.includes(drawing.boxes[i]);
  }

  /** @param {any[]} open */
  function ask(open) {
    clearTimeout(timer);
    host.setAttribute("aria-busy", "true");
    timer = setTimeout(() => { status.textContent = "Waiting for the kernel …"; }, PATIENCE_MS);
    onUnfold(open);
  }

  /** Move the camera so that what was folded stands where it stood. @param {{key: string, k: number, x: number, y: number}} was */
  function stay(was) {
    const place = places[drawing.boxes.indexOf(was.key)] ?? framePlaces[drawing.frames.indexOf(was.key)];
    if (place) stage.look({ k: was.k, x: was.x - was.k * (place.x + place.w / 2), y: was.y - was.k * place.y });
  }

  /** Keys of the containers around a call or container, the innermost first. @param {string} key @returns {string[]} */
  function holdersOf(key) {
    const found = [];
    for (let up = folding.around[key] ?? null; up !== null; up = folding.around[up] ?? null) found.push(up);
    return found;
  }

  /** The box that shows a call: its own, the folded container around it, or the first inside it; -1 where none does. @param {string} key */
  function visibleBox(key) {
    for (const holder of [key, ...holdersOf(key)]) {
      const i = drawing.boxes?.indexOf(holder) ?? -1;
      if (i >= 0) return i;
    }
    return firstInside(key);
  }

  /** Of the boxes in an unfolded container the one nearest to its title; -1 where there is none. @param {string} key */
  function firstInside(key) {
    const frame = framePlaces[drawing.frames?.indexOf(key) ?? -1];
    const inside = frame ? places.map((_, i) => i).filter((i) => holdersOf(drawing.boxes[i]).includes(key)) : [];
    const away = (/** @type {number} */ i) => Math.hypot(middleOf(places[i]).x - frame.x - frame.w / 2, places[i].y - frame.y);
    return inside.length ? inside.reduce((best, i) => (away(i) < away(best) ? i : best)) : -1;
  }

  // ------------------------------------------------------------------------------------------------ selecting

  /** Select a call from outside. @param {string} key */
  function select(key) {
    if (key === selected) return;
    selected = key;
    const i = visibleBox(key);
    if (i >= 0) {
      at = i;
      stage.reveal(places[i]);
    }
    mark();
    show(hovered >= 0 ? hovered : -1);
  }

  /** @param {number} i */
  function choose(i) {
    const key = drawing.boxes[i];
    at = i;
    selected = selected === key ? "" : key;
    mark();
    if (!selected || tree.byKey.has(selected)) onSelect(selected);
  }

  /** Bring the marks up to date: the selected box, the tab stop, the hits. */
  function mark() {
    const framed = selected ? drawing.frames?.indexOf(selected) ?? -1 : -1; // an unfolded model: its frame is what is selected
    const chosen = selected && framed < 0 ? visibleBox(selected) : -1;
    frames.forEach((frame, i) => frame.classList.toggle("sel", i === framed));
    const found = new Set(hits.map(visibleBox));
    boxes.forEach((box, i) => {
      box.classList.toggle("sel", i === chosen);
      box.setAttribute("aria-pressed", String(i === chosen));
      box.setAttribute("tabindex", i === at ? "0" : "-1");
      box.classList.toggle("hit", found.has(i));
    });
  }

  /** @param {Element} target */
  function press(target) {
    const frame = target.closest(".kfx-fold")?.closest("[data-f]");
    if (frame) return fold(drawing.frames[Number(frame.getAttribute("data-f"))], false);
    const box = target.closest("[data-n]");
    if (!box) return show(-1);
    const i = Number(box.getAttribute("data-n"));
    focusBox(i, false);
    return folded(i) ? fold(drawing.boxes[i], true) : choose(i);
  }

  /** @param {number} i */
  function focusBox(i, reveal = true) {
    if (!boxes[i]) return;
    at = i;
    boxes.forEach((box, n) => box.setAttribute("tabindex", n === i ? "0" : "-1"));
    if (reveal) stage.reveal(places[i]);
    boxes[i].focus({ preventScroll: true });
  }

  // ------------------------------------------------------------------------------------------------ hover and paths

  /** @param {Event} event */
  function over(event) {
    const box = /** @type {Element} */ (event.target).closest("[data-n]");
    if (box) show(Number(box.getAttribute("data-n")));
  }

  /** @param {Event} event */
  function focused(event) {
    const box = /** @type {Element} */ (event.target).closest("[data-n]");
    if (!box) return;
    at = Number(box.getAttribute("data-n"));
    if (box.matches(":focus-visible")) show(at);
  }

  /** @param {any} event */
  function out(event) {
    if (!event.relatedTarget || !svg.contains(event.relatedTarget) || !event.relatedTarget.closest("[data-n]")) show(-1);
  }

  /** Follow the paths through a box and say its facts; -1 for none. @param {number} i */
  function show(i) {
    hovered = i;
    const paths = i >= 0 ? pathsThrough(i, drawing.ends) : null;
    svg.classList.toggle("kfx-path", Boolean(paths));
    boxes.forEach((box, n) => {
      box.classList.toggle("on", Boolean(paths?.boxes.has(n)));
      box.classList.toggle("at", n === i);
    });
    lines.forEach((line, n) => line.classList.toggle("on", Boolean(paths?.lines.has(n))));
    ties(i);
    if (panel) fillPanel(i >= 0 ? drawing.boxes[i] : selected);
  }

  /** A dotted line between the calls of one shared layer. @param {number} i */
  function ties(i) {
    const stem = (/** @type {string} */ key) => (/@\d+$/.test(key) ? key.replace(/@\d+$/, "") : null);
    const own = i >= 0 ? stem(drawing.boxes[i]) : null;
    const others = own === null ? [] : drawing.boxes.map((/** @type {string} */ key, /** @type {number} */ n) => (n !== i && stem(key) === own ? n : -1)).filter((/** @type {number} */ n) => n >= 0);
    const from = middleOf(places[i]);
    stage.world.querySelector(".kfx-ties")?.replaceChildren(...others.map((/** @type {number} */ n) => {
      const to = middleOf(places[n]);
      return makeSvg("path", { class: "kfx-tie", d: `M${from.x} ${from.y}L${to.x} ${to.y}` });
    }));
  }

  /** @param {string} key */
  function fillPanel(key) {
    const call = known.get(key);
    if (!call) return panel.replaceChildren(make("p", { class: "kfx-label", text: "Point at a layer for its facts. Drag to move, Ctrl + wheel to zoom." }));
    const said = tree.byKey.has(key) ? detailFacts(facts, call).filter(([term]) => PANEL_TERMS.includes(term)) : blockFacts(call);
    const list = make("dl", {}, ...said.flatMap(([term, text]) => [make("dt", { text: term }), make("dd", { text })]));
    return panel.replaceChildren(make("div", { class: "kfx-panel-name" }, make("b", { text: call.label }), " ", make("span", { text: call.type })), list);
  }

  /** @param {any} block @returns {[string, string][]} */
  function blockFacts(block) {
    return [["Output", block.shape], ["Parameters", block.paramsText], ["FLOPs", block.flopsText], ["Activations", block.memoryText]];
  }

  // ------------------------------------------------------------------------------------------------ finding

  /** @param {string} text */
  function find(text) {
    hits = (search(tree, text)?.hits ?? []).filter((key) => !drawing.frames?.includes(key));
    hit = -1;
    svg.classList.toggle("kfx-finding", Boolean(text.trim()));
    finder?.say(text.trim() ? (hits.length ? `${hits.length} found` : "nothing found") : "");
    mark();
  }

  /** @param {number} by */
  function step(by) {
    if (!hits.length) return;
    hit = (hit + by + hits.length) % hits.length;
    if (hit < 0) hit = hits.length - 1;
    finder?.say(`${hit + 1} of ${hits.length}`);
    go(hits[hit]);
  }

  /** Show a call wherever it is: what is folded around it unfolds. @param {string} key */
  function go(key) {
    const closed = holdersOf(key).filter((holder) => containers.has(holder) && !drawing.open.includes(holder));
    if (closed.length) {
      wanted = key;
      return ask([...drawing.open, ...closed]);
    }
    const i = visibleBox(key);
    if (i < 0) return undefined;
    at = i;
    selected = key;
    stage.reveal(places[i], 90);
    mark();
    show(i);
    return onSelect(key);
  }

  // ------------------------------------------------------------------------------------------------ colours

  /** @param {string} by */
  function recolour(by) {
    colour = ways.some(([value]) => value === by) ? by : "family";
    colours.set(colour);
    const calls = (drawing.boxes ?? []).map((/** @type {string} */ key) => known.get(key));
    const ramp = colour in quantities ? rampOver(calls.map((/** @type {any} */ call) => call?.[colour] ?? null)) : null;
    let unknown = false;
    boxes.forEach((box, i) => {
      const call = calls[i];
      const step = colour === "family" ? null : ramp ? ramp.step(call?.[colour] ?? null) : trainStep(call?.trains ?? "");
      for (let s = 0; s < 7; s++) box.classList.toggle(`s${s}`, s === step);
      box.classList.toggle("unknown", Boolean(ramp) && step === null);
      unknown = unknown || (Boolean(ramp) && step === null);
    });
    if (!legend) return;
    const most = ramp ? calls.find((/** @type {any} */ call) => call?.[colour] === ramp.high) : null;
    const family = (/** @type {any} */ box) => /\bf-(\w+)/.exec(box.getAttribute("class"))?.[1] ?? "";
    legend.replaceChildren(...(ramp ? rampLegend(colour, ramp, most?.[quantities[colour].said] ?? "0", unknown) : colour === "trains" ? trainLegend() : familyLegend(boxes.map(family))));
  }

  /** Take what was measured of some calls; a block has what its last call has. @param {Record<string, any>} found by address */
  function measured(found) {
    for (const [key, measures] of Object.entries(found)) Object.assign(known.get(key) ?? {}, measures);
    for (const block of folding.blocks) {
      const inside = tree.calls.filter((call) => found[call.key] && holdersOf(call.key).includes(block.key));
      if (inside.length) Object.assign(block, found[inside[inside.length - 1].key]);
    }
    recolour(colour);
  }

  // ------------------------------------------------------------------------------------------------ keys

  /** @param {KeyboardEvent} event */
  function keydown(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = drawing.boxes[at];
    const around = folding.around[key] ?? null;
    const actions = /** @type {Record<string, () => void>} */ ({
      Enter: () => (folded(at) ? fold(key, true) : choose(at)),
      " ": () => choose(at),
      Backspace: () => { if (around !== null) fold(around, false); },
      "/": () => finder?.input.focus(),
      f: () => stage.fit(),
      "+": () => stage.zoom(1.25),
      "-": () => stage.zoom(0.8),
      Home: () => focusBox(0),
      End: () => focusBox(boxes.length - 1),
      Escape: () => {
        if (selected) {
          selected = "";
          mark();
          show(hovered);
          onSelect("");
        } else /** @type {any} */ (svg.getRootNode()).activeElement?.blur();
      },
    });
    if (event.key.startsWith("Arrow")) actions[event.key] = () => focusBox(stepFrom(event.key, at, drawing.ends, places, drawing.flow));
    if (!(event.key in actions)) return;
    event.preventDefault();
    event.stopPropagation(); // the notebook's own shortcuts stay out
    actions[event.key]();
  }

  show(-1);
  return {
    select,
    redraw,
    renew,
    finder: finder?.node ?? null,
    recolour,
    measured,
    find,
    fit: stage.fit,
    zoom: stage.zoom,
    destroy: () => {
      clearTimeout(timer);
      for (const [name, listener] of listeners) svg.removeEventListener(name, listener);
      stage.destroy();
      parts.forEach((part) => part.remove());
    },
  };
}
