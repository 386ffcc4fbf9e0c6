// @ts-check
// A model's drawing in the page: fold, find, select, follow paths, recolour. Python draws and lays out; this shows.
import { make, makeSvg, button, findBox, segmented, viewHead } from "./ui.js";
import { treeOf, search } from "./tree.js";
import { mountStage } from "./stage.js";
import { pathsThrough, stepFrom } from "./wander.js";
import { numberedParts, placeOf, middleOf, furnishBox, furnishFrame, sharedWith, tieLines } from "./drawn.js";
import { boxShowing, holdersAround } from "./whereabouts.js";
import { factsPanel } from "./factspanel.js";
import { coloursFor, paintBoxes } from "./colouring.js";

const PATIENCE_MS = 1000; // without an answer from Python before that is said
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
  let pointer = ""; // where it was last
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
  const ways = coloursFor(Boolean(options.measures));
  const colours = segmented("Colour by", ways, (by) => { recolour(by); onColour(by); });
  const tools = make("div", { class: "kfx-plot-tools" }, colours.node,
    make("span", { class: "kfx-zoom" }, button("−", () => stage.zoom(0.8), { "aria-label": "Zoom out" }), button("+", () => stage.zoom(1.25), { "aria-label": "Zoom in" }), button("Fit", () => stage.fit(), { title: "Show the whole drawing (f)" })));
  const status = make("div", { class: "kfx-plot-status kfx-label", role: "status" });
  const panel = options.panel === false ? null : factsPanel();
  const legend = options.legend === false ? null : make("div", { class: "kfx-legend" });
  const body = make("div", { class: "kfx-plot-body" }, make("div", { class: "kfx-plot-main" }, stage.node), panel?.node);
  const notes = options.bare || options.head === false ? [] : (facts.notes ?? []).map((/** @type {string} */ note) => make("div", { class: "kfx-label", text: note }));
  const parts = options.bare ? [body, status, ...(legend ? [legend] : [])] : [options.head === false ? (finder?.node ?? null) : viewHead(facts.name, facts.head, ...(finder ? [finder.node] : [])), tools, body, status, legend, ...notes].filter((part) => part !== null);
  host.append(...parts);
  const svg = stage.svg;
  svg.setAttribute("role", "group");
  const listeners = /** @type {[string, (event: any) => void][]} */ ([
    ["pointermove", moved], ["pointerout", left], ["focusin", focused], ["focusout", out], ["keydown", keydown],
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
    boxes = numberedParts(stage.world, "n");
    frames = numberedParts(stage.world, "f");
    lines = numberedParts(stage.world, "e");
    places = boxes.map(placeOf);
    framePlaces = frames.map(placeOf);
    boxes.forEach((box, i) => furnishBox(box, places[i], { call: known.get(drawing.boxes[i]), title: drawing.titles[i], folded: folded(i) }));
    const titles = numberedParts(stage.world, "t");
    frames.forEach((frame, i) => furnishFrame(frame, framePlaces[i], titles[i]?.querySelector(".kgt")?.textContent ?? ""));
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

  /** @param {string} key */
  function holdersOf(key) {
    return holdersAround(folding.around, key);
  }

  /** The box that shows a call, -1 where none does. @param {string} key */
  function visibleBox(key) {
    return boxShowing(key, { around: folding.around, boxes: drawing.boxes ?? [], frames: drawing.frames ?? [], places, framePlaces });
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

  /** A pointer that rests while the drawing moves below it says nothing: what the keys have shown stays. @param {PointerEvent} event */
  function moved(event) {
    const here = `${event.screenX} ${event.screenY}`;
    if (here === pointer) return;
    pointer = here;
    const n = Number(/** @type {Element} */ (event.target).closest("[data-n]")?.getAttribute("data-n") ?? -1);
    if (n >= 0 && n !== hovered) show(n);
  }

  /** @param {PointerEvent} event */
  function left(event) {
    if (event.pointerType !== "mouse" || `${event.screenX} ${event.screenY}` !== pointer) out(event);
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
    stage.world.querySelector(".kfx-ties")?.replaceChildren(...tieLines(places[i], sharedWith(drawing.boxes ?? [], i).map((n) => places[n])));
    const key = i >= 0 ? drawing.boxes[i] : selected;
    panel?.say(facts, known.get(key), !tree.byKey.has(key));
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
    const shown = paintBoxes(boxes, (drawing.boxes ?? []).map((/** @type {string} */ key) => known.get(key)), colour);
    legend?.replaceChildren(...shown);
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
