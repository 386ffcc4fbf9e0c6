// @ts-check
// One layer for one example: its grid (or bars, or strips) and the chosen channel, asked from the kernel as they are needed.
import { button, isDark, make, segmented } from "../../../web/ui.js";
import { arrayOf, ownScale, rampOf, sayShort, wholeRows } from "./values.js";
import { mountMapGrid } from "./map_grid.js";
import { mountZoom } from "./one_channel.js";
import { mountBars } from "./bars.js";

const MAPS_AT_FIRST = 30;
const STRIPS_AT_FIRST = 16;

/**
 * @param {HTMLElement} host in which it stands, for its theme
 * @param {{ask: (question: any) => Promise<any>, ramps: Uint8Array, onChannel: (channel: number, facts: any) => void,
 *   onPlace?: (place: any) => void, onFacts?: (facts: any) => void, onScale?: (scale: string) => void, most?: number}} options
 */
export function mountPane(host, { ask, ramps, onChannel, onPlace = () => {}, onFacts = () => {}, onScale = () => {}, most: wanted = MAPS_AT_FIRST }) {
  const count = make("span", {});
  const legend = make("span", { class: "kfx-scale" });
  const steppers = make("div", { class: "kfx-steppers" });
  const gridHost = make("div", {});
  const axis = make("div", { class: "kfx-strip-axis", "aria-hidden": "true" });
  let most = wanted; // maps at first and with each "more": whole rows, once the width is known
  const more = button(`Show ${most} more`, () => showMore());
  const line = make("span", { class: "kfx-label" });
  const options = make("div", { class: "kfx-inspect-options" });
  const gridNode = make("div", { class: "kfx-inspect-grid" }, make("div", { class: "kfx-label kfx-inspect-label kfx-between" }, count, legend), steppers, gridHost, axis,
    make("div", { class: "kfx-inspect-more" }, more, line), options);
  const oneNode = make("div", { class: "kfx-inspect-one" });
  const grid = mountMapGrid(gridHost, { onChoose: pick });
  const bars = mountBars(gridHost, { label: "Values of the units", height: 150, onAt: (unit) => zoom.readUnit(unit), onChoose: pick });
  const zoom = mountZoom(oneNode, { onPlace });
  const scaleChoice = segmented("Colour scale", [["layer", "shared"], ["channel", "own"]], (by) => { setScale(by); onScale(by); });
  const orderChoice = segmented("Order", [["strength", "strength"], ["number", "number"]], (by) => { order = by; look({ fresh: true }); });
  let state = { layer: "", example: 0, channel: -1, part: 0, axis: /** @type {number|null} */ (null), places: /** @type {number[]} */ ([]) };
  let facts = /** @type {any} */ (null);
  let ranked = /** @type {Int32Array} */ (new Int32Array());
  let scale = "layer";
  let order = "strength";
  let joint = /** @type {any} */ (null); // a scale shared with another pane
  let turn = 0;
  let waiting = false; // for a layer: a channel that is chosen meanwhile is shown when it has come

  /**
   * Look at another layer, example or channel.
   * @param {{layer?: string, example?: number, channel?: number, part?: number, axis?: number|null, places?: number[], fresh?: boolean, like?: number[]}} next
   *   `like`: channels to show first, as another pane does
   */
  async function look(next) {
    const moved = next.layer !== undefined && next.layer !== state.layer;
    const { fresh, like, ...rest } = next;
    state = { ...state, ...(moved ? { channel: -1, part: 0, axis: null, places: [] } : {}), ...rest };
    const mine = ++turn;
    const asked = state.channel;
    most = wholeRows(wanted, gridHost.clientWidth);
    waiting = true;
    const shown = moved || order === "number" ? 0 : grid.channels().length;
    const numbers = order === "number" ? Array.from({ length: Math.max(most, 1) }, (_, i) => i) : null;
    const answer = await ask({ what: "layer", ...state, channel: state.channel < 0 ? null : state.channel, count: Math.min(64, Math.max(most, shown)), strips: Math.min(most, STRIPS_AT_FIRST), channels: like ?? numbers });
    if (mine !== turn) return null;
    waiting = false;
    const meanwhile = state.channel;
    show(answer);
    if (meanwhile !== asked) choose(meanwhile);
    return answer;
  }

  /** @param {any} answer */
  function show(answer) {
    facts = answer;
    const nothing = Boolean(answer.error) || answer.kind === "nothing";
    oneNode.hidden = nothing;
    gridHost.hidden = axis.hidden = options.hidden = legend.hidden = nothing;
    if (nothing) {
      count.textContent = answer.error || answer.note || answer.line;
      more.hidden = true;
      line.textContent = "";
      steppers.replaceChildren();
      axis.replaceChildren();
      if (!answer.error) onFacts(answer);
      return;
    }
    ranked = arrayOf(answer.buffers[0], "i4");
    const isVector = answer.kind === "vector";
    grid.node.hidden = isVector;
    bars.node.hidden = !isVector;
    grid.clear(answer.kind, `${answer.noun}s of ${answer.label}`);
    state.channel = answer.one.channel;
    if (isVector) bars.show(arrayOf(answer.buffers[3], answer.one.wide ? "f8" : "f4"), answer.names);
    else addPage(answer.page, answer.buffers.slice(1, 3));
    paintAll();
    showOne(answer.one, answer.buffers[3]);
    showSteppers();
    showAxis();
    showOptions();
    showCount();
    onFacts(answer);
  }

  /** @param {any} page @param {DataView[]} buffers */
  function addPage(page, buffers) {
    grid.add(page, arrayOf(buffers[0], "u1"), arrayOf(buffers[1], "f4"), facts.noun);
  }

  /** @param {any} one @param {DataView} buffer */
  function showOne(one, buffer) {
    facts.one = one;
    const what = facts.kind === "vector" ? wholeVector() : `${facts.noun} ${one.channel}${facts.kind === "maps" ? (scale === "layer" ? ", one scale for all maps" : ", a scale of its own") : ""}`;
    const title = what[0].toUpperCase() + what.slice(1);
    zoom.show(one, arrayOf(buffer, one.wide ? "f8" : "f4"), { kind: facts.kind, noun: facts.noun, title, tokens: facts.tokens, names: facts.names });
    if (facts.kind === "vector") bars.choose(one.channel);
    else grid.choose(one.channel);
  }

  /** What the histogram and the figures of a vector are about. */
  function wholeVector() {
    return facts.channels === 1 ? "The one value" : `All ${facts.channels.toLocaleString("en")} ${facts.noun}s`;
  }

  /** A channel by the user's hand. @param {number} channel */
  function pick(channel) {
    choose(channel);
    onChannel(channel, facts);
  }

  /** @param {number} channel */
  async function choose(channel) {
    if (waiting) state.channel = channel;
    if (waiting || !facts || facts.error || channel < 0 || channel >= facts.channels) return;
    if (channel === state.channel && facts.one?.channel === channel) return;
    state.channel = channel;
    if (facts.kind === "vector") {
      facts.one.channel = channel;
      bars.choose(channel);
      zoom.show({ ...facts.one, channel }, arrayOf(facts.buffers[3], facts.one.wide ? "f8" : "f4"), { kind: "vector", noun: facts.noun, title: wholeVector(), tokens: null, names: facts.names });
      return;
    }
    grid.choose(channel);
    const mine = turn;
    const answer = await ask({ what: "channel", ...state, channel });
    if (mine !== turn || state.channel !== channel || answer.error) return;
    showOne(answer, answer.buffers[0]);
  }

  async function showMore() {
    const have = new Set(grid.channels());
    const all = order === "number" ? Array.from({ length: facts.channels }, (_, i) => i) : [...ranked];
    const next = all.filter((channel) => !have.has(channel)).slice(0, facts.kind === "strips" ? STRIPS_AT_FIRST : most);
    const mine = turn;
    const answer = await ask({ what: "maps", ...state, channels: next });
    if (mine !== turn || answer.error) return;
    addPage(answer, answer.buffers);
    grid.choose(state.channel);
    showCount();
  }

  function showCount() {
    const shown = grid.channels().length;
    const total = facts.channels.toLocaleString("en");
    const how = order === "strength" ? "strongest" : "by number";
    count.textContent = facts.kind === "vector" ? `${total} ${facts.noun}${facts.channels === 1 ? "" : "s"}` : facts.channels === 1 ? `one ${facts.noun}` : `${shown < facts.channels ? `${shown} of ${total}` : `all ${total}`} ${facts.noun}s, ${how}`;
    const left = facts.kind === "vector" ? 0 : facts.channels - shown;
    more.hidden = left <= 0;
    more.textContent = `Show ${Math.min(facts.kind === "strips" ? STRIPS_AT_FIRST : most, left)} more`;
    line.textContent = facts.line;
  }

  // ------------------------------------------------------------------------------------------------ colours

  function layerScale() {
    return joint ?? { low: facts.low, high: facts.high, signed: facts.signed, clipped: facts.clipped };
  }

  /** @param {number} least @param {number} greatest */
  function colours(least, greatest) {
    const whole = layerScale();
    const one = scale === "layer" ? whole : ownScale(least, greatest, whole.signed);
    return { low: one.low, high: one.high, ramp: rampOf(ramps, whole.signed, isDark(host)) };
  }

  function paintAll() {
    if (!facts || facts.error || facts.kind === "nothing") return;
    scaleChoice.set(scale);
    orderChoice.set(order);
    grid.colour(colours);
    zoom.colour(colours);
    bars.repaint();
    const whole = layerScale();
    legend.hidden = facts.kind === "vector";
    const swatch = make("canvas", { width: 255, height: 1, class: "kfx-swatch", role: "img", "aria-label": "colour scale" });
    const image = new ImageData(255, 1);
    const ramp = rampOf(ramps, whole.signed, isDark(host));
    for (let i = 0; i < 255; i++) image.data.set([ramp[3 * i], ramp[3 * i + 1], ramp[3 * i + 2], 255], 4 * i);
    swatch.getContext("2d")?.putImageData(image, 0, 0);
    const [low, high] = scale === "layer" ? [`${whole.signed && whole.clipped ? "≤ " : ""}${sayShort(whole.low)}`, `${whole.clipped ? "≥ " : ""}${sayShort(whole.high)}`] : [whole.signed ? "least" : "0", "most of each"];
    legend.replaceChildren(low, swatch, high);
  }

  /** @param {string} by */
  function setScale(by) {
    scale = by;
    paintAll();
    if (facts?.one && facts.kind === "maps") zoom.node.firstElementChild.textContent = `Channel ${state.channel}${scale === "layer" ? ", one scale for all maps" : ", a scale of its own"}`;
  }

  // ------------------------------------------------------------------------------------------------ axes

  function showOptions() {
    const parts = /** @type {any[]} */ ([]);
    if (facts.kind !== "vector") parts.push(make("span", {}, "Scale ", scaleChoice.node));
    if (facts.kind !== "vector" && facts.channels > 1) parts.push(make("span", {}, "Order ", orderChoice.node));
    if (facts.ways.length > 2) {
      const words = facts.ways.map((/** @type {number} */ way) => [String(way), way < 0 ? "none" : String(way + 1)]);
      const choice = segmented("Axis of the channels", words, (way) => look({ axis: Number(way), places: [], channel: -1 }));
      choice.set(String(facts.axis));
      parts.push(make("span", {}, "Axis ", choice.node));
    }
    if (facts.parts.length > 1) {
      const choice = segmented("Output", facts.parts.map((/** @type {string} */ part, /** @type {number} */ i) => [String(i), part]), (part) => look({ part: Number(part), axis: null, places: [], channel: -1 }));
      choice.set(String(state.part));
      parts.push(make("span", {}, "Output ", choice.node));
    }
    options.replaceChildren(...parts);
  }

  function showSteppers() {
    steppers.replaceChildren(...facts.steps.map((/** @type {[number, number]} */ [at, length], /** @type {number} */ i) => {
      const now = state.places[i] ?? 0;
      const said = make("span", { text: `axis ${at + 1}: ${now} of 0 to ${length - 1}` });
      const slide = (/** @type {any} */ event) => {
        const places = facts.steps.map((/** @type {any} */ _, /** @type {number} */ j) => state.places[j] ?? 0);
        places[i] = Number(event.target.value);
        look({ places });
      };
      return make("label", { class: "kfx-label" }, said, make("input", { type: "range", min: 0, max: length - 1, value: now, "aria-label": `Place on axis ${at + 1}`, on: { change: slide, keydown: (/** @type {Event} */ event) => event.stopPropagation() } }));
    }));
  }

  function showAxis() {
    const named = facts.kind === "strips" && facts.tokens && facts.tokens.length === facts.columns;
    axis.hidden = facts.kind !== "strips";
    if (axis.hidden) return;
    const every = Math.max(1, Math.ceil(facts.columns / (named ? 40 : 12)));
    const texts = Array.from({ length: facts.columns }, (_, i) => (named ? facts.tokens[i] : String(i))).filter((_, i) => i % every === 0);
    const room = Math.max(160, axis.clientWidth) / texts.length;
    axis.classList.toggle("kfx-turned", texts.some((text) => text.length * 6.2 > room));
    axis.replaceChildren(...texts.map((text) => make("span", { text })));
  }

  return {
    gridNode,
    oneNode,
    look,
    choose,
    setScale,
    repaint: paintAll,
    facts: () => facts,
    state: () => state,
    shownChannels: () => grid.channels(),
    /** @param {any} shared a scale, or null for the layer's own */
    share(shared) {
      joint = shared;
      paintAll();
    },
    focus() {
      /** @type {any} */ (gridHost.querySelector("[tabindex='0']"))?.focus();
    },
    destroy() {
      grid.destroy();
      bars.destroy();
      zoom.destroy();
      gridNode.remove();
      oneNode.remove();
    },
  };
}
