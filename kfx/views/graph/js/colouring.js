// @ts-check
// Colour the boxes of a drawing by a quantity or by what is trained, without a new layout.
import { make, makeSvg, segmented } from "../../../web/ui.js";
import { fitDrawing } from "../../../web/fit_text.js";
import { MEASURES, QUANTITIES, rampOver, trainStep } from "./ramp.js";
import { familyLegend, rampLegend, trainLegend } from "./legend.js";
import { holdersAround } from "./unfolding.js";

/**
 * The ways to colour a drawing as pairs of a name and its words.
 * @param {boolean} measures with what was measured on some data @returns {[string, string][]}
 */
function coloursFor(measures) {
  /** @param {Record<string, {text: string}>} quantities @returns {[string, string][]} */
  const named = (quantities) => Object.entries(quantities).map(([by, { text }]) => [by, text]);
  return [["family", "Family"], ...named(QUANTITIES), ["trains", "Trainable"], ...(measures ? named(MEASURES) : [])];
}

/** Give a box its step of the ramp. @param {Element} box @param {number|null} step @param {boolean} isUnknown */
export function markStep(box, step, isUnknown) {
  for (let s = 0; s < 7; s++) box.classList.toggle(`s${s}`, s === step);
  box.classList.toggle("unknown", isUnknown);
}

/**
 * Write the quantity that colours a box where its parameters are. @param {any} box
 * @param {string|null} words null for the parameters
 */
function writeNumber(box, words) {
  let text = box.querySelector("text.rt");
  if (!text) {
    if (!words) return;
    const badge = box.querySelector("text.kb");
    const [front, name] = [[...box.querySelectorAll("rect.b")].at(-1), box.querySelector("text.nm")];
    const y = (badge ? box.querySelector("text.sb") : name)?.getAttribute("y") ?? name.getAttribute("y");
    text = makeSvg("text", { class: "rt", x: Number(front.getAttribute("width")) - 8, y });
    box.append(text);
  }
  text.dataset.own ??= text.textContent;
  text.textContent = words ?? text.dataset.own;
}

/**
 * Paint boxes and return the legend.
 * @param {any[]} boxes @param {any[]} calls the call or block of each box @param {string} by a name of `coloursFor`
 */
function paintBoxes(boxes, calls, by) {
  const quantity = QUANTITIES[by] ?? MEASURES[by];
  const ramp = quantity ? rampOver(calls.map((call) => call?.[by] ?? null)) : null;
  let unknown = false;
  boxes.forEach((box, i) => {
    const step = by === "family" ? null : ramp ? ramp.step(calls[i]?.[by] ?? null) : trainStep(calls[i]?.trains ?? "");
    const isUnknown = Boolean(ramp) && (calls[i]?.[by] ?? null) === null;
    markStep(box, step, isUnknown);
    const has = quantity && (calls[i]?.[by] ?? 0) > 0;
    writeNumber(box, has ? calls[i][quantity.words] : quantity ? "" : null);
    unknown = unknown || isUnknown;
  });
  if (by === "trains") return trainLegend();
  if (!ramp) return familyLegend(boxes.map((box) => /\bf-(\w+)/.exec(box.getAttribute("class"))?.[1] ?? ""));
  return rampLegend(by, ramp, calls, unknown);
}

/**
 * Add what was measured of calls to their facts; a block has what its last call has.
 * @param {Record<string, any>} found by address
 * @param {Pick<import("./redrawing.js").GraphState, "known" | "folding" | "tree">} graph
 */
export function addMeasures(found, { known, folding: { blocks, around }, tree: { calls } }) {
  for (const [key, measures] of Object.entries(found)) Object.assign(known.get(key) ?? {}, measures);
  for (const block of blocks) {
    const inside = calls.filter((call) => found[call.key] && holdersAround(around, call.key).includes(block.key));
    if (inside.length) Object.assign(block, found[inside[inside.length - 1].key]);
  }
}

/** @param {number|undefined} count of examples */
export function computingWords(count) {
  const many = count ? ` over ${count.toLocaleString("en")} ${count === 1 ? "example" : "examples"}` : "";
  return `computing${many} …`;
}

/**
 * The buttons that choose what a drawing is coloured by, and its legend.
 * @param {import("./redrawing.js").GraphState} state
 * @param {{colour?: string, measures?: boolean, bare?: boolean, onColour?: (by: string) => void}} options those of
 *   `mountPlot`
 */
export function mountColours(state, { colour = "family", measures = false, bare, onColour }) {
  const ways = coloursFor(measures);
  const legend = bare ? null : make("div", { class: "kfx-legend" });
  const buttons = segmented("Colour by", ways, (by) => { recolour(by); onColour?.(by); });
  let current = colour;
  let waits = measures ? computingWords(state.model.get("about")?.count) : ""; // why nothing is measured yet
  buttons.set(current);

  /** @param {string} by a name of `coloursFor`; another one means the families */
  function recolour(by) {
    current = ways.some(([value]) => value === by) ? by : "family";
    buttons.set(current);
    if (waits && current in MEASURES) { // the boxes keep the colours that they have
      legend?.replaceChildren(make("span", { class: "kfx-key", role: "status", text: waits }));
      return;
    }
    const keys = /** @type {string[]} */ (state.drawing.boxes ?? []);
    const keyed = paintBoxes(state.boxes, keys.map((key) => state.known.get(key)), current);
    legend?.replaceChildren(...keyed);
    requestAnimationFrame(() => fitDrawing(state)); // it lays the page out: after the colours
  }

  return {
    node: buttons.node,
    legend,
    recolour,
    repaint: () => recolour(current),
    /** Take what was measured of some calls. @param {Record<string, any>} found by address */
    addMeasured(found) {
      waits = "";
      addMeasures(found, state);
      recolour(current);
    },
    /** Say why there is nothing to colour by. @param {string} why */
    refuseMeasures(why) {
      waits = why;
      recolour(current);
    },
  };
}
