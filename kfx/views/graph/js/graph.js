// @ts-check
// A model's drawing in the page: fold, find, select, follow paths, recolour. Python draws and lays out; this shows.
import { makeSvg, findBox, segmented } from "../../../web/ui.js";
import { treeOf, search } from "../../../web/tree.js";
import { mountStage } from "./stage.js";
import { pathsThrough, stepFrom } from "./walk_keys.js";
import { furnishDrawing, middleOf, markBoxes, markPaths, sharedWith, tieLines } from "./drawing.js";
import { mountUnfolding } from "./unfolding.js";
import { plotParts } from "./parts.js";
import { watchBoxes } from "./pointer.js";
import { answerKey } from "./keys.js";
import { mountHits } from "./hits.js";
import { addMeasures, coloursFor, paintBoxes } from "./colouring.js";

/**
 * Put a model's drawing into `host`.
 * @param {HTMLElement} host an element inside `.kfx`; only what is put there is taken out again
 * @param {{facts: any, folding: any, drawing: any}} given from `kfx.views.payload` and `kfx.views.graph.data`
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
  let drawing = given.drawing;
  let colour = options.colour ?? "family";
  let selected = "";
  let at = 0; // number of the box with the tab stop
  let hovered = -1;
  let wanted = /** @type {string} */ (""); // a hidden layer to go to when the next drawing has come
  /** @type {any[]} */ let boxes = [];
  /** @type {any[]} */ let frames = [];
  /** @type {any[]} */ let lines = [];
  /** @type {{x: number, y: number, w: number, h: number}[]} */ let places = [];
  /** @type {{x: number, y: number, w: number, h: number}[]} */ let framePlaces = [];

  const stage = mountStage({ most: options.most, left: options.left, onPress: press });
  const hits = mountHits({
    found: (text) => (search(tree, text)?.hits ?? []).filter((key) => !drawing.frames?.includes(key)),
    say: (words) => finder?.say(words),
    onHits: (text) => { svg.classList.toggle("kfx-finding", Boolean(text)); mark(); },
    onStep: go,
  });
  const finder = options.find === false ? null : findBox({ onFind: hits.find, onStep: hits.step, onLeave: () => focusBox(at) });
  const ways = coloursFor(Boolean(options.measures));
  const colours = segmented("Colour by", ways, (by) => { recolour(by); onColour(by); });
  const { tools, status, panel, legend, body, all: parts } = plotParts(facts, options, { stage, colours: colours.node, finder: finder?.node ?? null });
  host.append(...parts);
  const unfolding = mountUnfolding({ host, stage, say: (words) => { status.textContent = words; }, onUnfold, shown: () => ({ folding, drawing, places, framePlaces }) });
  const { visibleBox, holdersOf } = unfolding;
  const svg = stage.svg;
  svg.setAttribute("role", "group");
  const unwatch = watchBoxes(svg, {
    onBox: (n) => { if (n !== hovered) show(n); },
    onLeave: () => show(-1),
    onFocus: (n, seen) => { at = n; if (seen) show(n); },
  });
  svg.addEventListener("keydown", keydown);
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
    unfolding.answered();
    if (next.error || !next.svg) {
      status.textContent = next.error ?? "";
      if (!boxes.length) body.hidden = tools.hidden = Boolean(next.error);
      return;
    }
    body.hidden = tools.hidden = false;
    const inside = svg.contains(/** @type {any} */ (svg.getRootNode()).activeElement);
    const keep = unfolding.held() ?? drawing.boxes?.[at] ?? "";
    drawing = next;
    const parsed = new DOMParser().parseFromString(drawing.svg, "image/svg+xml").documentElement;
    svg.setAttribute("aria-label", `${parsed.getAttribute("aria-label")}. Arrow keys walk along its lines, Enter selects or unfolds, Backspace folds, F fits.`);
    const tie = makeSvg("g", { class: "kfx-ties" });
    stage.show([...[...parsed.children].map((child) => document.importNode(child, true)), tie], { w: drawing.width, h: drawing.height });
    ({ boxes, frames, lines, places, framePlaces } = furnishDrawing(stage.world, drawing, { known, folded }));
    stage.begin(middleOf(places[0]));
    hovered = -1;
    at = Math.max(0, visibleBox(keep));
    unfolding.settle();
    mark();
    recolour(colour);
    if (wanted && visibleBox(wanted) >= 0) go(wanted);
    else if (inside) focusBox(at);
    wanted = "";
  }

  // ------------------------------------------------------------------------------------------------ folding

  /** @param {string} key @param {boolean} open */
  function fold(key, open) {
    if (open && selected !== key && tree.byKey.has(key)) { // what a hand opens it also means: the views beside follow
      selected = key;
      onSelect(key);
    }
    unfolding.turn(key, open);
  }

  /** Is this box a folded container? @param {number} i */
  function folded(i) {
    return unfolding.isFolded(drawing.boxes[i]);
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
    markBoxes({ boxes, frames }, { chosen, framed, stop: at, found: new Set(hits.keys().map(visibleBox)) });
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

  // ------------------------------------------------------------------------------------------------ paths

  /** Follow the paths through a box and say its facts; -1 for none. @param {number} i */
  function show(i) {
    hovered = i;
    const paths = i >= 0 ? pathsThrough(i, drawing.ends) : null;
    svg.classList.toggle("kfx-path", Boolean(paths));
    markPaths({ boxes, lines }, i, paths);
    stage.world.querySelector(".kfx-ties")?.replaceChildren(...tieLines(places[i], sharedWith(drawing.boxes ?? [], i).map((n) => places[n])));
    const key = i >= 0 ? drawing.boxes[i] : selected;
    panel?.say(facts, known.get(key), !tree.byKey.has(key));
  }

  // ------------------------------------------------------------------------------------------------ finding

  /** Show a call wherever it is: what is folded around it unfolds. @param {string} key */
  function go(key) {
    const closed = unfolding.foldedAround(key);
    if (closed.length) {
      wanted = key;
      return unfolding.ask([...drawing.open, ...closed]);
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

  /** Take what was measured of some calls. @param {Record<string, any>} found by address */
  function measured(found) {
    addMeasures(found, { known, blocks: folding.blocks, calls: tree.calls, holdersOf });
    recolour(colour);
  }

  // ------------------------------------------------------------------------------------------------ keys

  /** @param {KeyboardEvent} event */
  function keydown(event) {
    const key = drawing.boxes[at];
    const around = folding.around[key] ?? null;
    answerKey(event, {
      open: () => (folded(at) ? fold(key, true) : choose(at)),
      choose: () => choose(at),
      close: () => { if (around !== null) fold(around, false); },
      find: () => finder?.input.focus(),
      fit: stage.fit,
      zoom: stage.zoom,
      first: () => focusBox(0),
      last: () => focusBox(boxes.length - 1),
      walk: (arrow) => focusBox(stepFrom(arrow, at, drawing.ends, places, drawing.flow)),
      leave: () => {
        if (selected) {
          selected = "";
          mark();
          show(hovered);
          onSelect("");
        } else /** @type {any} */ (svg.getRootNode()).activeElement?.blur();
      },
    });
  }

  show(-1);
  return {
    select,
    redraw,
    renew,
    finder: finder?.node ?? null,
    recolour,
    measured,
    find: hits.find,
    fit: stage.fit,
    zoom: stage.zoom,
    destroy: () => {
      unfolding.destroy();
      unwatch();
      svg.removeEventListener("keydown", keydown);
      stage.destroy();
      parts.forEach((part) => part.remove());
    },
  };
}
