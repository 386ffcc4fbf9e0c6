// @ts-check
// The drawing that is shown now, and the change to a new one.
import { makeSvg } from "../../../web/ui.js";
import { treeOf } from "../../../web/tree.js";
import { fitDrawing } from "../../../web/fit_text.js";
import { furnishDrawing, middleOf } from "./drawing.js";

/** @import {Place} from "./drawing.js" */
/**
 * The graph, its drawing, and the parts of the drawing in the page.
 * @typedef {object} GraphState
 * @property {import("../../../web/live.js").WidgetModel} model of the widget
 * @property {any} facts from `kfx.views.payload` @property {any} folding from `kfx.views.graph.data`
 * @property {import("../../../web/tree.js").Tree} tree of the calls
 * @property {Map<string, any>} known calls and blocks by their addresses
 * @property {any} drawing from `kfx.views.graph.data`
 * @property {any[]} boxes @property {any[]} frames @property {any[]} lines @property {any[]} titles the SVG groups by
 *   their numbers; `titles` are those of frames
 * @property {Place[]} places of the boxes @property {Place[]} framePlaces
 */

/** @param {import("../../../web/live.js").WidgetModel} model @returns {GraphState} */
export function graphState(model) {
  const parts = { boxes: [], frames: [], lines: [], titles: [], places: [], framePlaces: [] };
  return { model, ...readFacts(model), drawing: model.get("drawing"), ...parts };
}

/** @param {import("../../../web/live.js").WidgetModel} model */
function readFacts(model) {
  const [facts, folding] = [model.get("facts"), model.get("folding")];
  const tree = treeOf(facts.calls);
  const blocks = folding.blocks.map((/** @type {any} */ block) => [block.key, block]);
  return { facts, folding, tree, known: new Map([...blocks, ...tree.byKey]) };
}

/**
 * @param {GraphState} state
 * @param {{stage: import("./stage.js").Stage, unfolding: any, selection: import("./selection.js").Selection,
 *   colours: any, copies: {update: () => void}, parts: any}} plot
 */
export function mountRedrawing(state, { stage, unfolding, selection, colours, copies, parts }) {
  stage.onLook = () => fitDrawing(state);

  /** Places of the boxes that the reader looks for now. */
  function freshPlaces() {
    return (state.drawing.fresh ?? []).map((/** @type {number} */ n) => state.places[n]).filter(Boolean);
  }

  /** @param {any} drawing @returns {boolean} whether there is none to show */
  function refuse(drawing) {
    if (!drawing.error && drawing.svg) return false;
    parts.status.textContent = drawing.error ?? "";
    if (!state.boxes.length) parts.body.hidden = parts.tools.hidden = Boolean(drawing.error);
    return true;
  }

  /** Put a drawing on the stage and make its boxes buttons. @param {any} drawing */
  function place(drawing) {
    state.drawing = drawing;
    const parsed = new DOMParser().parseFromString(drawing.svg, "image/svg+xml").documentElement;
    const keys = "Arrow keys walk along its lines, Enter selects or unfolds, Backspace folds, F fits.";
    stage.svg.setAttribute("aria-label", `${parsed.getAttribute("aria-label")}. ${keys}`);
    const children = [...parsed.children].map((child) => document.importNode(child, true));
    const ties = makeSvg("g", { class: "kfx-ties" });
    stage.show([...children, ties], { w: drawing.width, h: drawing.height });
    const folded = (/** @type {number} */ i) => unfolding.isFolded(drawing.boxes[i]);
    Object.assign(state, furnishDrawing(stage.world, drawing, { known: state.known, folded }));
    stage.overview.show(state.places);
    stage.begin(middleOf(state.places[0]));
  }

  /** Show a new drawing. @param {any} drawing @param {boolean} [first] the one that the view begins with */
  function redraw(drawing, first = false) {
    unfolding.finish();
    if (!refuse(drawing)) {
      parts.body.hidden = parts.tools.hidden = false;
      const hadFocus = stage.svg.contains(stage.svg.getRootNode().activeElement);
      const keep = unfolding.heldKey() ?? selection.stopKey;
      place(drawing);
      selection.restart(unfolding.visibleBox(keep));
      unfolding.settle();
      selection.mark();
      colours.repaint();
      copies.update();
      selection.resume(hadFocus);
    }
    if (!first) return;
    if (state.drawing.fresh?.length) stage.grow({ x: 0, y: 0 }, stage.camera, freshPlaces());
    selection.pointAt(-1);
  }

  /** Show a graph that has changed: a box that stays keeps its place, and new boxes are brought into sight. */
  function renew() {
    Object.assign(state, readFacts(state.model));
    const keys = /** @type {string[]} */ (state.drawing.boxes ?? []);
    const before = new Map(keys.map((key, i) => [key, state.places[i]]));
    const camera = stage.camera;
    redraw(state.model.get("drawing"));
    const i = (state.drawing.boxes ?? []).findIndex((/** @type {string} */ key) => before.has(key));
    if (i >= 0 && state.places[i]) {
      const was = middleOf(before.get(state.drawing.boxes[i]));
      const now = middleOf(state.places[i]);
      stage.grow({ x: was.x - now.x, y: was.y - now.y }, camera, freshPlaces());
    }
    selection.forgetUnknown();
    selection.pointAt(-1);
  }

  return { redraw, renew };
}
